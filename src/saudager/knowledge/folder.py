"""The folder of documents: what is in it, what changed since it was last read, and how a file is put into it."""

import os
import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.errors import NotFound, Refused
from saudager.knowledge import documents, synonyms
from saudager.knowledge.models import Document
from saudager.knowledge.texts import decode

RANKING = "ranking.txt"
"""Its name in the folder, where it is no document: files whose prices rule, one a line, best first."""

_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Plan:
    """What differs between folder and database, by names inside the folder."""

    read: list[str]
    forget: list[str]


def plan(session: Session, folder: Path) -> Plan:
    """Compare the folder with the database; raises NotFound (and forgets nothing) without a folder."""
    if not folder.is_dir():
        raise NotFound("Папки документов нет: проверьте KNOWLEDGE_DIR.")
    stored = {
        file: (sha256, reader)
        for file, sha256, reader in session.execute(select(Document.file, Document.sha256, Document.reader))
    }
    found = {path.relative_to(folder).as_posix(): path for path in _files(folder)}
    changed = [file for file in sorted(found) if stored.get(file) != (_sha256(found[file]), documents.READER)]
    return Plan(changed, sorted(stored.keys() - found.keys()))


def modified(path: Path) -> datetime | None:
    """When the file was last written to, or None when it is gone."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        return None


def ranking(folder: Path) -> list[str]:
    """Names in ``ranking.txt``, best first; without the file none."""
    text = list_of(folder, RANKING)
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def add(folder: Path, filename: str, data: bytes) -> str:
    """Write a document into the folder, whole or not at all, in place of one of the same name; gives back that name.

    The name is made safe: no folders, nothing hidden. Raises Refused for a name nothing is left of.
    """
    name = safe(filename)
    _write(folder / name, data)
    return name


def remove(folder: Path, file: str) -> None:
    """Delete a document of the folder by the name the list shows. Raises NotFound when there is none."""
    path_of(folder, file).unlink()


def path_of(folder: Path, file: str) -> Path:
    """Where a document of the folder stands. Raises NotFound when there is none of that name."""
    if file not in names(folder):
        raise NotFound(f"Документа «{file}» нет.")
    return folder / file


def names(folder: Path) -> set[str]:
    """Every document in the folder, read or not, by its path inside it."""
    return {path.relative_to(folder).as_posix() for path in _files(folder)} if folder.is_dir() else set()


def list_of(folder: Path, name: str) -> str:
    """What a word list holds; nothing without one."""
    try:
        return decode((folder / name).read_bytes()) or ""
    except OSError:
        return ""


def write(folder: Path, name: str, text: str) -> None:
    """Write a word list or an own document, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / name, text.encode())


def safe(filename: str) -> str:
    """The last part of the name, without signs a file system or a terminal would stumble over."""
    plain = unicodedata.normalize("NFC", filename).replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(sign for sign in plain if sign.isprintable() and unicodedata.category(sign) != "Cf")
    plain = " ".join(re.sub(r'[<>:"|?*]', " ", plain).split()).lstrip(".~$ ").rstrip(". ")
    stem, dot, suffix = plain.rpartition(".")
    while len(plain.encode()) > _LONGEST_NAME * 2 or len(plain) > _LONGEST_NAME:
        stem, plain = (stem[:-1], f"{stem[:-1]}{dot}{suffix}") if stem else ("", plain[:-1])
    if not plain or not (stem or not dot):
        raise Refused(f"Имя файла {filename!r} не годится; переименуйте файл.")
    return plain


def _write(target: Path, data: bytes) -> None:
    with NamedTemporaryFile(dir=target.parent, prefix=".", suffix=".part", delete=False) as file:
        part = Path(file.name)
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            part.chmod(0o644)
            part.replace(target)
        except BaseException:
            with suppress(OSError):
                part.unlink()
            raise


def _files(folder: Path) -> Iterator[Path]:
    """Documents of the folder and those below, without hidden ones, the lock files of office programs, word lists, and
    links that lead out of it."""
    home = folder.resolve()
    lists = {folder / synonyms.FILE, folder / RANKING}
    for path in folder.rglob("*"):
        hidden = any(part.startswith((".", "~$")) for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden and path not in lists and path.resolve().is_relative_to(home):
            yield path


def _sha256(path: Path) -> str:
    """Of the content; empty, as in a reading that failed, when the file does not open."""
    try:
        return documents.sha256_of(path)
    except OSError:
        return ""
