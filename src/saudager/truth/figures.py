"""Every figure of a text: prices, shares, sizes, amounts, dates and times, with where they stand."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from saudager.truth.spelled import spelled_numbers
from saudager.truth.units import unit_after
from saudager.words import normalise

NUMBER = r"(?:\d{1,3}(?:[ .,]\d{3})+(?!\d)(?:,\d{1,2}(?!\d))?|\d+(?:[.,]\d+)?)"


class FigureKind(StrEnum):
    """What sort of thing a figure counts."""

    MONEY = "money"
    PERCENT = "percent"
    SIZE = "size"
    QUANTITY = "quantity"
    DATE = "date"
    TIME = "time"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. ``parts``: the amount, two or three sides of a size, day-month[-year] or hour-minute."""

    text: str
    kind: FigureKind
    parts: tuple[Decimal, ...]
    unit: str
    """Currency code, '%', 'day', 'mm'…; '' when none is written."""
    start: int
    end: int

    @property
    def value(self) -> Decimal:
        """Its first number: the amount, a size's width, a date's day, a time's hour."""
        return self.parts[0]


_MONTHS = (
    r"янв\w*|қаңтар\w*|jan\w*", r"фев\w*|ақпан\w*|feb\w*", r"март\w*|наурыз\w*|mar(?:ch)?", r"апр\w*|сәуір\w*|apr\w*",
    r"ма[йя]|мамыр\w*|may", r"июн\w*|маусым\w*|june?", r"июл\w*|шілде\w*|july?", r"авг\w*|тамыз\w*|aug\w*",
    r"сен\w*|қыркүйек\w*|sep\w*", r"окт\w*|қазан\w*|oct\w*", r"ноя\w*|қараша\w*|nov\w*", r"дек\w*|желтоқсан\w*|dec\w*",
)  # fmt: skip
_MONTH = "|".join(f"(?P<m{number}>{pattern})" for number, pattern in enumerate(_MONTHS, start=1))
_NAMED_DATE = re.compile(
    rf"(?<![\d.,])(\d{{1,2}})(?:-?го)?\s+(?:{_MONTH})(?!\w)(?:\s+(\d{{4}})(?:\s*г(?:ода?|\.)?(?!\w))?)?"
)
_DOTTED_DATE = re.compile(r"(?<![\d.,])(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})(?!\d)")
_ISO_DATE = re.compile(r"(?<![\d-])(\d{4})-(\d{2})-(\d{2})(?![\d-])")
_SIZE = re.compile(
    rf"(?<![\d.,])({NUMBER})\s?(?:мм|см|м)?\s?[x×хX*]\s?({NUMBER})(?:\s?(?:мм|см|"
    rf"м)?\s?[x×хX*]\s?({NUMBER}))?\s?(мм|см|м)?(?!\w)"
    rf"|(?<![\d.,])(\d{{3,4}})\s(?:на)\s(\d{{3,4}})(?!\w)"
)
_CLOCK = re.compile(r"(?<![\d:])([01]?\d|2[0-4])[:]([0-5]\d)(?![\d:])")
_HOURS = re.compile(
    r"(?<!\w)с\s(\d{1,2})\sдо\s(\d{1,2})(?:\s?(?:часов|ч|утра|вечера))?(?!\s?[\w%₸×:.,]*\d)(?=\W*(?:$|[а-яa-z(]))"
)
_AT_HOUR = re.compile(r"(?<!\w)(?:в|до|с|к|после)\s(\d{1,2})\s(час(?:ов|а)?|утра|вечера|дня)(?!\w)")
_AMOUNT = re.compile(rf"(?<![\w.,])(?:(?P<sign>[₸$€₽])\s?|kzt\s)?(?P<number>{NUMBER})")
_JOINT = re.compile(r"\s?(?:-|–|—|до|или|и|либо|/)\s?")
_CURRENCY_SIGN = {"₸": "KZT", "$": "USD", "€": "EUR", "₽": "RUB"}


def figures(text: str, names: Collection[str] = ()) -> list[Figure]:
    """Every figure in reading order; ``names`` are normalised names with digits («премиум 76») that claim nothing."""
    page = _Page(normalise(text), text)
    page.hide_names(names)
    found = [*page.dates(), *page.sizes(), *page.times(), *page.spelled(), *page.amounts()]
    return _share_units(sorted(found, key=lambda figure: figure.start), page.plain)


def parse_number(written: str) -> Decimal:
    """``131 000``, ``131.000``, ``2,5``: groups of three behind a dot, comma or space belong to the whole part."""
    compact = written.replace(" ", "")
    if re.fullmatch(r"[1-9]\d{0,2}(?:[.,]\d{3})+", compact):
        return Decimal(re.sub(r"[.,]", "", compact))
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+,\d+", compact):
        compact = compact.replace(".", "")
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
            ending = r"\w{0,3}" if word and word[-1:].isalpha() else ""
            for hit in re.finditer(
                rf"(?<!\w){re.escape(word[:-1] if len(word) > 5 else word)}{ending}[\s«»\"-]{{0,2}}{number}(?![\d])",
                self.left,
            ):
                self._hide(hit.start(), hit.end())

    def dates(self) -> Iterator[Figure]:
        for hit in self._take(_DOTTED_DATE):
            yield self._figure(hit, FigureKind.DATE, (hit[1], hit[2], hit[3] if len(hit[3]) == 4 else f"20{hit[3]}"))
        for hit in self._take(_ISO_DATE):
            yield self._figure(hit, FigureKind.DATE, (hit[3], hit[2], hit[1]))
        for hit in self._take(_NAMED_DATE):
            month = next(number for number in range(1, 13) if hit[f"m{number}"])
            year = hit.group(hit.re.groups)
            yield self._figure(hit, FigureKind.DATE, (hit[1], str(month), *([year] if year else [])))

    def sizes(self) -> Iterator[Figure]:
        for hit in self._take(_SIZE):
            parts = tuple(part for part in (hit[1], hit[2], hit[3], hit[5], hit[6]) if part)
            unit = {"мм": "mm", "см": "cm", "м": "m"}.get(hit[4] or "", "")
            yield self._figure(hit, FigureKind.SIZE, parts, unit)

    def times(self) -> Iterator[Figure]:
        for hit in self._take(_CLOCK):
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

    def spelled(self) -> Iterator[Figure]:
        for start, end, value in list(spelled_numbers(self.left)):
            scale, kind, unit, unit_end = unit_after(self.left, end)
            if kind and (value >= 1000 or self.left[end:unit_end].strip()):
                self._hide(start, unit_end)
                yield Figure(self.original[start:unit_end], FigureKind(kind), (value * scale,), unit, start, unit_end)
            elif value >= 1000:
                self._hide(start, end)
                yield Figure(self.original[start:end], FigureKind.MONEY, (value,), "KZT", start, end)

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

    def _hide(self, start: int, end: int) -> None:
        self.left = f"{self.left[:start]}{'¤' * (end - start)}{self.left[end:]}"

    def _figure(self, hit: re.Match[str], kind: FigureKind, parts: tuple[str, ...], unit: str = "") -> Figure:
        numbers = tuple(parse_number(part) for part in parts)
        return Figure(self.original[hit.start() : hit.end()].strip(), kind, numbers, unit, hit.start(), hit.end())


def _share_units(found: list[Figure], plain: str) -> list[Figure]:
    """In «от 94 500 до 131 000 ₸» and «2–3 дня» the first number has the second's unit."""
    for index in range(len(found) - 2, -1, -1):
        here, after = found[index], found[index + 1]
        joint = plain[here.end : after.start]
        if here.kind is not FigureKind.NUMBER or after.kind is FigureKind.NUMBER or len(after.parts) != 1:
            continue
        if not _JOINT.fullmatch(joint):
            continue
        apart = here.value * 20 < after.value
        if apart and re.fullmatch(r"\s[-–—]\s", joint):
            continue
        scale = 1000 if after.kind is FigureKind.MONEY and apart and here.value < 1000 else 1
        found[index] = replace(here, kind=after.kind, unit=after.unit, parts=(here.value * scale,))
    return found
