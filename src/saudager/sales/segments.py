"""Segments: whom a campaign writes to, told by what their companies bought."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Lapsed:
    """Companies that bought before, and nothing for ``days`` days up to today."""

    days: int


@dataclass(frozen=True, slots=True)
class TopDecile:
    """The tenth of the companies that bought most in ``months`` months."""

    months: int


@dataclass(frozen=True, slots=True)
class BoughtNot:
    """Companies that bought the one within ``months`` months and not the other: a product or a category."""

    bought: str
    not_bought: str
    months: int


@dataclass(frozen=True, slots=True)
class Everyone:
    """All companies."""


Segment = Lapsed | TopDecile | BoughtNot | Everyone


class Member(NamedTuple):
    """Somebody of the segment."""

    person_id: int
    company_id: int


def read(told: Mapping[str, Any]) -> Segment:
    """``{"kind": "lapsed", "days": 90}``, ``{"kind": "top_decile", "months": 12}``, ``{"kind": "bought_not", "bought":
    "…", "not_bought": "…", "months": 12}`` or ``{"kind": "everyone"}``; raises Refused with what is wrong."""
    raise NotImplementedError


def told(segment: Segment) -> dict[str, Any]:
    """What ``read`` reads it from."""
    raise NotImplementedError


def words(segment: Segment) -> str:
    """The segment in Russian, for a page: «не покупали 90 дней»."""
    raise NotImplementedError


def members(
    session: Session, segment: Segment, *, today: date, after_person_id: int = 0, limit: int = 500
) -> list[Member]:
    """The next persons of the segment who have an e-mail address, by id."""
    raise NotImplementedError


def count(session: Session, segment: Segment, *, today: date) -> int:
    """How many ``members`` there are."""
    raise NotImplementedError
