"""The sections of a contact's page, each with what it reads; what a later room knows of a contact is one more line."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from saudager.automation import touching
from saudager.conversations import merging
from saudager.crm import listing as leads
from saudager.errors import NotFound
from saudager.orders import listing
from saudager.people import card, notes, wishes


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page: drawn by ``contact_<name>.html``, which finds what was read as ``found``."""

    name: str
    read: Callable[[Session, int], Any]
    beside: bool = False
    """In the second column."""
    has_form: bool = False
    """Somebody may be writing in it: only its list, ``contact_<name>_list.html``, is drawn anew under his hands."""

    @property
    def template(self) -> str:
        return f"contact_{self.name}.html"

    @property
    def list_template(self) -> str:
        return f"contact_{self.name}_list.html"


def _cost(session: Session, contact_id: int) -> card.Cost:
    return card.cost(session, merging.everybody(session, contact_id))


SECTIONS = (
    Section("talks", card.talks),
    Section("cases", card.cases),
    Section("orders", listing.of_contact),
    Section("crm", leads.of_contact),
    Section("deals", card.deals),
    Section("calls", card.calls),
    Section("follow_ups", card.chains),
    Section("automation", touching.of_contact),
    Section("verdicts", card.verdicts),
    Section("notes", notes.listed, beside=True, has_form=True),
    Section("wishes", wishes.history, beside=True, has_form=True),
    Section("names", card.names, beside=True),
    Section("history", merging.history, beside=True),
    Section("cost", _cost, beside=True),
)


def read(session: Session, contact_id: int) -> list[tuple[Section, Any]]:
    """Every section with what it found."""
    return [(section, section.read(session, contact_id)) for section in SECTIONS]


def with_list(name: str) -> Section:
    """The section whose list is drawn by itself; raises NotFound when there is none of the name."""
    for section in SECTIONS:
        if section.name == name and section.has_form:
            return section
    raise NotFound(f"У контакта нет раздела «{name}».")
