"""The guard of letters: every figure, deed, promise and boast of a text against the facts it may rest on."""

from collections.abc import Sequence
from datetime import datetime

from saudager.letters import claims
from saudager.letters.proofs import NAMING, Proofs
from saudager.providers.llm import Fact
from saudager.truth.guard import ProvedFigure
from saudager.truth.named import NamedFact


def _is_odd(row: NamedFact) -> bool:
    """Whether a name that came from outside says more than a name; what the shop calls itself is its own affair."""
    return row.name in NAMING - {"shop", "sender", "language"} and claims.is_odd(row.value)


class Guard:
    """The facts of one letter, ready to be held against many texts; ``now`` is in the shop's zone.

    A name that is itself a promise proves nothing, so a text that quotes it does not pass.
    """

    def __init__(self, rows: Sequence[NamedFact], now: datetime) -> None:
        self._rows = [row for row in rows if not (claims.is_odd(row.label) or _is_odd(row))]
        self._proofs = Proofs(self._rows, now)
        self._today = now.date()

    def figures(self, text: str, passages: Sequence[Fact] = ()) -> list[ProvedFigure]:
        """The figures that claim something, in reading order, each with what proves it."""
        return self._proofs.figures(text, passages)

    def problems(self, text: str, passages: Sequence[Fact] = ()) -> list[str]:
        """Why this may not be said, in Russian sentences."""
        figures = self.figures(text, passages)
        unproved = [one for one in figures if one.row is None and one.source is None]
        proved = tuple(f"«{one.text.lower()}»" for one in figures if one not in unproved)
        said = [f"«{one.text}»: {self._proofs.reason(one)}." for one in unproved]
        labels = self._proofs.labels
        claimed = claims.problems(text, self._rows, passages, labels=labels, today=self._today)
        return [*said, *(one for one in claimed if not one.startswith(proved))]
