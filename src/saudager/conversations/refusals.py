"""Whoever asked not to be written to is not, even when all else about him was erased: his names are kept as hashes."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from hashlib import scrypt

from sqlalchemy.orm import Session

from saudager.db.statements import Statement, insert_into, moment

_COST = 2**12
"""Some milliseconds a name: phone numbers are few enough to be tried one after another."""
_WORDS = "Просил не писать раньше; остальное о нём стёрто."


def remember(session: Session, names: Sequence[tuple[str, str]], wish: str, said_at: datetime) -> None:
    """Keep the wish for these names, which are not kept."""
    row = _SALT(session).fetchone()
    salt = secrets.token_hex(16) if row is None else row[0]
    for name in names:
        _REMEMBER(session, digest=_digest(salt, name), salt=salt, wish=wish, said_at=said_at)


def forget(session: Session, names: Sequence[tuple[str, str]]) -> None:
    """He wants to hear from us again."""
    if (row := _SALT(session).fetchone()) is not None:
        for name in names:
            _FORGET(session, digest=_digest(row[0], name))


def are_kept(session: Session) -> bool:
    """Whether there is anybody to recall."""
    return _SALT(session).fetchone() is not None


def recall(session: Session, contact_id: int, names: Sequence[tuple[str, str]]) -> None:
    """A contact got new names: if one of them is on the list, its wish is his."""
    if not names or (row := _SALT(session).fetchone()) is None:
        return
    for name in names:
        kept = _RECALL(session, digest=_digest(row[0], name)).fetchone()
        if kept is not None:
            _WISH(session, contact_id=contact_id, wish=kept[0], words=_WORDS, said_at=moment(kept[1]))
            return


def _digest(salt: str, name: tuple[str, str]) -> str:
    return scrypt(":".join(name).encode(), salt=bytes.fromhex(salt), n=_COST, r=8, p=1, dklen=32).hex()


_SALT = Statement("select salt from do_not_contact limit 1")
_REMEMBER = insert_into(
    "do_not_contact",
    ("digest", "salt", "wish", "said_at"),
    "on conflict (digest) do update set wish = excluded.wish, said_at = excluded.said_at",
)
_FORGET = Statement("delete from do_not_contact where digest = :digest")
_RECALL = Statement("select wish, said_at from do_not_contact where digest = :digest")
_WISH = insert_into("consents", ("contact_id", "wish", "words", "said_at"))
