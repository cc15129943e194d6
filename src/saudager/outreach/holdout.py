"""Who gets no marketing message, so that its effect can be measured: drawn once for each buyer, and kept."""

from datetime import datetime
from hashlib import sha256

from sqlalchemy.orm import Session

from saudager.db.statements import Statement, insert_into

_ALL = 1 << 64


def assign(session: Session, contact_id: int, phone: str | None, share: float, *, now: datetime) -> None:
    """Draw the buyer's group, unless it was drawn before; without a share there is no trial and nothing is drawn.

    His number decides, so that the same person falls into the same group wherever he is met; without one his id does.
    """
    if share > 0:
        _ASSIGN(
            session,
            contact_id=contact_id,
            is_held_out=_draw(phone or str(contact_id)) < share,
            share=share,
            assigned_at=now,
        )


def is_held_out(session: Session, contact_id: int) -> bool:
    """Whether he belongs to those who get no marketing; while HOLDOUT_SHARE is 0 they get it like everybody."""
    return _HELD_OUT(session, contact=contact_id).fetchone() is not None


def _draw(name: str) -> float:
    """A number from 0 to 1 that is always the same for the same name."""
    return int.from_bytes(sha256(f"holdout:{name}".encode()).digest()[:8], "big") / _ALL


_ASSIGN = insert_into(
    "holdout", ("contact_id", "is_held_out", "share", "assigned_at"), "on conflict (contact_id) do nothing"
)
_HELD_OUT = Statement("select 1 from holdout where contact_id = :contact and is_held_out")
