"""Which way and how far: growth against fall, dearer against cheaper, the least and the greatest of a thing."""

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

from saudager.truth.alike import comparable
from saudager.truth.figures import Figure, FigureKind
from saudager.truth.known import Known
from saudager.truth.matching import Place, own_part
from saudager.truth.named import NamedFact
from saudager.truth.periods import moved
from saudager.truth.rounding import Manner, manner
from saudager.truth.rows import row_proofs
from saudager.truth.senses import senses_of, senses_of_name
from saudager.truth.sources import Proof, marks
from saudager.words import PRICING, normalise

UP = re.compile(
    r"(?<!\w)(?:вырос|рост\b|роста\b|росл|увелич|прибав|поднял|больше|дорож|плюс|\+|"
    r"удво|утро|өсті|өскен|өсім|артты|артық|көбейді|(?<!ең )көп(?!\w)|жоғары|grew|grow|rose|"
    r"risen|increas|went up|up by|more|doubl|tripl)"
)
DOWN = re.compile(
    r"(?<!\w)(?:сниз|упал|упад|падени|сократ|уменьш|просел|меньше|дешевл|минус|-\d|"
    r"азай|(?<!ең )аз(?!\w)|төмен|кеміді|кеміген|арзан|fell|fall|drop|decreas|declin|"
    r"went down|down by|less)"
)
_FROM_TO = re.compile(r"(?:\bс|\bсо|\bfrom)\s*$")
_COMPARED = re.compile(
    r"(?<!\w)(?P<how>больше|выше|дороже|чаще|меньше|ниже|дешевле|реже|more|less|cheaper|higher|lower|көп|аз)"
    r"(?:\s(?:expensive))?(?:,?\s(?:чем|than)|(?=\s[«\w]))\s*"
)
_MORE = frozenset(("больше", "выше", "дороже", "чаще", "more", "higher", "көп"))
_LEAST = re.compile(
    r"сам\w+ (?:деш[её]в|недорог|низк|доступн)\w*|дешевле всего|миним\w+ цен|"
    r"цен\w+ миним|cheapest|lowest price|ең арзан"
)
_GREATEST = re.compile(r"сам\w+ дорог\w*|максим\w+ цен|most expensive|ең қымбат")


def wrong_ways(place: Place, known: Known) -> Iterator[str]:
    """Russian complaints about directions and comparisons of one sentence."""
    plain = place.plain[slice(*place.span)]
    yield from _growth(plain, place, known)
    yield from _from_to(plain, place)
    yield from _compared(plain, place, known)


def out_of_bounds(figure: Figure, proof: Proof, place: Place, known: Known) -> bool:
    """«От 131 000» although the thing is also had for less; «до» likewise, and «самое дешёвое»."""
    if figure.kind is not FigureKind.MONEY or len(known.by_kind[FigureKind.MONEY]) < 2:
        return False
    if moved(figure, place.plain, place.inside):
        return False
    how = manner(place.plain, figure.start, figure.end)
    part = own_part(figure, place)
    plain = normalise(part)
    least = how is Manner.FROM or bool(_LEAST.search(plain))
    greatest = how is Manner.UP_TO or bool(_GREATEST.search(plain))
    if not (least or greatest) or _so_written(figure, proof):
        return False
    about = marks(" ".join((part, place.sentence, *place.earlier[-2:])), known.names) - PRICING
    for rival in known.by_kind[FigureKind.MONEY]:
        alike = (
            comparable(figure, rival.figure) and about & rival.wide >= about & proof.wide and _as_priced(rival, proof)
        )
        if alike and (rival.figure.value < proof.figure.value if least else rival.figure.value > proof.figure.value):
            return True
    return False


def _as_priced(rival: Proof, proof: Proof) -> bool:
    """A row's price is compared with prices of rows, a named fact with facts of its name."""
    if isinstance(proof.fact, NamedFact):
        return isinstance(rival.fact, NamedFact) and rival.fact.name == proof.fact.name
    return (
        not isinstance(rival.fact, NamedFact)
        and rival.fact.row is not None
        and rival.fact.section == proof.fact.section
    )


def _so_written(figure: Figure, proof: Proof) -> bool:
    """The document or the name of the fact itself says «от»."""
    if isinstance(proof.fact, NamedFact):
        return bool(senses_of_name(proof.fact.name) & {"§minimum"})
    return proof.fact.row is None or bool(re.search(r"\b(?:от|до)\s", normalise(proof.fact.text)))


def _growth(plain: str, place: Place, known: Known) -> Iterator[str]:
    rows = [row for row in known.rows if "§growth" in senses_of_name(row.name)]
    if not rows:
        return
    percents = [one for one in place.inside if one.kind in (FigureKind.PERCENT, FigureKind.MULTIPLE)]
    parts: list[tuple[Figure | None, str]] = [(figure, own_part(figure, place)) for figure in percents]
    for figure, part in parts or [(None, plain)]:
        words = normalise(part)
        up, down = bool(UP.search(words)), bool(DOWN.search(words))
        about = marks(part, known.names)
        meant = [row for row in rows if _fits_row(row, figure, about)]
        if up == down or not meant:
            continue
        if all(row.value.strip().startswith("-") == up for row in meant):
            yield f"«{part.strip()}»: направление неверно."


def _fits_row(row: NamedFact, figure: Figure | None, about: frozenset[str]) -> bool:
    proofs = row_proofs(row)
    if not proofs:
        return False
    if figure is not None and figure.kind is FigureKind.PERCENT:
        return abs(proofs[0].figure.value - figure.value) <= max(Decimal(1), figure.value / 10)
    return not proofs[0].own or bool(proofs[0].own & about) or figure is None


def _from_to(plain: str, place: Place) -> Iterator[str]:
    amounts = [one for one in place.inside if one.kind in (FigureKind.MONEY, FigureKind.QUANTITY, FigureKind.NUMBER)]
    for before, after in pairwise(amounts):
        joint = place.plain[before.end : after.start].strip()
        if joint not in ("до", "to") or not _FROM_TO.search(place.plain[place.span[0] : before.start]):
            continue
        up, down = UP.search(plain), DOWN.search(plain)
        if (up and not down and before.value > after.value) or (down and not up and before.value < after.value):
            yield f"«{before.text} {joint} {after.text}»: направление неверно."


def _compared(plain: str, place: Place, known: Known) -> Iterator[str]:
    for hit in _COMPARED.finditer(plain):
        left = re.split(r"[.;]", plain[: hit.start()])[-1]
        right = re.split(r"[,.;:—]", plain[hit.end() :])[0]
        first, second = _valued(left, known), _valued(right, known)
        if first is not None and second is None:
            second = _apart(first, hit.end(), place, known)
        if first is None or second is None or first == second:
            continue
        if (first > second) != (hit["how"] in _MORE):
            yield f"«{hit.group().strip()}»: сравнение неверно."


def _apart(value: Decimal, end: int, place: Place, known: Known) -> Decimal | None:
    """«Air 9 дороже на 33 000 ₸»: the one other amount of the rows that is so far from this one."""
    gap = next((one.value for one in place.inside if 0 <= one.start - place.span[0] - end <= 4), None)
    stated = {proof.figure.value for row in known.rows for proof in row_proofs(row)[:1]}
    others = [one for one in stated if gap and abs(one - value) == gap]
    return others[0] if len(others) == 1 else None


def _valued(words: str, known: Known) -> Decimal | None:
    """The amount of the one labelled row the words name best."""
    about = marks(words, known.names) | senses_of(words)
    scored = [
        (len(proof.own & about), proof.figure.value)
        for row in known.rows
        for proof in row_proofs(row)[:1]
        if proof.own & about and proof.figure.kind in (FigureKind.MONEY, FigureKind.NUMBER, FigureKind.QUANTITY)
    ]
    best = max((score for score, _ in scored), default=0)
    values = [value for score, value in scored if score == best]
    return values[0] if len(values) == 1 else None
