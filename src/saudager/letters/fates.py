"""What became of letters that were handed to the door, as its ledger knows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.letters import sending
from saudager.letters.models import Letter
from saudager.outreach.models import OutreachVerdict

_ON_ITS_WAY = {None: "waiting", "released": "queued"}


@dataclass(frozen=True, slots=True)
class Fate:
    """``state``: waiting (for its turn), queued (the gateway has it), sent, delivered, read (opened), failed, withdrawn
    or unsettled; ``reason``: why it failed, ``bounced…`` for an address that does not exist."""

    state: str
    reason: str | None
    at: datetime | None


def of(session: Session, letters: Sequence[Letter]) -> dict[int, Fate]:
    """By letter, of those that were written to the ledger."""
    ids = {sending.about(letter.id): letter.id for letter in letters}
    verdict = OutreachVerdict
    written = select(verdict.about, verdict.fate, verdict.reason, verdict.fate_at).where(
        verdict.about.in_(ids), verdict.verdict == "write"
    )
    return {
        ids[name]: Fate(_ON_ITS_WAY.get(fate, fate or ""), reason, at)
        for name, fate, reason, at in session.execute(written)
    }
