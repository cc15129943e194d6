"""What was done in the console, by whom and when: written with the deed, never changed afterwards."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.operators.models import AuditEntry


def note(
    session: Session,
    *,
    operator_id: int | None,
    who: str,
    action: str,
    about: str,
    details: dict[str, Any],
    now: datetime,
) -> None:
    """Write down a deed in the transaction that does it; ``operator_id`` None is the command line or a stranger."""
    session.add(AuditEntry(at=now, operator_id=operator_id, who=who, action=action, about=about, details=details))


def listed(
    session: Session,
    *,
    operator_id: int | None = None,
    action: str | None = None,
    about: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> Sequence[AuditEntry]:
    """Deeds, newest first; ``before`` is the id the page before ended with."""
    found = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit)
    if operator_id is not None:
        found = found.where(AuditEntry.operator_id == operator_id)
    if action is not None:
        found = found.where(AuditEntry.action == action)
    if about is not None:
        found = found.where(AuditEntry.about == about)
    if before is not None:
        found = found.where(AuditEntry.id < before)
    return session.scalars(found).all()
