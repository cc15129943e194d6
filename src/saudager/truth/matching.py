"""Whether a passage or a row proves a figure: the same value, the same kind, and about the same thing."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from saudager.truth.alike import comparable, kinds_beside, same
from saudager.truth.figures import Figure, FigureKind
from saudager.truth.known import Known
from saudager.truth.measures import same_end, same_measure, same_rate
from saudager.truth.named import NamedFact
from saudager.truth.periods import moved
from saudager.truth.rounding import Manner, manner
from saudager.truth.senses import exclusive, numbers, paired, senses_of, senses_of_name
from saudager.truth.sentences import statement_spans
from saudager.truth.sources import Proof, marks, own_spans
from saudager.truth.things import foreign_thing, proper_names
from saudager.words import PRICING, normalise, stem, stems

_EARLIER_LINES = 6
_FAR_BETTER = 3
"""So many more of a figure's own words say that another thing is meant."""
_UNIT_WORDS = "лет год года году дней дня день дни месяц месяцев недель неделя часа часов минут штук тысяч процент"
_PRICED = PRICING | {stem("штука"), stem("единица")}
_UNITS = frozenset(stem(word) for word in _UNIT_WORDS.split())
_HEADING = re.compile(r"(?:\S+\s){0,4}\S+[.:]")
_OF_WHOLE = re.compile(r"(?<!\w)(?:из|от|of)\s(?:[^\W\d][\w'’]*\s){0,3}$")
_TOTAL = re.compile(r"(?<!\w)(?:всего|итого|общ\w+|total|all|overall|барлығы)(?!\w)")
_SIZE_MARK = re.compile(r"[\d.]+x[\d.x]+")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a figure stands: the draft with its normalised spelling, the sentence, the figures of that sentence."""

    draft: str
    plain: str
    span: tuple[int, int]
    inside: Sequence[Figure]
    earlier: Sequence[str]

    @property
    def sentence(self) -> str:
        """The words of the sentence."""
        return self.draft[slice(*self.span)]


def find_proof(figure: Figure, place: Place, known: Known) -> Proof | None:
    """The proof of a figure, looking at ever more of what stands around it until one thing is meant.

    Where the words at hand fit another figure of the same kind better, the draft gives this thing a price of that one,
    and there is no proof.
    """
    how = manner(place.plain, figure.start, figure.end)
    alike = [
        proof for kind in kinds_beside(figure) for proof in known.by_kind[kind] if comparable(figure, proof.figure)
    ]
    candidates = [proof for proof in alike if _says(proof, figure, how) and not _other(proof, figure, place)]
    candidates = [
        proof
        for proof in candidates
        if all(alike_in(proof, figure, place.plain) for alike_in in (same_rate, same_measure, same_end))
    ]
    if not candidates:
        return None
    rivals = [proof for proof in alike if not _says(proof, figure, how)]
    vocabulary = frozenset[str]().union(*(_vocabulary(proof) for proof in alike))
    if whole := _whole(figure, place, candidates):
        return whole
    if _names_a_rival(figure, place, candidates, rivals, known.names):
        return None
    if _of_another(headed(place, known.names), candidates, rivals):
        return None
    fallback: Proof | None = None
    for number, about in enumerate(_contexts(figure, place, known.names)):
        about -= (_PRICED | _UNITS) if figure.kind is FigureKind.QUANTITY else _PRICED
        if number == 1 and fallback:
            rivals = [rival for rival in rivals if not _said_beside(rival, figure, place)]
        touching = [proof for proof in candidates if about & proof.wide]
        if not touching and about & vocabulary:
            return None
        if not touching:
            continue
        theirs = {rival.said(about) for rival in rivals}
        standing = [
            proof for proof in touching if not any(_fits_better(one, proof, about, close=not number) for one in theirs)
        ]
        if not standing or _of_other_size(standing, about):
            return None
        fallback = max(standing, key=lambda proof: (len(about & proof.wide), len(about & proof.own)))
        if fallback.said(about) not in theirs or _named_in_full(fallback, rivals, about):
            return fallback
    return fallback or _unnamed(candidates, figure, place, known)


def _whole(figure: Figure, place: Place, candidates: Sequence[Proof]) -> Proof | None:
    """«31 из 90», «a third of last month's 90»: the second is the whole, and the words beside it are of the part."""
    if len(place.inside) < 2 or not _OF_WHOLE.search(place.plain[: figure.start]):
        return None
    return next((one for one in candidates if isinstance(one.fact, NamedFact) and _of_all(one, one.fact.label)), None)


def _of_all(proof: Proof, label: str) -> bool:
    return not proof.own or bool(_TOTAL.search(normalise(label)))


def _names_a_rival(
    figure: Figure, place: Place, candidates: Sequence[Proof], rivals: Sequence[Proof], names: frozenset[str]
) -> bool:
    """«Стандарт 60 и Премиум 76 по 94 500 ₸»: a name beside the figure that only other figures bear."""
    part = own_part(figure, place)
    lead = part[: part.find(figure.text)]
    named = proper_names(lead if stems(lead) else part, names)
    if not named:
        return False
    covered = frozenset[str]().union(*(proof.wide for proof in candidates))
    return any(named & rival.own - covered for rival in rivals)


def headed(place: Place, names: frozenset[str]) -> frozenset[str]:
    """«Филиал «Талгар». Воскресенье с 10:00»: the names in a line before it that says nothing else."""
    before = [place.draft[slice(*span)] for span in statement_spans(place.draft) if span[1] <= place.span[0]][-1:]
    return frozenset[str]().union(*(proper_names(line, names) for line in before if _HEADING.fullmatch(line.strip())))


def _of_another(named: frozenset[str], candidates: Sequence[Proof], rivals: Sequence[Proof]) -> bool:
    return any(named & one.wide for one in rivals) and not any(named & one.wide for one in candidates)


def _said_beside(rival: Proof, figure: Figure, place: Place) -> bool:
    """Another figure of the sentence says it: what is left of the sentence is about that one too."""
    return any(
        one is not figure and comparable(one, rival.figure) and one.value == rival.figure.value for one in place.inside
    )


def _says(proof: Proof, figure: Figure, how: Manner) -> bool:
    """Whether the figures are one; «больше 20 000 ₸» is how a row that names a limit is said."""
    limit = isinstance(proof.fact, NamedFact) and "§minimum" in senses_of_name(proof.fact.name)
    return same(figure, proof.figure, Manner.EXACT if limit and how is Manner.MORE else how)


def own_part(figure: Figure, place: Place) -> str:
    """The part of the sentence that speaks of the figure."""
    among = [one for one in place.inside if one is figure or comparable(figure, one)]
    shifted = [replace(one, start=one.start - place.span[0], end=one.end - place.span[0]) for one in among]
    left, right = own_spans(place.sentence, shifted)[among.index(figure)]
    return place.sentence[left:right]


def _vocabulary(proof: Proof) -> frozenset[str]:
    return proof.own if isinstance(proof.fact, NamedFact) else proof.wide


def _contexts(figure: Figure, place: Place, names: frozenset[str]) -> Iterator[frozenset[str]]:
    """What the figure is about: its part of the sentence, the sentence, the sentences before, the lines before."""
    about = _marks(figure, own_part(figure, place), names) | moved(figure, place.plain, place.inside)
    yield about
    start = place.span[0]
    about |= _marks(figure, _without_siblings(figure, place, figure.end), names)
    yield about
    about |= _marks(figure, _without_siblings(figure, place, place.span[1]), names)
    yield about
    for left, right in reversed([one for one in statement_spans(place.draft) if one[1] <= start]):
        about |= _marks(figure, place.draft[left:right], names)
        yield about
    for line in reversed(place.earlier[-_EARLIER_LINES:]):
        about |= marks(line[:1000], names)
        yield about


def _without_siblings(figure: Figure, place: Place, end: int) -> str:
    """The sentence up to ``end`` less what stands right before other figures of its sort: «Стандарт 60 за» 94 500 ₸."""
    kept, at = "", place.span[0]
    for one in place.inside:
        if one is figure or one.end > end or one.kind is not figure.kind or not comparable(figure, one):
            continue
        lead = place.draft[at : one.start]
        kept += lead[: lead.rfind(":") + 1] if ":" in lead else (lead if at == place.span[0] else "")
        at = one.end
    return f"{kept} {place.draft[at:end]}"


def _marks(figure: Figure, text: str, names: frozenset[str]) -> frozenset[str]:
    """The marks less those of figures that measure the same: a size does not tell which size is meant."""
    found = marks(text, names) | senses_of(text) | numbers(text) | paired(text)
    if figure.kind is FigureKind.DATE:
        found -= senses_of(figure.text) | numbers(figure.text)
    if figure.kind is FigureKind.SIZE:
        return found - _sizes(found)
    unit = "#" if figure.kind is FigureKind.NUMBER else figure.unit
    return frozenset(mark for mark in found if not (unit and mark.endswith(f" {unit}")))


def _other(proof: Proof, figure: Figure, place: Place) -> bool:
    """The words beside the figure name a sense (delivery, warranty…) that this row has not."""
    if not isinstance(proof.fact, NamedFact):
        return False
    said = exclusive(senses_of(_beside(figure, place)), figure.kind)
    if any(one.start > figure.end and comparable(one, figure) for one in place.inside):
        said -= {"§discount"}  # «со скидкой комплект за 50 000 ₸ стоит 44 000 ₸»
    if moved(figure, place.plain, place.inside):
        said -= {"§growth"}  # «выросла с 4 % до 6 %»: levels, not the growth
    return bool(said - proof.wide)


def _beside(figure: Figure, place: Place) -> str:
    """The clause that leads up to a figure, or what follows it when nothing does."""
    ends = [one.end for one in place.inside if one.end <= figure.start]
    lead = re.split(r"[,;]\s", place.plain[max([place.span[0], *ends]) : figure.start])[-1]
    return lead if stems(lead) else re.split(r"[,;.]\s", place.plain[figure.end : place.span[1]])[0]


def _unnamed(candidates: Sequence[Proof], figure: Figure, place: Place, known: Known) -> Proof | None:
    """A row may be meant although the draft does not name its thing, unless it names another."""
    part = own_part(figure, place)
    for proof in candidates:
        if isinstance(proof.fact, NamedFact) and not (proof.own and foreign_thing(part, proof.own, known.labels)):
            return proof
    return None


def _sizes(found: frozenset[str]) -> frozenset[str]:
    return frozenset(mark for mark in found if _SIZE_MARK.fullmatch(mark))


def _fits_better(
    theirs: tuple[frozenset[str], frozenset[str], frozenset[str]], proof: Proof, about: frozenset[str], *, close: bool
) -> bool:
    """Whether the words say more of the rival; ``close``: they are the figure's own, so that their number counts."""
    ours = proof.said(about)
    if close and len(theirs[-1]) >= len(ours[-1]) + _FAR_BETTER and not theirs[0] < ours[0]:
        return True
    return next((their > our for their, our in zip(theirs, ours, strict=True) if their != our), False)


def _named_in_full(proof: Proof, rivals: Sequence[Proof], about: frozenset[str]) -> bool:
    """«Чистка AirFlow» is that service, not the dearer one whose longer name begins so."""
    return bool(proof.name) and proof.name <= about and not any(one.name <= about for one in rivals)


def _of_other_size(standing: Sequence[Proof], about: frozenset[str]) -> bool:
    """The words name a size, and what would prove the figure has only others."""
    sizes = _sizes(about)
    return bool(sizes) and all((own := _sizes(proof.own)) and not sizes & own for proof in standing)
