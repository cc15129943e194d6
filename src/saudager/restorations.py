"""When everything was put back from a backup: what is older may have been dealt with since the copy was made."""

from datetime import datetime

from sqlalchemy import BigInteger, Integer
from sqlalchemy.orm import Mapped, Session, mapped_column

from saudager.db.base import AgentBase, Moment
from saudager.db.statements import Statement, insert_into, moment

RESTORED = "restored"
"""Why something did not go by itself, as a word."""
MAY_HAVE_LEFT = "восстановлено из копии, могло уйти раньше"
"""The same for a person."""


class Restoration(AgentBase):
    """One restore: ``copied_at`` is the moment the backup was made at."""

    __tablename__ = "restorations"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    copied_at: Mapped[datetime] = mapped_column(Moment)
    restored_at: Mapped[datetime] = mapped_column(Moment)


def note(session: Session, *, copied_at: datetime, now: datetime) -> None:
    _NOTE(session, copied_at=copied_at, restored_at=now)


def is_before_last(session: Session, at: datetime) -> bool:
    """Whether the moment is before the last restore."""
    last = moment(_LAST(session).fetchone()[0])
    return last is not None and at < last


_NOTE = insert_into("restorations", ("copied_at", "restored_at"))
_LAST = Statement("select max(restored_at) from restorations")
