"""Whether a letter's figures stand in its facts: the same value, of the same kind, said of the same thing and time."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from saudager.letters import meanings
from saudager.letters.meanings import Period
from saudager.providers.llm import Fact
from saudager.truth import comparing, guard
from saudager.truth.alike import comparable, same
from saudager.truth.contacts import hide_contacts
from saudager.truth.figures import Figure, FigureKind, figures
from saudager.truth.guard import ProvedFigure
from saudager.truth.known import Known
from saudager.truth.matching import Place
from saudager.truth.named import NamedFact
from saudager.truth.own_talk import is_claim
from saudager.truth.rounding import Manner, manner
from saudager.truth.rows import row_proofs
from saudager.truth.sentences import statement_spans
from saudager.truth.sources import own_spans
from saudager.words import normalise

NAMING = frozenset(("language", "shop", "sender", "customer_name", "company", "position", "offered_product"))
"""Facts that are words."""
OFFERED = frozenset(("price", "available"))
_THINGS = frozenset(
    ("share", "product_sum", "product_quantity", "category_share", "category_share_before", "category_trend",
     "last_bought", "usual_interval", "times_bought", "price", "available")
)  # fmt: skip
"""Facts that are of one product or category."""
_SHARES = frozenset(("share", "category_share", "category_share_before"))
_OF_PERIOD = frozenset(("total", "orders", "average_order", "growth", "difference", "product_sum", "product_quantity",
                        *_SHARES))  # fmt: skip
_NEEDS: Mapping[str, re.Pattern[str]] = {
    "total": meanings.BOUGHT,
    "orders": meanings.ORDERS,
    "average_order": meanings.AVERAGE,
    "difference": meanings.MORE_OR_LESS,
    "month_total": re.compile(rf"{meanings.BOUGHT.pattern}|(?<!\w)(?:месяц|month|ай)"),
    "product_sum": re.compile(rf"{meanings.BOUGHT.pattern}|(?<!\w)(?:шт|на\s)"),
    "last_purchase": meanings.LAST,
    "first_purchase": meanings.FIRST,
    "expected_next_purchase": meanings.NEXT,
    "usual_interval": meanings.RHYTHM,
    "times_bought": meanings.TIMES,
    "period_from": meanings.RANGE,
    "period_until": meanings.RANGE,
}
"""What must be said near a figure for a fact of this name to be meant."""
_OTHER_DAYS = {
    "last_purchase": re.compile(r"(?<!\w)(?:перв|впервые|следующ|очередн|first|next|алғаш|келесі)"),
    "first_purchase": re.compile(r"(?<!\w)(?:послед|крайн|следующ|очередн|last|latest|next|соңғы|келесі)"),
    "expected_next_purchase": re.compile(r"(?<!\w)(?:перв|впервые|послед|крайн|first|last|latest|алғаш|соңғы)"),
}
"""The words of another day of the company's purchases."""
_SAID_AROUND = frozenset(("total", "month_total", "orders", "product_sum", "average_order"))
"""Facts whose word may stand earlier in the sentence, in the one before, or in the heading above."""
_SCALED = re.compile(r"тыс|млн|миллион|мың|thousand|million|mln|\d\s?[kк]\b")
_CURRENCY_SAID = re.compile(r"[₸$€₽]|тенге|теңге|тнг|тг|kzt|tenge|доллар|dollar|usd|евро|euro?|руб|rou?ble|rub")
_HEADING = re.compile(r":\s*$")
_CLOSE_ROUNDING = Decimal("0.01")
_MONTH = re.compile(r"\d{4}-\d{2}")
_HOW_OFTEN = re.compile(r"\s(?:раза?|заказ|покупк|поставк|закупк|times|orders|purchases|рет|тапсырыс)")
_CALENDAR_YEAR = re.compile(r"(\d{4})(?!-)")
_YEAR = re.compile(r"(?:19|20)\d\d")
_DIGIT = re.compile(r"\d")
_SHORT = 3
_MOST_FIGURES = 80


@dataclass(frozen=True, slots=True)
class Stand:
    """A figure with the words around it: its own part, the sentence up to it, the sentence, the heading above.

    ``things`` are the same from near to far, with the digits of titles left in, and the sentence before.
    """

    figure: Figure
    how: Manner
    lead: str
    part: str
    upto: str
    sentence: str
    heading: str
    things: tuple[str, ...]


class Proofs:
    """The facts of one letter, ready to be compared with many texts."""

    def __init__(self, rows: Sequence[NamedFact], now: datetime) -> None:
        self.rows = rows
        self.known = Known(rows, now.date())
        self.now = now
        self.labels = frozenset(row.label for row in rows if row.name in _THINGS and row.label)
        totals = [row.label for row in rows if row.name == "total"]
        years = [int(found[1]) for label in totals if (found := _CALENDAR_YEAR.match(label))]
        self.year = max(years, default=None)
        self.labels_now = _labels_now(rows)
        self._stated = [(row, stated) for row in rows if row.name not in NAMING for stated in _stated(row)]
        self._titles = _titles(rows)

    def figures(self, text: str, passages: Sequence[Fact] = ()) -> list[ProvedFigure]:
        """Every figure of the text that claims something, with the row or the passage that proves it."""
        hidden = self._blanked(text)
        found = [_plainly(one) for one in figures(hidden, self.known.names)[:_MOST_FIGURES]]
        proved = [self._proved(stand) for stand in self._stands(hidden, text, _dated(found))]
        if passages and any(one.row is None for one in proved):
            proved = self._by_passages(hidden, proved, passages)
        return [replace(one, text=text[one.start : one.end].strip() or one.text) for one in proved]

    def reason(self, one: ProvedFigure) -> str:
        """Why a figure is not proved."""
        held = any((stated.value, stated.unit) == (one.value, one.unit) for _, stated in self._stated)
        return "в фактах это сказано о другом" if held else "такой цифры в фактах нет"

    def _by_passages(self, hidden: str, proved: Sequence[ProvedFigure], passages: Sequence[Fact]) -> list[ProvedFigure]:
        examined = guard.examine(hidden, facts=passages, now=self.now, works_out=False)
        held = {(one.start, one.end): one for one in examined.figures if one.source is not None}
        return [one if one.row is not None else held.get((one.start, one.end), one) for one in proved]

    def _blanked(self, text: str) -> str:
        """The text without contacts, comparisons with the period before, and the digits of titles it quotes whole."""
        hidden = meanings.without_comparisons(hide_contacts(text), self.year - 1 if self.year else None)
        for pattern in self._titles:
            hidden = pattern.sub(lambda hit: _DIGIT.sub("¤", hit.group()), hidden)
        return hidden

    def _stands(self, text: str, whole: str, found: Sequence[Figure]) -> Iterator[Stand]:
        """``whole``: the text before anything in it was blanked."""
        plain, whole = normalise(text), normalise(whole)
        before = heading = ""
        for start, end in statement_spans(text):
            sentence = text[start:end]
            inside = [figure for figure in found if start <= figure.start < end]
            place = Place(text, plain, (start, end), inside, ())
            claims = [one for one in inside if self._claims(one, place)]
            parts = _parts(sentence, start, inside)
            for figure in claims:
                left, right = parts.get(figure, (0, len(sentence)))
                yield Stand(
                    figure,
                    manner(plain, figure.start, figure.end),
                    plain[start + left : figure.start],
                    plain[start + left : start + right],
                    plain[start : max(figure.end, start + right)],
                    plain[start:end],
                    heading,
                    (
                        whole[start + left : start + right],
                        whole[start : max(figure.end, start + right)],
                        whole[start:end],
                        before,
                    ),
                )
            before = whole[start:end]
            if _HEADING.search(sentence):
                heading = plain[start:end]

    def _claims(self, figure: Figure, place: Place) -> bool:
        """Whether it says something that must be so; «планы на 2025 год» do not."""
        if _is_year(figure):
            return figure.parts[2] not in (self.now.year, self.now.year + 1)
        if figure.kind is FigureKind.NUMBER and _HOW_OFTEN.match(place.plain, figure.end):
            return figure.value > 1
        return is_claim(figure, place, self.known)

    def _proved(self, stand: Stand) -> ProvedFigure:
        figure = stand.figure
        row = next(
            (row for row, stated in self._stated if _alike(stand, row, stated) and self._meant(stand, row)), None
        )
        return ProvedFigure(figure.text, figure.value, figure.unit, None, row, figure.start, figure.end)

    def _meant(self, stand: Stand, row: NamedFact) -> bool:
        if _is_year(stand.figure):
            return self._year_meant(stand, row)
        if stand.figure.kind is FigureKind.DATE and row.name == "month_total":
            return not meanings.ONE_DAY.search(stand.part)
        if not self._needed_said(stand, row) or meanings.OFF.search(stand.part):
            return False
        return self._thing_meant(stand, row) and self._period_meant(stand, row) and self._sense_meant(stand, row)

    def _needed_said(self, stand: Stand, row: NamedFact) -> bool:
        needed = _NEEDS.get(row.name)
        if needed is None or needed.search(stand.part):
            return True
        if row.name not in _SAID_AROUND:
            return False
        around = (stand.upto, stand.heading, stand.things[-1])
        return any(needed.search(words) for words in around) or (
            _moved(stand) and bool(meanings.MORE_OR_LESS.search(stand.upto))
        )

    def _year_meant(self, stand: Stand, row: NamedFact) -> bool:
        """A year alone: of the period, or of a day that is spoken of."""
        if row.name in ("last_purchase", "first_purchase", "expected_next_purchase", "last_bought"):
            return _NEEDS.get(row.name, meanings.LAST).search(stand.sentence) is not None
        return row.name in ("total", "month_total", "period_from", "period_until")

    def _thing_meant(self, stand: Stand, row: NamedFact) -> bool:
        if row.name not in _THINGS:
            return row.name in ("month_total", "period_months") or not meanings.named(stand.things[0], self.labels)
        spoken = (meanings.named(words, self.labels) for words in stand.things)
        return row.label in next((things for things in spoken if things), ())

    def _period_meant(self, stand: Stand, row: NamedFact) -> bool:
        spoken = next((one for one in self._periods(stand) if one), Period())
        if row.name == "month_total":
            year, month = (int(part) for part in row.label.split("-"))
            return spoken.months == {month} and (not spoken.years or year in spoken.years) and not spoken.other
        if row.name not in _OF_PERIOD:
            return True
        if spoken.other or (spoken.months and not self._spans_months(spoken)):
            return False
        of_before = row.name == "category_share_before" or (
            row.name in ("total", "orders", "average_order") and row.label not in ("", *self.labels_now)
        )
        if _moved(stand):
            return of_before == bool(meanings.FELL_FROM.search(stand.lead))
        years = spoken.years
        if self.year is not None and years:
            return years == {self.year - of_before} or years == {self.year, self.year - 1}
        if years and not spoken.months and years != self._years_of_period():
            return False
        return of_before == spoken.before

    def _periods(self, stand: Stand) -> Iterator[Period]:
        yield meanings.period(stand.part)
        yield meanings.period(stand.upto)
        yield meanings.period(stand.heading)

    def _spans_months(self, spoken: Period) -> bool:
        """«С декабря 2025 по ноябрь 2026» names the period's own first and last month."""
        days = [row.value for row in self.rows if row.name in ("period_from", "period_until")]
        days += [part for label in self.labels_now for part in _MONTH.findall(label)]
        return len(spoken.months) > 1 and spoken.months <= {int(day[5:7]) for day in days}

    def _years_of_period(self) -> frozenset[int]:
        days = (row.value[:4] for row in self.rows if row.name in ("period_from", "period_until"))
        return frozenset(int(year) for year in days)

    def _sense_meant(self, stand: Stand, row: NamedFact) -> bool:
        """What tells one sort of fact from another that may have the same value."""
        part = stand.part
        average, grown = bool(meanings.AVERAGE.search(part)), bool(meanings.GROWN_BY.search(stand.lead))
        match row.name:
            case "total" | "month_total" | "product_sum":
                return not average and not grown and not _is_difference(stand)
            case "orders":
                return not average and not grown and _counts(stand, meanings.ORDERS)
            case "average_order":
                return not grown
            case "growth":
                return not average and self._grown(stand, row)
            case "difference":
                return not average and self._way(part, self._sign("total"))
            case "share" | "category_share" | "category_share_before":
                return not grown
            case "price":
                return not average and not meanings.ORDERS.search(part.replace("под заказ", ""))
            case "period_months":
                return bool(re.search(r"(?<!\w)(?:за|последн\w*|в течение|over|last|past|for|соңғы)\s", stand.upto))
            case "last_purchase" | "first_purchase" | "expected_next_purchase":
                return not _OTHER_DAYS[row.name].search(part)
        return True

    def _grown(self, stand: Stand, row: NamedFact) -> bool:
        """Growth of that which the words speak of, in its direction."""
        part = stand.part
        own = part if direction_said(part) else stand.sentence
        if not direction_said(own) and not meanings.compares(own) and not meanings.CHANGE.search(own):
            return False
        if meanings.OF_SHARE.search(part):
            return False
        if row.label.startswith("orders") != meanings.speaks_of_orders(part):
            return False
        return self._way(own, -1 if row.value.startswith("-") else 1)

    @staticmethod
    def _way(words: str, sign: int) -> bool:
        return meanings.direction(words) in (0, sign)

    def _sign(self, label: str) -> int:
        return next(
            (
                -1 if row.value.startswith("-") else 1
                for row in self.rows
                if row.name == "growth" and row.label.startswith(label)
            ),
            1,
        )


def _parts(sentence: str, start: int, inside: Sequence[Figure]) -> dict[Figure, tuple[int, int]]:
    """Which part of the sentence speaks of each figure; years part nothing."""
    parting = [one for one in inside if not _is_year(one)]
    shifted = [replace(one, start=one.start - start, end=one.end - start) for one in parting]
    return dict(zip(parting, own_spans(sentence, shifted), strict=True))


def direction_said(plain: str) -> bool:
    return bool(comparing.UP.search(plain) or comparing.DOWN.search(plain))


def _labels_now(rows: Sequence[NamedFact]) -> frozenset[str]:
    """Labels of the present period: of each unit the first total is of it."""
    first: dict[str, str] = {}
    for row in rows:
        if row.name == "total":
            first.setdefault(row.value.partition(" ")[2], row.label)
    return frozenset(first.values())


def _stated(row: NamedFact) -> Iterator[Figure]:
    """The figures of its value; of a total also the year it is of. Other figures of a label only tell things apart."""
    for proof in row_proofs(replace(row, label="")):
        if proof.figure.kind is not FigureKind.MULTIPLE or row.name == "growth":
            yield proof.figure
    if row.name == "total" and (year := _CALENDAR_YEAR.match(row.label)):
        parts = (Decimal(0), Decimal(0), Decimal(year[1]))
        yield Figure(year[1], FigureKind.DATE, parts, "", 0, len(year[1]))


def _dated(found: Sequence[Figure]) -> list[Figure]:
    """«2024 жылғы 20 желтоқсан» is one day."""
    dated: list[Figure] = []
    for figure in found:
        year = dated[-1] if dated and _is_year(dated[-1]) and 0 <= figure.start - dated[-1].end <= 1 else None
        if year and figure.kind is FigureKind.DATE and len(figure.parts) == 2:
            whole = f"{year.text} {figure.text}"
            dated[-1] = replace(figure, text=whole, parts=(*figure.parts, year.parts[2]), start=year.start)
        else:
            dated.append(figure)
    return dated


def _plainly(figure: Figure) -> Figure:
    """A bare 2024 is the year, and «с 16 до 18» are no hours where nobody says so."""
    if figure.kind is FigureKind.TIME and figure.text.isdigit():
        return replace(figure, kind=FigureKind.NUMBER, parts=figure.parts[:1], unit="")
    if figure.kind is FigureKind.NUMBER and not figure.unit and _YEAR.fullmatch(figure.text):
        return replace(figure, kind=FigureKind.DATE, parts=(Decimal(0), Decimal(0), figure.value))
    return figure


def _is_year(figure: Figure) -> bool:
    return figure.kind is FigureKind.DATE and len(figure.parts) == 3 and not any(figure.parts[:2])


def _alike(stand: Stand, row: NamedFact, stated: Figure) -> bool:
    figure = stand.figure
    if _is_year(figure):
        return stated.kind is FigureKind.DATE and len(stated.parts) == 3 and stated.parts[2] == figure.parts[2]
    if figure.kind is FigureKind.DATE and row.name == "month_total":
        return len(figure.parts) == 3 and not figure.parts[0] and row.label == f"{figure.parts[2]}-{figure.parts[1]:02}"
    if figure.kind is FigureKind.MONEY and stated.kind is FigureKind.MONEY:
        if not _CURRENCY_SAID.search(normalise(figure.text)):
            figure = replace(figure, unit=stated.unit)
        if figure.unit == stated.unit and _rounds(figure, stated.value, stand.how):
            return True
    if not comparable(figure, stated):
        return False
    if figure.kind is FigureKind.DATE and _is_year(stated):
        return False
    return same(figure, stated, stand.how)


def _rounds(figure: Figure, true: Decimal, how: Manner) -> bool:
    """«2,13 млн» is how 2 130 435 is said: the digits that are said are right, and it is off by no more than 1 %."""
    said = figure.value
    if how not in (Manner.EXACT, Manner.ABOUT, Manner.UP_TO, Manner.FROM) or not _SCALED.search(normalise(figure.text)):
        return False
    unit = Decimal(1).scaleb(int(said.normalize().as_tuple().exponent))
    return abs(said - true) * 2 <= unit and abs(said - true) <= abs(true) * _CLOSE_ROUNDING


def _moved(stand: Stand) -> bool:
    """«С 2,1 до 2,4 млн»: the first is of the period before, the second of the present one."""
    return bool(meanings.FELL_FROM.search(stand.lead) or meanings.ROSE_TO.search(stand.lead))


def _is_difference(stand: Stand) -> bool:
    """«На 319 565 ₽ больше»."""
    tail = stand.part[len(stand.lead) + stand.figure.end - stand.figure.start :]
    return bool(re.match(r"\s?(?:больше|меньше|more|less|артық|көп|кем)(?!\w)", tail))


def _counts(stand: Stand, words: re.Pattern[str]) -> bool:
    """The number is of them: «18 заказов», «заказов: 18», «заказов было 18»."""
    length = stand.figure.end - stand.figure.start
    tail = stand.part[len(stand.lead) + length :]
    behind = re.match(r"\s?(?:[^\W\d]+\s){0,2}?(?=\w)", tail)
    return (
        bool(behind and words.match(tail[behind.end() :])) or bool(words.search(stand.lead)) or not tail.strip(" .,;!)")
    )


def _titles(rows: Sequence[NamedFact]) -> list[re.Pattern[str]]:
    """Names with digits, which say nothing when they are quoted whole; the longest first."""
    names = {row.label for row in rows if row.name in _THINGS} | {row.value for row in rows if row.name in NAMING}
    kept = sorted((name for name in names if _DIGIT.search(name)), key=len, reverse=True)
    return [re.compile(rf"(?<!\w){_declined(name)}(?!\w)", re.IGNORECASE) for name in kept]


def _declined(name: str) -> str:
    """The name with any endings of its words: «Гофру ПВХ 20 мм»."""
    words = name.split(" ")
    return r"\s".join(
        rf"{re.escape(word[:-1])}\w{{0,3}}" if len(word) > _SHORT and word.isalpha() else re.escape(word)
        for word in words
    )
