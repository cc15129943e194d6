"""Every figure of a text: prices, shares, sizes, amounts, dates and times, with where they stand."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from saudager.truth.dates import spoken_dates
from saudager.truth.hours import spoken_times
from saudager.truth.shares import multiples, shares
from saudager.truth.spelled import spelled_numbers
from saudager.truth.units import HOME_CURRENCY, unit_after
from saudager.words import normalise

NUMBER = r"(?:\d{1,3}(?:[ .,]\d{3})+(?!\d|\s?/\s?\d)(?:,\d{1,2}(?!\d))?|\d+(?:[.,]\d+)?)"


class FigureKind(StrEnum):
    """What sort of thing a figure counts."""

    MONEY = "money"
    PERCENT = "percent"
    SIZE = "size"
    QUANTITY = "quantity"
    DATE = "date"
    TIME = "time"
    MULTIPLE = "multiple"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. ``parts``: the amount, two or three sides of a size, day-month[-year] (0 for what is not said) or
    hour-minute."""

    text: str
    kind: FigureKind
    parts: tuple[Decimal, ...]
    unit: str
    """Currency code, '%', 'day', 'mm'…, '12h' of a time that may be a. m. or p. m.; '' when none is written."""
    start: int
    end: int

    @property
    def in_words(self) -> bool:
        """Whether it is written without a digit."""
        return not any(sign.isdigit() for sign in self.text)

    @property
    def value(self) -> Decimal:
        """Its first number: the amount, a size's width, a date's day, a time's hour."""
        return self.parts[0]


_SIZE = re.compile(
    rf"(?<![\d.,])({NUMBER})\s?(?:мм|см|м)?\s?[x×хX*]\s?({NUMBER})(?:\s?(?:мм|см|м)?\s?[x×хX*]\s?({NUMBER}))?"
    rf"(?!\s?\d|\s?(?:=|₸|тг|тенге|теңге|kzt|тыс))\s?(мм|см|м)?(?!\w)"
    rf"|(?<![\d.,])(\d{{3,4}})\s(?:на)\s(\d{{3,4}})(?!\w)"
)
_CLOCK = re.compile(r"(?<![\d:])([01]?\d|2[0-4])[:]([0-5]\d)(?![\d:])")
_DOTTED_CLOCK = re.compile(r"(?<=\b[вқ]\s)([01]?\d|2[0-4])\.([0-5]\d)(?!\d|\.|\s?(?:₸|%|тыс|млн|тг|м))")
_HOURS = re.compile(
    r"(?<!\w)с\s(\d{1,2})\sдо\s(\d{1,2})(?:\s?(?:часов|ч|утра|вечера))?(?!\s?[\w%₸×:.,]*\d)(?=\W*(?:$|[а-яa-z(]))"
)
_AT_HOUR = re.compile(r"(?<!\w)(?:в|до|с|к|после)\s(\d{1,2})\s(час(?:ов|а)?|утра|вечера|дня)(?!\w)")
_AMOUNT = re.compile(rf"(?<![\w.,])(?:(?P<sign>[₸$€₽])\s?|kzt\s)?(?P<number>{NUMBER})")
_JOINT = re.compile(r"\s?(?:-|–|—|до|или|и|либо|из|против|вместо|to|and|or|of|/|=)\s?")
_SCALE_SAID = {1: "", 1000: "тыс.", 1_000_000: "млн"}
_PRICE_LEAD = re.compile(r"(?:₸|тг|тенге|теңге|kzt)\W[^.!?]*\s(?:за|по|at|for)\s$")
_PRICE_TAIL = re.compile(r"\s?(?:$|[.,;:!?)—–-]\s?(?!\d)|(?:за|и|а|per|each)\s)")
_CURRENCY_SIGN = {"₸": "KZT", "$": "USD", "€": "EUR", "₽": "RUB"}


def figures(text: str, names: Collection[str] = ()) -> list[Figure]:
    """Every figure in reading order; ``names`` are normalised names with digits («премиум 76») that claim nothing."""
    page = _Page(normalise(text), text)
    page.hide_names(names)
    found = [*page.dates(), *page.sizes(), *page.times(), *page.parts(), *page.spelled(), *page.amounts()]
    shared = _share_units(sorted(found, key=lambda figure: figure.start), page.plain)
    return [_priced(figure, page.plain) for figure in shared]


def parse_number(written: str) -> Decimal:
    """``131 000``, ``131.000``, ``2,5``: groups of three behind a dot, comma or space belong to the whole part."""
    compact = written.replace(" ", "")
    if re.fullmatch(r"[1-9]\d{0,2}(?:[.,]\d{3})+", compact):
        return Decimal(re.sub(r"[.,]", "", compact))
    if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+,\d+", compact):
        whole, _, rest = compact.rpartition(",")
        compact = f"{re.sub(r'[.,]', '', whole)}.{rest}"
    return Decimal(compact.replace(",", "."))


class _Page:
    """A text being read: what one reader has taken is hidden from the next."""

    def __init__(self, normalised: str, original: str) -> None:
        self.plain = normalised
        self.left = normalised
        self.original = original

    def hide_names(self, names: Collection[str]) -> None:
        for name in sorted(names, key=len, reverse=True):
            word, _, number = name.rpartition(" ")
            if number not in self.left:
                continue
            ending = r"\w{0,3}" if word and word[-1:].isalpha() else ""
            for hit in re.finditer(
                rf"(?<!\w){re.escape(word[:-1] if len(word) > 5 else word)}{ending}[\s«»\"-]{{0,2}}"
                rf"{re.escape(number)}(?!\d)",
                self.left,
            ):
                self._hide(hit.start(), hit.end())

    def dates(self) -> Iterator[Figure]:
        for start, end, parts in list(spoken_dates(self.left)):
            self._hide(start, end)
            numbers = tuple(Decimal(part) for part in parts)
            yield Figure(self.original[start:end].strip(), FigureKind.DATE, numbers, "", start, end)

    def sizes(self) -> Iterator[Figure]:
        for hit in self._take(_SIZE):
            parts = tuple(part for part in (hit[1], hit[2], hit[3], hit[5], hit[6]) if part)
            unit = {"мм": "mm", "см": "cm", "м": "m"}.get(hit[4] or "", "")
            yield self._figure(hit, FigureKind.SIZE, parts, unit)

    def times(self) -> Iterator[Figure]:
        for start, end, hour, minute, known in spoken_times(self.left):
            if self._free(start, end):
                self._hide(start, end)
                parts = (Decimal(hour), Decimal(minute))
                yield Figure(self.original[start:end], FigureKind.TIME, parts, "" if known else "12h", start, end)
        for pattern in (_CLOCK, _DOTTED_CLOCK):
            for hit in self._take(pattern):
                yield self._figure(hit, FigureKind.TIME, (hit[1], hit[2]))
        for hit in self._take(_HOURS):
            if int(hit[1]) <= 24 and int(hit[2]) <= 24:
                for group in (1, 2):
                    span = hit.span(group)
                    yield Figure(
                        self.original[slice(*span)], FigureKind.TIME, (Decimal(hit[group]), Decimal(0)), "", *span
                    )
        for hit in self._take(_AT_HOUR):
            hour = int(hit[1]) + (12 if hit[2] in ("вечера", "дня") and int(hit[1]) < 12 else 0)
            if hour <= 24:
                yield self._figure(hit, FigureKind.TIME, (str(hour), "0"))

    def parts(self) -> Iterator[Figure]:
        read = [(FigureKind.MULTIPLE, "", multiples), (FigureKind.PERCENT, "%", shares)]
        for kind, unit, reader in read:
            for start, end, value in list(reader(self.left)):
                if self._free(start, end):
                    self._hide(start, end)
                    yield Figure(self.original[start:end], kind, (value,), unit, start, end)

    def spelled(self) -> Iterator[Figure]:
        for start, end, value in list(spelled_numbers(self.left)):
            scale, kind, unit, unit_end = unit_after(self.left, end)
            if value >= 1000 and not kind:
                kind, unit = "money", HOME_CURRENCY
            end = unit_end if kind and self.left[end:unit_end].strip() else end
            self._hide(start, end)
            text = self.original[start:end]
            yield Figure(text, FigureKind(kind or "number"), (value * scale,), unit, start, end)

    def amounts(self) -> Iterator[Figure]:
        for hit in list(_AMOUNT.finditer(self.left)):
            scale, kind, unit, end = unit_after(self.left, hit.end())
            if hit["sign"]:
                kind, unit = "money", _CURRENCY_SIGN[hit["sign"]]
            value = parse_number(hit["number"]) * scale
            text = self.original[hit.start() : end].strip()
            yield Figure(text, FigureKind(kind or "number"), (value,), unit, hit.start(), end)

    def _take(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        for hit in list(pattern.finditer(self.left)):
            self._hide(hit.start(), hit.end())
            yield hit

    def _free(self, start: int, end: int) -> bool:
        return "¤" not in self.left[start:end]

    def _hide(self, start: int, end: int) -> None:
        self.left = f"{self.left[:start]}{'¤' * (end - start)}{self.left[end:]}"

    def _figure(self, hit: re.Match[str], kind: FigureKind, parts: tuple[str, ...], unit: str = "") -> Figure:
        numbers = tuple(parse_number(part) for part in parts)
        return Figure(self.original[hit.start() : hit.end()].strip(), kind, numbers, unit, hit.start(), hit.end())


def _priced(figure: Figure, plain: str) -> Figure:
    """«Сок за 900», «по 300 за бутылку» behind a price with its currency: prices said without one."""
    bare = figure.kind is FigureKind.NUMBER and not figure.in_words and figure.value >= 100
    if bare and _PRICE_LEAD.search(plain[: figure.start]) and _PRICE_TAIL.match(plain, figure.end):
        return replace(figure, kind=FigureKind.MONEY, unit=HOME_CURRENCY)
    return figure


def _share_units(found: list[Figure], plain: str) -> list[Figure]:
    """In «от 94 500 до 131 000 ₸», «2–3 дня» and «1,3, 1,4 и 1,8 млн» the first numbers have the last one's unit."""
    for index in range(len(found) - 2, -1, -1):
        here, after = found[index], found[index + 1]
        joint = plain[here.end : after.start]
        scale = _scale(after) if after.kind is FigureKind.MONEY else 1
        if not (joint == ", " and scale > 1 and here.value < 1000) and not _JOINT.fullmatch(joint):
            continue
        if here.kind is not FigureKind.NUMBER or after.kind is FigureKind.NUMBER or len(after.parts) != 1:
            continue
        apart = here.value * 20 < after.value
        if apart and ("=" in joint or re.fullmatch(r"\s[-–—]\s", joint)):
            continue
        scaled = scale if apart and here.value < 1000 else 1
        text = f"{here.text} {_SCALE_SAID[scaled]}".strip()
        found[index] = replace(here, text=text, kind=after.kind, unit=after.unit, parts=(here.value * scaled,))
    return found


def _scale(figure: Figure) -> int:
    said = normalise(figure.text)
    if re.search(r"млн|миллион|mln|million", said):
        return 1_000_000
    return 1000 if re.search(r"тыс|thousand|мың", said) or figure.value >= 1000 else 1
