"""Passwords: what is too easy to guess, and Argon2id, computed away from the event loop and from transactions."""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from argon2 import PasswordHasher

T = TypeVar("T")

SHORTEST, LONGEST = 10, 200
_AT_ONCE = 2
"""Each hash takes 64 MiB and a core for some hundredths of a second: a flood of sign-ins waits in line."""
_hashing = ThreadPoolExecutor(_AT_ONCE, "passwords")


class Weakness(StrEnum):
    """Why a password is not taken."""

    SHORT = "short"
    LONG = "long"
    COMMON = "common"
    LOGIN = "login"


def weakness(password: str, login: str) -> Weakness | None:
    """Why nobody may use this password, or None: at least ten signs, not the login, none of the commonest."""
    plain = _spelled(password).casefold()
    if len(plain) < SHORTEST:
        return Weakness.SHORT
    if len(plain) > LONGEST:
        return Weakness.LONG
    if login and plain.strip("0123456789!.-_ ") in (login, login.strip("0123456789!.-_ ")):
        return Weakness.LOGIN
    if plain in _common() or len(set(plain)) <= 2:  # aaaaaaaaaa, 1212121212
        return Weakness.COMMON
    return None


async def digest(password: str) -> str:
    """What is kept of a password."""
    return await _computed(lambda: _hasher().hash(_spelled(password)))


async def matches(password: str, kept: str | None) -> bool:
    """Whether it is the password; takes as long when there is none to compare it with (``kept`` None)."""
    from argon2.exceptions import VerificationError

    def compare() -> bool:
        if kept is None:
            _hasher().hash(_spelled(password))
            return False
        try:
            return _hasher().verify(kept, _spelled(password))
        except VerificationError:
            return False

    return await _computed(compare)


def is_outdated(kept: str) -> bool:
    """Whether it was hashed with other parameters than we use now."""
    return _hasher().check_needs_rehash(kept)


@cache
def _common() -> frozenset[str]:
    return frozenset(files("saudager.operators").joinpath("common_passwords.txt").read_text("utf-8").split())


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher

    return PasswordHasher()


def _spelled(password: str) -> str:
    """The same signs whatever keyboard made them: й is one sign or two."""
    return unicodedata.normalize("NFKC", password)


async def _computed(work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(_hashing, work)
