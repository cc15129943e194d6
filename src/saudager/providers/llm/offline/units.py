"""The smallest things that can be said: one price of a row, a whole row, a sentence, one part of an enumeration."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from saudager.providers.llm import Fact
from saudager.providers.llm.offline.attributes import MONEY, speaks_of, topics_held
from saudager.providers.llm.offline.enumerations import holds_value, parts
from saudager.providers.llm.offline.numbers import Number
from saudager.providers.llm.offline.rows import Cell, Price, Row, money_of, rate, read_row
from saudager.providers.llm.offline.schedule import timetable
from saudager.providers.llm.offline.terms import Bag, bag, joined
from saudager.words import normalise, sentences

_NOTHING = Bag()
_LEADER = re.compile(r"[ \u00a0]*\.{4,}[ \u00a0]*(\d[\d \u00a0]*(?<=\d)(?: ?(?:₸|тг|тенге))?(?: ?\([^)]*\))?)")
_HEAD = 90
_PER_ONE = re.compile(r"\(\s*1\s+[^)]+\)|за 1 \w+")
_STOCK = re.compile(r"налич|остат|остал|склад|кол-во|колич")
_INSIDE = re.compile(r"\([^)]*\)")


@dataclass(slots=True, eq=False)
class Unit:
    """One answerable thing. ``own`` are the words that name it, ``near`` those beside it, ``around`` its headings."""

    fact: Fact
    rank: int
    said: str
    own: Bag
    label: Bag = _NOTHING
    """The heading of its price's column."""
    near: Bag = _NOTHING
    around: Bag = _NOTHING
    asked: Bag = _NOTHING
    """The question it answers in a list of questions and answers."""
    title: Bag = _NOTHING
    """The title of the whole document."""
    kind: Bag = _NOTHING
    """What its table calls such things: «Услуга», «Номер»."""
    columns: Bag = _NOTHING
    """The headings of a row's other cells."""
    paragraph: Bag = _NOTHING
    """The other words of its paragraph, and of the table it is a note to."""
    before: Bag = _NOTHING
    """The sentences of the same paragraph before it."""
    row: Row | None = None
    price: Price | None = None
    amount: float | None = None
    days: frozenset[int] = frozenset()
    rate: Number | None = None
    """What its amount is the price of, when that is a measure."""
    part_of: str = ""
    """The whole sentence when it is one part of an enumeration."""
    plain: str = ""
    """Normalised; ``unpriced`` without the prices of a row, ``wide`` with its headings."""
    unpriced: str = ""
    wide: str = ""
    name: Bag = field(default=_NOTHING)

    @property
    def is_per_one(self) -> bool:
        """Whether its title says the price is for one («1 зуб»)."""
        return bool(self.row and _PER_ONE.search(normalise(self.row.name)))

    def is_about(self, topic: str) -> bool:
        """Whether it or its headings speak of a topic."""
        return speaks_of(topic, self.wide)


def units_of(facts: Sequence[Fact]) -> list[Unit]:
    """The units of the passages, best passage first, each once."""
    units: list[Unit] = []
    for rank, fact in enumerate({(fact.file, fact.section, fact.text): fact for fact in facts}.values()):
        units.extend(_of_row(fact, rank) if fact.row is not None else _of_prose(fact, rank))
    names: dict[tuple[str, str], list[Bag]] = {}
    for unit in units:
        if unit.row and unit.fact.section:
            names.setdefault((unit.fact.file, unit.fact.section), []).append(unit.name)
    for unit in units:
        if unit.row is None:
            of_table = names.get((unit.fact.file, unit.fact.section), [])
            unit.paragraph = joined(bag(unit.fact.text), *of_table)
    return units


def headings(fact: Fact) -> list[str]:
    """The headings above a passage without the title of the whole document, unless it is the only one."""
    levels = [re.sub(r"^[\d.]+\s+", "", level) for level in fact.section.split(" › ") if level]
    return levels[1:] or levels


def subject(fact: Fact) -> str:
    """The headings of a passage, with the title of the document when that is about one thing and no name of a shop."""
    title = fact.section.partition(" › ")[0]
    names_shop = "«" in title or len(topics_held(normalise(title))) > 1
    return " ".join(headings(fact) if names_shop else [title, *headings(fact)])


def _of_row(fact: Fact, rank: int) -> Iterator[Unit]:
    row = read_row(fact)
    labels = bag(" ; ".join(_heading(cell) for cell in row.named))
    told = [cell for cell in row.rest if not _STOCK.search(normalise(cell.heading)) and not _own_price(cell)]
    told_too = [f"{_heading(cell)} {cell.content}" for cell in told] + [_words_behind(price) for price in row.prices]
    spec = bag(" ; ".join(told_too))
    names = " ; ".join(cell.content for cell in row.named)
    whole = Unit(
        fact,
        rank,
        said="",
        own=bag(_PER_ONE.sub(lambda found: found.group().replace("1", ""), names)),
        near=joined(labels, spec, bag(" ".join(price.label for price in row.prices))),
        around=bag(" ".join(headings(fact))),
        title=bag(fact.section.partition(" › ")[0]),
        kind=labels,
        columns=bag(" ; ".join(cell.heading for cell in (*row.named[1:], *told))),
        row=row,
        name=bag(_INSIDE.sub(" ", row.name)),
        plain=normalise(fact.text),
        unpriced=normalise(" ; ".join(f"{cell.heading}: {cell.content}" for cell in (*row.named, *row.rest))),
        wide=normalise(f"{subject(fact)} {fact.text}"),
    )
    for price in row.prices:
        yield replace(
            whole, label=bag(price.label), near=joined(labels, spec), price=price, amount=price.amount, rate=price.rate
        )
    for cell in row.rest:
        if own := _own_price(cell):
            yield replace(whole, label=bag(own.label), near=labels, price=own, amount=own.amount)
    yield whole


def _words_behind(price: Price) -> str:
    """What a cell says behind its amount: «за торт»."""
    return re.sub(r"^[^₸]*₸", "", price.said)


def _heading(cell: Cell) -> str:
    """The heading of a cell; of one that says no it is what the thing lacks."""
    return f"без {cell.heading}" if re.fullmatch(r"нет|-|no|жоқ", normalise(cell.content)) else cell.heading


def _own_price(cell: Cell) -> Price | None:
    """The price a note in a row gives of a case of its own: «Талгар — 6 000»."""
    key, dash, value = cell.content.partition(" — ")
    if dash and re.search(r"[^\W\d]", key) and re.fullmatch(r"\d{1,3}(?: \d{3})+(?:\s*(?:₸|тг|тенге))?", value):
        return Price(key, value, money_of(value))
    return None


def price_lines(text: str) -> list[str]:
    """The lines of a passage; where prices stand behind dots each of them is a line with the words above the list."""
    lines: list[str] = []
    head = ""
    for line in text.split("\n"):
        end = 0
        for item in _LEADER.finditer(line):
            above, _, key = line[end : item.start()].strip().rpartition(": ")
            head = above or head
            lines.append(f"{head}: {key} — {item[1]}" if head else f"{key} — {item[1]}")
            end = item.end()
        if not end:
            head = line.rstrip(":") if len(line) < _HEAD and not line.endswith((".", "?", "!")) else ""
        if rest := line[end:].strip():
            lines.append(rest)
    return lines


def _of_prose(fact: Fact, rank: int) -> Iterator[Unit]:
    around, title = bag(" ".join(headings(fact))), bag(fact.section.partition(" › ")[0])
    asked, question = _NOTHING, ""
    of_all = rate(normalise(headings(fact)[-1])) if headings(fact) else None
    for line in price_lines(fact.text):
        before = _NOTHING
        for sentence in sentences(line):
            if sentence.endswith("?"):
                asked, question = joined(asked, bag(sentence)), f"{question} {sentence}"
                continue
            plain = normalise(sentence)
            whole = Unit(
                fact, rank, said=sentence, own=bag(sentence), around=around, title=title, asked=asked, before=before,
                plain=plain, unpriced=plain, wide=normalise(f"{subject(fact)} {question} {sentence}"),
                amount=_amount(sentence), rate=rate(_behind_money(plain)) or of_all, days=_days(plain),
            )  # fmt: skip
            yield from (whole, *_listed(whole), *_of_timetable(whole))
            if not before.words and (":" in sentence or not holds_value(plain)):
                before = whole.own


def _listed(whole: Unit) -> Iterator[Unit]:
    """The parts of a sentence that enumerates."""
    for part in parts(whole.said):
        yield replace(
            whole, said=part.said, own=bag(part.key), label=joined(bag(part.head), Bag(part.shared)), days=frozenset(),
            plain=normalise(part.text), unpriced=normalise(part.text), amount=_amount(part.text),
            rate=rate(_behind_money(normalise(part.text))) or whole.rate, part_of=whole.said,
        )  # fmt: skip


def _of_timetable(whole: Unit) -> Iterator[Unit]:
    """The parts of a sentence that gives hours for days, each with the words before the first of them."""
    hours = timetable(whole.plain)
    head = whole.said[: hours[0].start].strip(" ,;:—–-") if hours else ""
    for part in hours:
        text = whole.said[part.start : part.end].strip(" ,;.")
        yield replace(
            whole, said=f"{head} {text}".strip(), own=joined(bag(head), bag(text)), plain=normalise(text),
            unpriced=normalise(text), days=part.days, part_of=whole.said,
        )  # fmt: skip


def _days(plain: str) -> frozenset[int]:
    return frozenset().union(*(hours.days for hours in timetable(plain))) if timetable(plain) else frozenset()


def _behind_money(plain: str) -> str:
    found = MONEY.search(plain)
    return plain[found.end() : found.end() + 20] if found else ""


def _amount(text: str) -> float | None:
    hits = list(MONEY.finditer(normalise(text)))
    if len(hits) != 1:
        return None
    runs = re.finditer(r"\d[\d \u00a0]*(?:[.,]\d+)?", text)
    return next((money_of(run.group()) for run in runs if run.start() <= hits[0].start() < run.end()), None)
