"""Figures worked out from proved ones: sums, differences, multiples, per cents, averages, days between two dates."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from itertools import combinations, permutations, product

from saudager.providers.llm import Fact
from saudager.truth.comparing import DOWN, UP
from saudager.truth.figures import Figure, FigureKind
from saudager.truth.known import Known
from saudager.truth.matching import Place, find_proof
from saudager.truth.named import NamedFact
from saudager.truth.rounding import Manner, holds, manner
from saudager.truth.rows import months_of, row_proofs
from saudager.truth.senses import periods, senses_of
from saudager.truth.sources import Proof
from saudager.truth.units import HOME_CURRENCY, in_least
from saudager.words import normalise, stems

_SUM = re.compile(
    r"итог|вмест[ео]\b|всего|в\sсумме|за вс[её]|сумма|с\s(?:\w+\s)?(?:доставк|монтаж|"
    r"установк|подъ[её]м|сборк|замер)\w*|вкупе|\+|плюс"
    r"|оба|обе|комплект|набор|барлығы|жалпы|бірге|қоса|total|together|altogether|in all|with delivery|including|both"
)
_DIFFERENCE = re.compile(
    r"разниц|дешевл|дорож|эконом|выгод|не хватает|осталось|остат|остаётся|остается|доплат|больше|меньше|плюс|минус|"
    r"прибав|вырос|увелич|сниз|упал|сократ|на\s|вместо|айырма|арзан|қымбат|differ|"
    r"save|cheaper|more|less|short|remain|left|up by|down by"
)
_SHARE = re.compile(
    r"скид|предоплат|аванс|задат|остат|остальн|доплат|наценк|надбавк|половин|треть|"
    r"четверт|част|дол|процент|%|жеңілдік|алдын ала|discount|prepay|deposit|off|half"
)
_DEARER = re.compile(r"наценк|надбавк|дорож|доплат|surcharge|плюс|рост|прибав|вырос")
_PER_ONE = re.compile(
    r"средн|по\s|за\s|кажд|в\s(?:месяц|день|неделю|год)|штук|выходит|average|per|each|орташа|айына|бір"
)
_GROWS = re.compile(
    r"вырос|рост|увелич|прибав|больше|меньше|сниз|упал|сократ|дорож|дешевл|плюс|минус|"
    r"выгод|скид|эконом|удво|раз|вдво|втро|grew|growth|more|less|cheaper|rose|fell|"
    r"drop|doubl|save|discount|off|есе|өсті|артты"
)
_PART_OF = re.compile(r"дол|част|половин|треть|четверт|составля|занима|из\s|приход|предоплат|share|part|half|of\s|үлес")
_FOR_ONE = re.compile(r"\s?(?:/|за|per)\s?(?:шт|од[инну]|единиц|пару|piece|м\b|м²|кг|метр|each)|\s?each")
_LIST = re.compile(r":\s\D{0,20}\d")
_PER_MEASURE = re.compile(
    r"\s?(?:/|за|per)\s?(?:(?P<kg>кг|килограмм|kg|kilo)|(?P<l>литр|л(?!\w)|lit)|(?P<m2>м2|м²|кв|m2|square))"
)
_HOLDS = frozenset(("weight", "area", "volume", "content", "pack", "net"))
"""Words in names of rows that say how much one piece holds."""
_AHEAD = re.compile(r"(?<!\w)(?:через|осталось|in)\s$")
_FOR = re.compile(r"\s(?:за|for|үшін)\s(?:все\s)?")
_COUNTS = frozenset(("", "piece", "pair", "m2", "m", "kg", "month", "l", "day", "km", "hour"))
_DAYS_IN = {"day": Decimal(1), "week": Decimal(7), "month": Decimal("30.44"), "year": Decimal("365.25")}
_MOST_OPERANDS = 8
_MOST_LINES = 5
_MOST_COUNTS = 6


@dataclass(frozen=True, slots=True)
class Standing:
    """A proved figure of the draft with what proves it: an operand."""

    figure: Figure
    fact: Fact | NamedFact
    derived: bool = False
    """Worked out itself; what it was worked out from must not be proved by it."""


@dataclass(frozen=True, slots=True)
class Derived:
    """Whence a worked-out figure comes, and the counts of the draft it was multiplied or divided by."""

    fact: Fact | NamedFact
    counts: tuple[Figure, ...] = ()


def derive(
    figure: Figure, place: Place, known: Known, standing: Sequence[Standing], counts: Sequence[Figure]
) -> Derived | None:
    """How the figure follows from what is proved; None when it does not.

    ``standing`` are the proved figures of the draft up to this sentence, ``counts`` its numbers of things.
    """
    working = _Working(figure, place, known, standing, counts)
    match figure.kind:
        case FigureKind.MONEY:
            return working.money()
        case FigureKind.NUMBER:
            return (working.count() if figure.value < 1000 else None) or working.money()
        case FigureKind.PERCENT | FigureKind.MULTIPLE:
            return working.ratio()
        case FigureKind.QUANTITY:
            return working.count()
        case FigureKind.TIME:
            return working.ending()
    return None


class _Working:
    def __init__(
        self, figure: Figure, place: Place, known: Known, standing: Sequence[Standing], counts: Sequence[Figure]
    ) -> None:
        self.figure, self.place, self.known = figure, place, known
        self.how = manner(place.plain, figure.start, figure.end)
        self.said = place.plain[slice(*place.span)]
        self.amounts = [one for one in standing if one.figure.kind in (FigureKind.MONEY, FigureKind.NUMBER)]
        self.percents = [one for one in standing if one.figure.kind is FigureKind.PERCENT]
        self.counts = [one for one in counts if one.unit in _COUNTS and one.value > 0][-_MOST_COUNTS:]

    def money(self) -> Derived | None:
        ways = (
            self._times(),
            self._per_cent(),
            self._sum(),
            self._difference(),
            self._per_one(),
            self._per_measure(),
            self._range(),
        )
        return next((found for way in ways for found in way), None)

    def ratio(self) -> Derived | None:
        grows, part = _GROWS.search(self.said), _PART_OF.search(self.said)
        if _SUM.search(self.said):
            alike = self._operands(FigureKind.PERCENT)
            groups = (group for size in (2, 3) for group in combinations(alike, size))
            if found := next((group for group in groups if self._holds(_total(group))), None):
                return Derived(found[0].fact)
        if not (grows or part):
            return self._rest()
        counted = [one for kind in (FigureKind.NUMBER, FigureKind.QUANTITY) for one in self._operands(kind)]
        shares = self._operands(FigureKind.PERCENT) if self.figure.kind is FigureKind.MULTIPLE else []
        up, down = bool(UP.search(self.said)), bool(DOWN.search(self.said))
        for one, other in [pair for group in (self._operands(), counted, shares) for pair in permutations(group, 2)]:
            a, b = one.figure.value, other.figure.value
            if _currency(one.figure) != _currency(other.figure) or not (a and b):
                continue
            if self.figure.kind is FigureKind.MULTIPLE:
                true = [b / a] if b > a else []
            else:
                grown = grows and not (up != down and (b > a) != up)
                true = [*([abs(b - a) / a * 100] if grown else []), *([a / b * 100] if part else [])]
            if any(self._holds(value) or self._to_whole(value) for value in true):
                return Derived(one.fact)
        return self._rest()

    def _to_whole(self, true: Decimal) -> bool:
        """«На 14 %» is how growth by 14.3 % is said."""
        whole = self.figure.kind is FigureKind.PERCENT and not self.figure.in_words and self.how is Manner.EXACT
        return whole and self.figure.value == true.to_integral_value(ROUND_HALF_UP)

    def count(self) -> Derived | None:
        if found := self._days_between() or self._periods():
            return found
        alike = self._operands(self.figure.kind)
        least = {one: in_least(one.figure.value, one.figure.unit) for one in alike}
        said, unit = in_least(self.figure.value, self.figure.unit)
        alike = [one for one in alike if least[one][1] == unit]
        for one, count in product(alike, self.counts):
            if unit == "minute" and said == least[one][0] * count.value and count is not one.figure:
                return Derived(one.fact, (count,))
        if not (_SUM.search(self.said) or _DIFFERENCE.search(self.said)):
            return None
        for one, other in permutations(alike, 2):
            if said in (least[one][0] + least[other][0], least[one][0] - least[other][0]):
                return Derived(one.fact)
        return None

    def ending(self) -> Derived | None:
        """The hour at which what begins at a row's time and lasts as long as another row says is over."""
        stated = [proof.figure for row in self.known.rows for proof in row_proofs(row)[:1]]
        lengths = {in_least(one.value, one.unit) for one in stated if one.kind is FigureKind.QUANTITY}
        until = self.place.plain[: self.figure.start].endswith(("до ", "until ", "till ", "– ", "- ", "-", "–"))
        begins = {one.parts for one in self.place.inside if one.kind is FigureKind.TIME and one is not self.figure}
        begun = [
            (row, when) for row, when in self.known.moments if (Decimal(when.hour), Decimal(when.minute)) in begins
        ]
        for row, when in begun if until else []:
            for minutes in (int(value) for value, unit in lengths if unit == "minute" and ":" in row.value):
                over = when + timedelta(minutes=minutes)
                if self.figure.parts == (Decimal(over.hour), Decimal(over.minute)):
                    return Derived(row)
        return None

    def _periods(self) -> Derived | None:
        """«За два месяца» are as many as the draft has named figures of."""
        if self.figure.unit not in ("month", "year"):
            return None
        rows = {one.fact.label: one.fact for one in self.amounts if isinstance(one.fact, NamedFact)}
        return Derived(next(iter(rows.values()))) if len(rows) == self.figure.value else None

    def _times(self) -> Iterator[Derived]:
        if _FOR_ONE.match(self.place.plain[self.figure.end :]) or self.place.plain[: self.figure.start].endswith("по "):
            return
        for count in sorted(filter(self._multiplies, self.counts), key=self._far):
            for one in self.amounts:
                if self._holds(one.figure.value * count.value) and not self._in_name(count, one.fact):
                    yield Derived(one.fact, (count,))
            proof = self._proof(self.figure.value / count.value)
            if proof and not self._in_name(count, proof):
                yield Derived(proof, (count,))

    def _far(self, count: Figure) -> int:
        """The number right before the figure multiplies it; one behind only where there is none."""
        before = self.figure.start - count.end
        return before if before >= 0 else len(self.place.plain)

    def _in_name(self, count: Figure, fact: Fact | NamedFact) -> bool:
        """«Портал на две части»: the number belongs to the thing."""
        noun = re.match(r"\s\w{3,}", self.place.plain[count.end :])
        said = self.place.plain[count.start : count.end] + noun.group() if noun else ""
        name = normalise(fact.text if isinstance(fact, Fact) else fact.label)
        return bool(said) and bool(re.search(rf"(?<!\w){re.escape(said)}", name))

    def _multiplies(self, count: Figure) -> bool:
        """«Две штуки — 189 000 ₸» and «189 000 ₸ за две», but not «189 000 ₸, две штуки — …»."""
        between = self.place.plain[self.figure.end : count.start]
        return count.end <= self.figure.start or bool(_FOR.fullmatch(between))

    def _per_cent(self) -> Iterator[Derived]:
        if not _SHARE.search(self.place.plain[: self.place.span[1]]):
            return
        for percent, _ in self._percents():
            part = percent / 100
            shares = [part, 1 - part, *([1 + part] if _DEARER.search(self.place.plain) else [])]
            for share in (share for share in shares if share > 0):
                for one in self.amounts:
                    if self._holds(one.figure.value * share):
                        yield Derived(one.fact)
                    for count in self.counts:
                        if self._holds(one.figure.value * count.value * share):
                            yield Derived(one.fact, (count,))
                if proof := self._proof(self.figure.value / share):
                    yield Derived(proof)

    def _sum(self) -> Iterator[Derived]:
        listed = _LIST.match(self.place.plain[self.figure.end :])
        if not (_SUM.search(self.said) or listed):
            return
        operands = self._operands()[-_MOST_OPERANDS:]
        for size in range(2, len(operands) + 1):
            for group in combinations(operands, size):
                if self._holds(_total(group)) and self._of_all_periods(len(group)):
                    yield Derived(group[0].fact)
        bought = [(one, self._bought(one)) for one in operands[-_MOST_LINES:]]
        for size in range(2, len(bought) + 1):
            for lines in combinations(bought, size):
                total = sum((one.figure.value * (count.value if count else 1) for one, count in lines), Decimal(0))
                if self._holds(total) and self._of_all_periods(len(lines)):
                    yield Derived(lines[0][0].fact, tuple(count for _, count in lines if count))

    def _of_all_periods(self, summed: int) -> bool:
        """«За три месяца» sums three amounts, where the rows are of months."""
        months = {row.label for row in self.known.rows if periods(senses_of(row.label) | months_of(row.label))}
        said = [one.value for one in self.place.inside if one.unit == "month"]
        return not (len(said) == 1 and len(months) >= said[0] > 1) or summed == said[0]

    def _bought(self, one: Standing) -> Figure | None:
        """How many of it: «два кофе по 1 600 ₸»."""
        before = [count for count in self.counts if count.end <= one.figure.start]
        if not before or not self.place.plain[: one.figure.start].endswith(("по ", "× ", "x ", "at ")):
            return None
        between = (other for other in self.amounts if before[-1].end <= other.figure.start < one.figure.start)
        return None if any(between) else before[-1]

    def _difference(self) -> Iterator[Derived]:
        if not _DIFFERENCE.search(self.said):
            return
        for one, other in permutations(self._operands(), 2):
            if one.figure.value > other.figure.value and self._holds(one.figure.value - other.figure.value):
                yield Derived(one.fact)

    def _per_one(self) -> Iterator[Derived]:
        if not _PER_ONE.search(self.said):
            return
        stated = [proof.figure for row in self.known.rows for proof in row_proofs(row)[:1]]
        counted = [one for one in stated if one.kind in (FigureKind.NUMBER, FigureKind.QUANTITY) and one.value > 1]
        for count in [*self.counts, *counted]:
            for one in self._operands():
                if not one.derived and self._holds(one.figure.value / count.value):
                    yield Derived(one.fact, (count,))

    def _per_measure(self) -> Iterator[Derived]:
        """«16 800 ₸ за килограмм» from the price of a pack and what it weighs."""
        per = _PER_MEASURE.match(self.place.plain, self.figure.end)
        unit = next((name for name, said in (per.groupdict() if per else {}).items() if said), "")
        whole, least = in_least(Decimal(1), unit)
        priced = [(one, one.fact.label) for one in self.amounts if isinstance(one.fact, NamedFact)]
        packs = [row for row in self.known.rows if _HOLDS & frozenset(row.name.lower().split("_"))]
        for (one, label), row in product(priced if unit else [], packs):
            for pack in (
                proof.figure for proof in row_proofs(row)[:1] if row.label == label and proof.figure.value > 0
            ):
                content, of = in_least(pack.value, pack.unit)
                if of == least and self._holds(one.figure.value * whole / content):
                    yield Derived(one.fact)

    def _range(self) -> Iterator[Derived]:
        """«От 6 500 до 18 000 ₸» are the least and the greatest price of the rows of one name."""
        stated = [proof for row in self.known.rows for proof in row_proofs(row)[:1]]
        about = stems(self.said)
        meant = [proof for proof in stated if proof.own & about] or stated
        for proof in meant if self.how in (Manner.FROM, Manner.UP_TO) else []:
            values = [one.figure.value for one in meant if _name(one) == _name(proof)]
            bound = min(values) if self.how is Manner.FROM else max(values)
            if len(values) > 1 and self.figure.value == bound:
                yield Derived(proof.fact)

    def _rest(self) -> Derived | None:
        """«Остальные 70 %» after a prepayment of 30 %."""
        if self.figure.kind is FigureKind.PERCENT and re.search(r"остал|остат|проч|rest|remain|other", self.said):
            said = self._percents()
            rests = [*((100 - value, fact) for value, fact in said)]
            rests += [(100 - one[0] - other[0], one[1]) for one, other in combinations(said, 2)]
            return next((Derived(fact) for value, fact in rests if self._holds(value)), None)
        return None

    def _days_between(self) -> Derived | None:
        """The days, weeks, months or years from one moment to another or to today."""
        length = _DAYS_IN.get(self.figure.unit)
        ahead = _AHEAD.search(self.place.plain[: self.figure.start])
        moments = [(row, when.date()) for row, when in self.known.moments]
        for row, one in moments if length else []:
            for other in [self.known.today, *(when for _, when in moments)]:
                days = (other - one).days
                passed = Decimal(-days if ahead else days) / (length or 1)
                whole = passed.to_integral_value(ROUND_FLOOR) if length != 1 else passed
                if whole > 0 and (self._holds(whole) or self._holds(passed)):
                    return Derived(row)
        return None

    def _operands(self, kind: FigureKind = FigureKind.MONEY) -> list[Standing]:
        """What stands proved in the draft, and rows whose thing or sense the sentence names."""
        standing = {FigureKind.MONEY: self.amounts, FigureKind.PERCENT: self.percents}.get(kind, [])
        found = [one for one in standing if one.figure is not self.figure]
        values = {one.figure.value for one in found}
        words = senses_of(self.said) | stems(self.place.plain[: self.place.span[1]])
        stated = [proof for row in self.known.rows for proof in row_proofs(row)[:1] if proof.figure.kind is kind]
        stated = [proof for proof in stated if proof.figure.value]
        one_thing = len(stated) == 2 or len({proof.own for proof in stated}) == 1
        for proof in stated:
            if (not proof.own or proof.wide & words or one_thing) and proof.figure.value not in values:
                found.append(Standing(proof.figure, proof.fact))
        return found

    def _percents(self) -> list[tuple[Decimal, Fact | NamedFact]]:
        found = [(one.figure.value, one.fact) for one in self.percents]
        said = senses_of(self.said)
        for row in self.known.rows:
            for proof in row_proofs(row)[:1]:
                if proof.figure.kind is FigureKind.PERCENT and proof.wide & said:
                    found.append((proof.figure.value, row))
        return found

    def _proof(self, value: Decimal) -> Fact | NamedFact | None:
        """A row of the very thing the sentence speaks of that has this value."""
        if value != value.to_integral_value():
            return None
        supposed = replace(self.figure, kind=FigureKind.MONEY, unit=self.figure.unit or "KZT", parts=(value,))
        inside = [supposed if one is self.figure else one for one in self.place.inside]
        proof = find_proof(supposed, replace(self.place, inside=inside), self.known)
        return proof.fact if proof else None

    def _holds(self, true: Decimal) -> bool:
        said = self.figure.value
        rounded = self.figure.in_words and self.figure.kind in (FigureKind.PERCENT, FigureKind.MULTIPLE)
        if self.figure.kind in (FigureKind.MONEY, FigureKind.NUMBER) and abs(said - true) < 1:
            return self.how not in (Manner.MORE, Manner.LESS, Manner.BIT_MORE, Manner.BIT_LESS)
        return holds(self.how, said, true, rounded=rounded)


def _total(group: Sequence[Standing]) -> Decimal:
    return sum((one.figure.value for one in group), Decimal(0))


def _currency(figure: Figure) -> str:
    """«С 20 000 ₸ до 17 000»: a large bare number is money too."""
    return figure.unit or (HOME_CURRENCY if figure.value >= 1000 else "")


def _name(proof: Proof) -> str:
    return proof.fact.name if isinstance(proof.fact, NamedFact) else ""
