"""Whether a passage proves a figure: the same value, the same kind, and about the same thing."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from saudager.truth.figures import Figure, FigureKind
from saudager.truth.sources import Proof, marks, own_spans, size_mark
from saudager.words import PRICING, normalise, sentence_spans

_NEUTRAL_COUNT = re.compile(
    r"\s*(?:-|–|—|или)?\s*\d*\s*(?:коротк\w+\s+|прост\w+\s+)?(?:вопрос|вариант|уточнен|момент|слов|questions?|сұрақ)"
)
_MEETING = re.compile(r"созвон|звон|позвон|разговор|поговор|встреч|обсуд|call\b|talk|қоңырау")
_EARLIER_LINES = 6
_SIZE_MARK = re.compile(r"[\d.]+x[\d.x]+")


def is_claim(figure: Figure, inside: Sequence[Figure], sentence: str, now: datetime) -> bool:
    """False for «2–3 вопроса», for the length of a call we propose, and for today's date."""
    plain = normalise(sentence)
    if figure.kind is FigureKind.NUMBER and figure.value <= 5:
        start = max(plain.find(normalise(figure.text)), 0) + len(figure.text)
        if _NEUTRAL_COUNT.match(plain, start):
            return False
    if figure.unit == "minute" and figure.value <= 30 and _MEETING.search(plain):
        return False
    if figure.kind is FigureKind.DATE:
        return figure.parts[:2] != (Decimal(now.day), Decimal(now.month))
    return True


def find_proof(
    figure: Figure,
    inside: Sequence[Figure],
    draft: str,
    span: tuple[int, int],
    known: Sequence[Proof],
    names: frozenset[str],
    earlier: Sequence[str],
) -> Proof | None:
    """The proof of a figure, looking at ever more of what stands around it until one thing is meant.

    Where the words at hand fit another figure of the same kind better, the draft gives this thing a price of that one,
    and there is no proof.
    """
    candidates = [proof for proof in known if _same(figure, proof.figure)]
    if not candidates:
        return None
    rivals = [proof for proof in known if _comparable(figure, proof.figure) and not _same(figure, proof.figure)]
    vocabulary = frozenset[str]().union(*(proof.wide for proof in known))
    fallback: Proof | None = None
    for about in _contexts(figure, inside, draft, span, names, earlier):
        about -= PRICING
        touching = [proof for proof in candidates if about & proof.wide]
        if not touching and about & vocabulary:
            return None
        if not touching:
            continue
        standing = [proof for proof in touching if not any(_fits_better(rival, proof, about) for rival in rivals)]
        if not standing or _of_other_size(standing, about):
            return None
        fallback = max(standing, key=lambda proof: (len(about & proof.wide), len(about & proof.own)))
        if not any(_fits_alike(rival, fallback, about) for rival in rivals):
            return fallback
    return fallback


def _contexts(
    figure: Figure,
    inside: Sequence[Figure],
    draft: str,
    span: tuple[int, int],
    names: frozenset[str],
    earlier: Sequence[str],
) -> Iterator[frozenset[str]]:
    """What the figure is about: its part of the sentence, the sentence, the sentences before, the lines before."""
    sentence = draft[slice(*span)]
    alike = [one for one in inside if _comparable(figure, one)]
    shifted = [_shift(one, -span[0]) for one in alike]
    left, right = own_spans(sentence, shifted)[alike.index(figure)]
    about = _without(figure, marks(sentence[left:right], names))
    yield about
    about |= _without(figure, marks(sentence[: max(right, figure.end - span[0])], names))
    yield about
    about |= _without(figure, marks(sentence, names))
    yield about
    for start, end in reversed([one for one in sentence_spans(draft) if one[1] <= span[0]]):
        about |= marks(draft[start:end], names)
        yield about
    for line in reversed(earlier[-_EARLIER_LINES:]):
        about |= marks(line[:1000], names)
        yield about


def _without(figure: Figure, found: frozenset[str]) -> frozenset[str]:
    """The marks less those of figures that measure the same: a size does not tell which size is meant."""
    if figure.kind is FigureKind.SIZE:
        return found - _sizes(found)
    return frozenset(mark for mark in found if not (figure.unit and mark.endswith(f" {figure.unit}")))


def _sizes(found: frozenset[str]) -> frozenset[str]:
    return frozenset(mark for mark in found if _SIZE_MARK.fullmatch(mark))


def _fits_better(rival: Proof, proof: Proof, about: frozenset[str]) -> bool:
    theirs, ours = about & rival.wide, about & proof.wide
    return theirs > ours or (theirs == ours and about & rival.own > about & proof.own)


def _fits_alike(rival: Proof, proof: Proof, about: frozenset[str]) -> bool:
    return about & rival.wide == about & proof.wide and about & rival.own == about & proof.own


def _of_other_size(standing: Sequence[Proof], about: frozenset[str]) -> bool:
    """The words name a size, and what would prove the figure has only others."""
    sizes = _sizes(about)
    return bool(sizes) and all((own := _sizes(proof.own)) and not sizes & own for proof in standing)


def _same(one: Figure, other: Figure) -> bool:
    if not _comparable(one, other):
        return False
    if one.kind is FigureKind.SIZE:
        return size_mark(one) == size_mark(other)
    if one.kind is FigureKind.DATE:
        shared = min(len(one.parts), len(other.parts))
        return one.parts[:shared] == other.parts[:shared]
    return one.parts == other.parts


def _comparable(one: Figure, other: Figure) -> bool:
    """Whether two figures measure the same; a bare number may be an amount or an hour whose unit was left out."""
    if one.kind is FigureKind.NUMBER and not one.unit:
        return other.kind in (FigureKind.NUMBER, FigureKind.QUANTITY)
    return one.kind is other.kind and (one.kind is FigureKind.SIZE or one.unit == other.unit)


def _shift(figure: Figure, by: int) -> Figure:
    return Figure(figure.text, figure.kind, figure.parts, figure.unit, figure.start + by, figure.end + by)
