"""The file of a backup: a zip archive whose last member, ``manifest.json``, says what is in it and how to know that it
is whole.

    databases/shop/contacts.jsonl    the rows of a table, see ``rows.py``
    files/media/…, files/knowledge_base/…, files/prompts/…, files/vault.key, files/.env
    manifest.json
"""

import contextlib
import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from saudager import __version__
from saudager.errors import ConfigurationError

FORMAT = 1
_MANIFEST = "manifest.json"
_PIECE = 1 << 20
_DAMAGED = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError)
"""What reading a zip archive raises when its bytes are not those written (RuntimeError: says it is encrypted)."""
_ALREADY_SMALL = {".jpg", ".jpeg", ".png", ".webp", ".pdf", ".docx", ".xlsx", ".ogg", ".oga", ".opus", ".mp3", ".mp4"}


@dataclass
class Kept:
    """A database in a backup: which revisions its tables are of, how many rows each has, and the last numbers given
    out."""

    kind: str
    revisions: dict[str, str]
    rows: dict[str, int] = field(default_factory=dict)
    last_ids: dict[str, int] = field(default_factory=dict)


@dataclass
class Manifest:
    """What a backup is: ``made_at`` is the moment its databases were seen at."""

    made_at: str
    program: str = __version__
    format: int = FORMAT
    databases: dict[str, Kept] = field(default_factory=dict)
    members: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By name: ``sha256``, ``size`` in bytes, of a file also ``changed`` in seconds since the epoch."""
    left_out: list[str] = field(default_factory=list)
    """What belongs to the shop and is not in it, in words."""

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.made_at)

    @property
    def row_count(self) -> int:
        return sum(sum(kept.rows.values()) for kept in self.databases.values())

    @property
    def files(self) -> list[str]:
        return [name for name in self.members if name.startswith("files/")]


class Writer:
    """A backup that is being written."""

    def __init__(self, zipped: zipfile.ZipFile, manifest: Manifest, own: os.stat_result) -> None:
        self._zip = zipped
        self.manifest = manifest
        self._own = own

    def add(self, name: str, pieces: Iterable[bytes], *, small: bool = False, **known: Any) -> int:
        """Add a member piece by piece; how many pieces it had."""
        info = zipfile.ZipInfo(name, self.manifest.moment.timetuple()[:6])
        info.external_attr = 0o600 << 16
        info.compress_type = zipfile.ZIP_STORED if small else zipfile.ZIP_DEFLATED
        digest, size, count = hashlib.sha256(), 0, 0
        with self._zip.open(info, "w", force_zip64=True) as member:
            for piece in pieces:
                member.write(piece)
                digest.update(piece)
                size += len(piece)
                count += 1
        self.manifest.members[name] = {"sha256": digest.hexdigest(), "size": size, **known}
        return count

    def add_file(self, name: str, path: Path) -> None:
        """Add a file as it is now; one that has gone meanwhile is passed over, and so is the backup itself."""
        try:
            name.encode()
            file = path.open("rb")
        except FileNotFoundError:
            return
        except UnicodeEncodeError:
            raise ConfigurationError(f"{str(path)!r} cannot be copied, its name is not in UTF-8: rename it") from None
        except OSError as error:
            raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from None
        with file:
            known = os.fstat(file.fileno())
            if os.path.samestat(known, self._own):
                return
            pieces = iter(lambda: file.read(_PIECE), b"")
            self.add(name, pieces, small=path.suffix.lower() in _ALREADY_SMALL, changed=known.st_mtime)


@contextlib.contextmanager
def drafted(path: Path) -> Iterator[Path]:
    """Where to write and try a backup: it gets its name when the block ends well, and is gone otherwise."""
    draft = path.with_name(f".{path.name}.part")
    try:
        yield draft
        draft.replace(path)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from None
    finally:
        draft.unlink(missing_ok=True)


@contextlib.contextmanager
def writing(path: Path, manifest: Manifest) -> Iterator[Writer]:
    """Write a backup, readable by its owner alone."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        with zipfile.ZipFile(file, "w", allowZip64=True) as zipped:
            yield Writer(zipped, manifest, os.fstat(file.fileno()))
            zipped.writestr(_MANIFEST, json.dumps(asdict(manifest), ensure_ascii=False, indent=1))
        file.flush()
        os.fsync(file.fileno())


class Backup:
    """A backup that is being read."""

    def __init__(self, path: Path, zipped: zipfile.ZipFile, manifest: Manifest) -> None:
        self.path = path
        self._zip = zipped
        self.manifest = manifest

    def require_whole(self) -> None:
        """Read all of it; raises ConfigurationError for what is not as it was written."""
        for name in self.manifest.members:
            for _ in self.pieces(name):
                pass

    def pieces(self, name: str) -> Iterator[bytes]:
        """A member piece by piece; raises ConfigurationError at its end unless it was as it was written."""
        with self._open(name) as member:
            digest = hashlib.sha256()
            while piece := self._read(member, name):
                digest.update(piece)
                yield piece
            if digest.hexdigest() != self.manifest.members[name]["sha256"]:
                raise ConfigurationError(f"{self.path} is damaged: {name} is not what was written")

    def lines(self, name: str) -> Iterator[bytes]:
        rest = b""
        for piece in self.pieces(name):
            *whole, rest = (rest + piece).split(b"\n")
            yield from whole

    @contextlib.contextmanager
    def _open(self, name: str) -> Iterator[IO[bytes]]:
        try:
            member = self._zip.open(name)
        except (KeyError, *_DAMAGED):
            raise ConfigurationError(f"{self.path} is damaged: {name} is missing in it") from None
        with member:
            yield member

    def _read(self, member: IO[bytes], name: str) -> bytes:
        try:
            return member.read(_PIECE)
        except _DAMAGED as error:
            raise ConfigurationError(f"{self.path} is damaged: {name} cannot be read ({error})") from None


@contextlib.contextmanager
def reading(path: Path) -> Iterator[Backup]:
    """Open a backup; raises ConfigurationError for what is none, is cut off, or is of a newer program."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from None
    with file:
        try:
            zipped = zipfile.ZipFile(file)
            told = json.loads(zipped.read(_MANIFEST))
            format, program = told["format"], told["program"]
        except (KeyError, TypeError, *_DAMAGED):
            raise ConfigurationError(
                f"{path} is no backup of Saudager, or only the beginning of one: expected a file `saudager backup` made"
            ) from None
        if format != FORMAT:
            raise ConfigurationError(
                f"{path} was made by Saudager {program}, whose backups this program ({__version__}) cannot read: "
                "restore it with that version"
            )
        try:
            told["databases"] = {name: Kept(**kept) for name, kept in told["databases"].items()}
            manifest = Manifest(**told)
            for name, known in manifest.members.items():
                if missing := ({"sha256", "changed"} if name.startswith("files/") else {"sha256"}) - known.keys():
                    raise KeyError(*missing)
        except (KeyError, TypeError, AttributeError):
            raise ConfigurationError(f"{path} is damaged: {_MANIFEST} is not what was written") from None
        yield Backup(path, zipped, manifest)
