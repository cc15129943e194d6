"""What rules and sequences did about one contact, and which sequences he can be set on by hand."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from saudager.automation import listing, sequences
from saudager.automation.listing import Run, Way
from saudager.automation.sequences import Live

_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Touched:
    """The newest runs and journeys, newest first, and the sequences that are on."""

    runs: Sequence[Run]
    journeys: Sequence[Way]
    sequences: Sequence[Live]


def of_contact(session: Session, contact_id: int) -> Touched:
    """For the contact's page."""
    return Touched(
        listing.runs(session, contact_id=contact_id, only_acted=True, limit=_SHOWN).rows,
        listing.journeys(session, contact_id=contact_id, limit=_SHOWN).rows,
        sequences.everyone(session),
    )
