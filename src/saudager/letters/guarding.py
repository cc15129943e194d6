"""The guard of letters: every figure, deed, promise and boast of a text against the facts it may rest on."""

from collections.abc import Sequence
from datetime import datetime

from saudager.letters import claims
from saudager.letters.proofs import Proofs
from saudager.providers.llm import Fact
from saudager.truth.guard import ProvedFigure
from saudager.truth.named import NamedFact


class Guard:
    """The facts of one letter, ready to be held against many texts; ``now`` is in the shop's zone."""

    def __init__(self, rows: Sequence[NamedFact], now: datetime) -> None:
        self._rows = rows
        self._proofs = Proofs(rows, now)
        self._today = now.date()

    def figures(self, text: str, passages: Sequence[Fact] = ()) -> list[ProvedFigure]:
        """The figures that claim something, in reading order, each with what proves it."""
        return self._proofs.figures(text, passages)

    def problems(self, text: str, passages: Sequence[Fact] = ()) -> list[str]:
        """Why this may not be said, in Russian sentences."""
        unproved = [one for one in self.figures(text, passages) if one.row is None and one.source is None]
        said = [f"«{one.text}»: {self._proofs.reason(one)}." for one in unproved]
        labels = self._proofs.labels
        return [*said, *claims.problems(text, self._rows, passages, labels=labels, today=self._today)]
