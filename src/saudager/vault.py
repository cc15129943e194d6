"""Credentials at rest: sealed with a key that lives beside the database, never in it."""

import contextlib
import hmac
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from saudager.errors import ConfigurationError

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

_OF_ENVIRONMENT = "environment:"


class SealedElsewhere(ConfigurationError):
    """The key is another than the one it was sealed with: it has to be entered again."""


class Vault:
    """Seals and opens small secrets (Fernet: AES-128-CBC with HMAC-SHA256)."""

    def __init__(self, key_file: Path) -> None:
        self._key_file = key_file
        self._cipher: Fernet | None = None

    def seal(self, secret: str, *, of_environment: bool = False) -> str:
        """``of_environment`` stays to be seen on what is sealed: what a person enters in its place has it no more."""
        return (_OF_ENVIRONMENT if of_environment else "") + self._fernet().encrypt(secret.encode()).decode()

    def open_if_of_environment(self, sealed: str) -> str | None:
        """The secret, if it is still the one the environment gave; empty when another key sealed it, and None else."""
        if not sealed.startswith(_OF_ENVIRONMENT):
            return None
        try:
            return self.open(sealed)
        except SealedElsewhere:
            return ""

    def open(self, sealed: str) -> str:
        """Raises SealedElsewhere when the secret was sealed with another key."""
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet().decrypt(sealed.removeprefix(_OF_ENVIRONMENT).encode()).decode()
        except InvalidToken:
            raise SealedElsewhere(
                f"{self._key_file} does not open the stored credentials: they were sealed with another key. "
                "Put the original vault.key back, or enter the credentials again."
            ) from None

    def read(self, sealed: str) -> dict[str, Any] | None:
        """What is sealed as JSON; None when it was sealed with another key."""
        try:
            opened: dict[str, Any] = json.loads(self.open(sealed))
        except SealedElsewhere:
            return None
        return opened

    def derive(self, purpose: str) -> str:
        """A secret of this shop for one purpose, 32 hexadecimal digits: the same as long as the key is."""
        self._fernet()
        return hmac.new(self._key_file.read_bytes().strip(), purpose.encode(), "sha256").hexdigest()[:32]

    def _fernet(self) -> "Fernet":
        if self._cipher is None:
            from cryptography.fernet import Fernet

            if not self._key_file.exists():
                _make_key(self._key_file, Fernet.generate_key())
            try:
                self._cipher = Fernet(self._key_file.read_bytes().strip())
            except ValueError:
                raise ConfigurationError(
                    f"{self._key_file} does not hold a vault key (44 characters of base64). "
                    "Put the original back; a new key cannot open what the old one sealed."
                ) from None
        return self._cipher


def _make_key(key_file: Path, key: bytes) -> None:
    """Whole or not at all, and the first of two processes wins."""
    key_file.parent.mkdir(parents=True, exist_ok=True)
    draft = key_file.with_name(f".{key_file.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_bytes(key)
    with contextlib.suppress(FileExistsError):
        os.link(draft, key_file)
    draft.unlink()
