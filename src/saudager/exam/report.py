"""What an exam came to: how many cases passed, and what was said where one did not."""

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Report:
    """The result of one suite; ``wrong`` holds, for each failed case, its number (from 1), the case and why."""

    suite: str
    total: int = 0
    passed: int = 0
    wrong: list[dict[str, Any]] = field(default_factory=list)

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
        """``{"suite", "total", "passed", "accuracy", "wrong"}``."""
        return {
            "suite": self.suite,
            "total": self.total,
            "passed": self.passed,
            "accuracy": round(self.accuracy, 4),
            "wrong": self.wrong,
        }

    def as_text(self) -> str:
        """For a person: the share, then every case that failed."""
        lines = [f"{self.suite}: {self.passed} of {self.total} passed ({self.accuracy:.1%})"]
        lines += [json.dumps(one, ensure_ascii=False) for one in self.wrong]
        return "\n".join(lines)
