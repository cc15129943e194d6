"""What became of an action: done, put off, left out, refused or failed, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    DONE = "done"
    WAITS = "waits"
    """It is to be tried again ``until`` then."""
    SKIPPED = "skipped"
    """There was nothing to do it with: no address, no name for a placeholder."""
    REFUSED = "refused"
    """The customer does not want it, or the door's rules forbid it."""
    FAILED = "failed"
    """What it names is gone."""


@dataclass(frozen=True, slots=True)
class Became:
    """``says`` is the reason by its code, or "" of what was simply done; ``detail`` is kept in the trace."""

    outcome: Outcome
    says: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    until: datetime | None = None
    """When it is to be tried; of what is DONE: its moment comes then, and nothing waits for it."""
    asks: str = ""
    """What a person is told, in Russian; "": nobody need look."""
    is_last: bool = False
    """Nothing more of the sequence makes sense."""

    def told(self) -> dict[str, Any]:
        """As a trace keeps it."""
        return {"became": self.outcome.value} | ({"says": self.says} if self.says else {}) | dict(self.detail)


def done(**detail: Any) -> Became:
    return Became(Outcome.DONE, detail=detail)


def waits(reason: str, until: datetime, **detail: Any) -> Became:
    return Became(Outcome.WAITS, reason, detail, until)


def skipped(reason: str, asks: str = "", **detail: Any) -> Became:
    return Became(Outcome.SKIPPED, reason, detail, asks=asks)


def failed(reason: str, asks: str, **detail: Any) -> Became:
    return Became(Outcome.FAILED, reason, detail, asks=asks)
