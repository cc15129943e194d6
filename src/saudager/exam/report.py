"""What an exam came to: how many cases passed, and what was said where one did not."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Judged:
    """One rule on one dialogue; ``why`` says what broke it, None: it was kept."""

    rule: str
    title: str
    why: str | None


@dataclass(frozen=True, slots=True)
class Heard:
    """A line of a dialogue as it stood on the customer's phone; ``at`` is in the shop's time zone."""

    at: datetime
    who: Literal["customer", "shop"]
    text: str


@dataclass(frozen=True, slots=True)
class Dialogue:
    """What was said between the shop and a simulated customer, and every rule it was judged by."""

    persona: str
    title: str
    seed: int
    name: str
    rules: Sequence[Judged]
    lines: Sequence[Heard]
    pinned: str | None = None

    @property
    def broken(self) -> list[Judged]:
        return [one for one in self.rules if one.why is not None]

    def as_dict(self) -> dict[str, Any]:
        """``{"persona", "seed", "rules": {"proved": "why"}, "transcript": ["11.03 12:00 покупатель: …"]}``, and
        ``pinned``, the rule that once failed; of the rules those that are broken."""
        who = {"customer": "покупатель", "shop": "магазин"}
        return {
            "persona": self.persona,
            "seed": self.seed,
            **({"pinned": self.pinned} if self.pinned else {}),
            "rules": {one.rule: one.why for one in self.broken},
            "transcript": [f"{line.at:%d.%m %H:%M} {who[line.who]}: {line.text}" for line in self.lines],
        }


@dataclass(slots=True)
class Report:
    """The result of one suite; ``wrong`` holds, for each failed case, its number (from 1), the case and why."""

    suite: str
    total: int = 0
    passed: int = 0
    wrong: list[dict[str, Any]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    """What the suite counts besides."""
    dialogues: list[Dialogue] = field(default_factory=list)
    """Every conversation of the suite that has them, failed or not."""

    @property
    def accuracy(self) -> float:
        """Share of the cases that passed, 0–1; 0 when there was none."""
        return self.passed / self.total if self.total else 0.0

    def note(self, case: dict[str, Any], failed: dict[str, Any] | None) -> None:
        """Count a case; ``failed`` says what was got instead, None when it passed."""
        self.total += 1
        if failed is None:
            self.passed += 1
        else:
            self.wrong.append({"case": self.total, **case, **failed})

    def as_dict(self) -> dict[str, Any]:
        """``{"suite", "total", "passed", "accuracy", "wrong"}``, and what the suite counts besides."""
        return {
            "suite": self.suite,
            "total": self.total,
            "passed": self.passed,
            "accuracy": round(self.accuracy, 4),
            **self.counts,
            "wrong": self.wrong,
        }

    def as_text(self) -> str:
        """For a person: the share, then every case that failed; what was said in a dialogue stands below it."""
        counted = "".join(f", {name.replace('_', ' ')}: {count}" for name, count in self.counts.items())
        lines = [f"{self.suite}: {self.passed} of {self.total} passed ({self.accuracy:.1%}){counted}"]
        for one in self.wrong:
            transcript = one.get("transcript", [])
            known = {name: value for name, value in one.items() if name != "transcript"}
            lines += [json.dumps(known, ensure_ascii=False), *(f"    {line}" for line in transcript)]
        return "\n".join(lines)


def together(reports: Sequence[Report]) -> dict[str, Any]:
    """``{"suite": "all", "total", "passed", "accuracy", "wrong", "suites": […]}``: several suites as one result, each
    failed case under the name of its suite."""
    total, passed = sum(one.total for one in reports), sum(one.passed for one in reports)
    return {
        "suite": "all",
        "total": total,
        "passed": passed,
        "accuracy": round(passed / total, 4) if total else 0.0,
        "wrong": [{"suite": one.suite, **wrong} for one in reports for wrong in one.wrong],
        "suites": [{name: value for name, value in one.as_dict().items() if name != "wrong"} for one in reports],
    }
