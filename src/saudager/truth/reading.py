"""A draft read sentence by sentence: which of its figures claim something, and what proves each."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from saudager.providers.llm import Fact
from saudager.truth.comparing import out_of_bounds, wrong_ways
from saudager.truth.derived import Standing, derive
from saudager.truth.figures import Figure, FigureKind, figures
from saudager.truth.known import Known
from saudager.truth.matching import Place, find_proof, headed
from saudager.truth.moments import wrong_moments
from saudager.truth.named import NamedFact
from saudager.truth.own_talk import is_claim, is_count
from saudager.truth.sentences import statement_spans
from saudager.truth.terms import wrong_terms
from saudager.truth.verbatim import stands_in
from saudager.words import normalise

_IN_WORKING = re.compile(r"[\d₸]\s?[×x*+]\s?$")
_BEFORE_WORKING = re.compile(r"\s?[×*+]\s?\d")
_MOST_FIGURES = 60
"""More than a message to a customer has; reading them would only take time."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A figure that says something, and what proves it; None when nothing does."""

    figure: Figure
    fact: Fact | NamedFact | None


class Reading:
    """The claims of a draft and complaints about how its figures hang together."""

    def __init__(self, draft: str, known: Known, earlier: Sequence[str], *, works_out: bool = True) -> None:
        self.known = known
        self.works_out = works_out
        self.claims: list[Claim] = []
        self.complaints: list[str] = []
        self._standing: list[Standing] = []
        self._counts: list[Figure] = []
        found, plain = figures(draft, known.names), normalise(draft)
        if len(found) > _MOST_FIGURES:
            self.complaints.append(f"Слишком много цифр: {len(found)}.")
            return
        for span in statement_spans(draft):
            inside = [figure for figure in found if span[0] <= figure.start < span[1]]
            self._sentence(Place(draft, plain, span, inside, earlier))

    def _sentence(self, place: Place) -> None:
        if passage := stands_in(place.sentence, self.known, of=headed(place, self.known.names)):
            self._note(place.inside, passage)
            return
        self._counts += [figure for figure in place.inside if is_count(figure)]
        claims = [figure for figure in place.inside if is_claim(figure, place, self.known)]
        proved: dict[Figure, Fact | NamedFact | None] = {figure: self._direct(figure, place) for figure in claims}
        self._stand(proved)
        used: set[Figure] = set()
        for figure in (
            [*claims, *claims] if self.works_out else []
        ):  # what is worked out first may rest on what stands behind it
            if proved[figure] is None and (
                found := derive(figure, place, self.known, self._standing, self._other_counts(figure))
            ):
                proved[figure] = found.fact
                used.update(found.counts)
                self._standing.append(Standing(figure, found.fact, derived=True))
        self.claims += [Claim(one, fact) for one, fact in proved.items() if fact is not None or one not in used]
        self.complaints += [*wrong_moments(place, self.known), *wrong_ways(place, self.known)]
        self.complaints += wrong_terms(place, self.known)

    def _direct(self, figure: Figure, place: Place) -> Fact | NamedFact | None:
        if _IN_WORKING.search(place.plain[: figure.start]) or _BEFORE_WORKING.match(place.plain[figure.end :]):
            said_before = (one.fact for one in self._standing if one.figure.value == figure.value and not one.derived)
            if found := next(said_before, None):
                return found
        proof = find_proof(figure, place, self.known)
        if proof is None or out_of_bounds(figure, proof, place, self.known):
            return None
        return proof.fact

    def _stand(self, proved: dict[Figure, Fact | NamedFact | None]) -> None:
        self._standing += [Standing(figure, fact) for figure, fact in proved.items() if fact is not None]

    def _other_counts(self, figure: Figure) -> list[Figure]:
        return [one for one in self._counts if one is not figure]

    def _note(self, inside: Sequence[Figure], passage: Fact) -> None:
        self.claims += [Claim(figure, passage) for figure in inside if figure.kind is not FigureKind.NUMBER]
        self._stand(dict.fromkeys(inside, passage))
