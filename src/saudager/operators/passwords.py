"""Passwords: what is too easy to guess, and Argon2id, computed away from the event loop and from transactions."""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from argon2 import PasswordHasher

T = TypeVar("T")

SHORTEST, LONGEST = 10, 200
_AT_ONCE = 2
"""Each hash takes 64 MiB and a core for some hundredths of a second: a flood of sign-ins waits in line."""
_hashing = ThreadPoolExecutor(_AT_ONCE, "passwords")
_COMMON = frozenset(
    "1234567890 0123456789 0987654321 9876543210 1234512345 1122334455 12345678910 123456789a a123456789 q123456789 "
    "123456789q 12345qwert qwertyuiop qwerty1234 qwerty12345 qwerty123456 1qaz2wsx3edc 1q2w3e4r5t 1q2w3e4r5t6y "
    "qwertyqwerty asdfghjkl1 password12 password123 password1234 passw0rd123 mypassword letmein123 iloveyou12 "
    "welcome123 administrator admin12345 admin123456 saudager123 changeme123 йцукенгшщз йцукен1234 йцукен12345 "
    "пароль1234 пароль12345 парольпароль qazwsxedc1 qazwsxedcrfv zaq12wsxcde 7777777777 almaty2024 almaty2025 "
    "almaty2026 kazakhstan kazakhstan1 казахстан1 казахстан2026".split()
)


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
    if plain in _COMMON or len(set(plain)) <= 2:  # aaaaaaaaaa, 1212121212
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
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher

    return PasswordHasher()


def _spelled(password: str) -> str:
    """The same signs whatever keyboard made them: й is one sign or two."""
    return unicodedata.normalize("NFKC", password)


async def _computed(work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(_hashing, work)
