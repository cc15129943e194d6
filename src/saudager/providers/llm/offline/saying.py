"""An answer put into words: every figure with the thing it belongs to, as the documents write it."""

import re
from collections.abc import Sequence

from saudager.languages import Language
from saudager.providers.llm.offline import phrases
from saudager.providers.llm.offline.attributes import holds
from saudager.providers.llm.offline.fitting import Fit
from saudager.providers.llm.offline.questions import Question
from saudager.providers.llm.offline.rows import Cell, Row, uncapitalised
from saudager.providers.llm.offline.schedule import days_in, timetable
from saudager.providers.llm.offline.terms import bag, match
from saudager.providers.llm.offline.units import Unit, headings
from saudager.words import normalise

_NOTE = re.compile(r"^(?:примечан|услови|коммент|важно|заметк|ескерту|note)")
_STOCK = re.compile(r"налич|остат|склад|stock")
_YES = re.compile(r"^(?:да|нет|иә|жоқ|конечно)[,.!]\s+(?!но(?!\w))", re.IGNORECASE)
_ASIDE = re.compile(r"\s*\((?:см\.|таблиц|рис)[^)]*\)|^(?:Внимание|Важно|Примечание):\s*")
_LONG = 330
_MOST_ROWS, _MOST_PRICES = 4, 5


def money(amount: float) -> str:
    """102 800 ₸."""
    return f"{amount:,.0f} ₸".replace(",", " ")


def times(quantity: float, price: str, amount: float) -> str:
    """4 × 26 700 ₸ = 106 800 ₸."""
    return f"{quantity:g} × {price} = {money(quantity * amount)}".replace(".", ",")


def title(row: Row, asked: Question, *, whole: bool = False) -> str:
    """The name of a row with what tells it apart: other words, sizes, and numbers the question names; ``whole`` says
    every number, where only they tell rows apart."""
    said: list[str] = []
    for cell in row.named:
        if cell.is_code:
            continue
        if cell.is_bare:
            numbers = bag(cell.content).numbers
            told = (
                any(term.number and match(term, bag(cell.content)) for term in asked.terms)
                if numbers
                else _named(cell, asked)
            )
            if whole or told or not said:
                said.append(cell.said if said else cell.content)
        else:
            said.append(cell.content)
    return ", ".join(said)


def _named(cell: Cell, asked: Question) -> bool:
    return any(term.word and match(term, bag(cell.heading)) for term in asked.terms)


def price(found: Fit, asked: Question, *, whole: bool = False) -> str:
    """One price of one thing, times the quantity asked for; a short note of the row behind it."""
    unit = found.unit
    assert unit.row
    assert unit.price
    label = f", {uncapitalised(unit.price.label)}" if unit.price.label else ""
    said = f"{title(unit.row, asked, whole=whole)}{label} — {unit.price.said}"
    if found.quantity != 1 and unit.amount and not re.search(r"от|до|[–—-]", unit.price.said):
        said += f". {times(found.quantity, unit.price.said, unit.amount)}"
    notes = [
        cell.content
        for cell in unit.row.rest
        if _NOTE.search(normalise(cell.heading)) and not re.search(r"\d \d{3}", cell.content)
    ]
    return f"{said} ({notes[0]})" if notes and len(notes[0]) < 90 else said


def prices(group: Sequence[Fit], asked: Question, language: Language) -> str:
    """Several prices: of one row by its columns, of several rows one by one, of many from the least to the most."""
    rows: dict[int, list[Fit]] = {}
    for found in group:
        rows.setdefault(id(found.unit.row), []).append(found)
    if len(group) == 1:
        return price(group[0], asked)
    titles = {title(row[0].unit.row, asked) for row in rows.values() if row[0].unit.row}
    whole = len(titles) < len(rows)
    if len(rows) > _MOST_ROWS:
        return _range(group, asked, language, whole=whole)
    said = (
        price(row[0], asked, whole=whole) if len(row) == 1 else _columns(row, asked, whole=whole)
        for row in rows.values()
    )
    return "; ".join(dict.fromkeys(said))


def _columns(row: Sequence[Fit], asked: Question, *, whole: bool) -> str:
    first = row[0].unit
    assert first.row
    said = ", ".join(
        f"{uncapitalised(one.unit.price.label)} — {one.unit.price.said}" for one in row[:_MOST_PRICES] if one.unit.price
    )
    return f"{title(first.row, asked, whole=whole)}: {said}"


def _range(group: Sequence[Fit], asked: Question, language: Language, *, whole: bool) -> str:
    priced = sorted((found for found in group if found.unit.amount), key=lambda found: found.unit.amount or 0)
    if not priced:
        return "; ".join(price(found, asked, whole=whole) for found in group[:_MOST_ROWS])
    shown = [priced[0], priced[len(priced) // 2], priced[-1]]
    listed = "; ".join(price(found, asked, whole=whole) for found in shown)
    return f"{listed} {phrases.AND_OTHERS[language]}"


def row(unit: Unit, asked: Question, want: str) -> str:
    """What a row says about the kind of thing asked for, or all it says."""
    assert unit.row
    cells = [*unit.row.rest]
    named = [
        cell for cell in cells if want and want != "who" and holds(want, normalise(f"{cell.heading}: {cell.content}"))
    ]
    named += [
        cell
        for cell in (*cells, *unit.row.named[1:])
        if cell not in named and any(term.word and match(term, bag(cell.heading)) for term in asked.terms)
    ]
    if want == "stock":
        named = [cell for cell in cells if _STOCK.search(normalise(cell.heading))] or named
        if any(re.fullmatch(r"0|нет|-", cell.content.strip()) for cell in named):
            return f"{title(unit.row, asked)} — сейчас нет в наличии"
    if want in ("hours",) and asked.days and cells:
        return f"{title(unit.row, asked)}: {'; '.join(_of_days(cell, asked) for cell in named or cells)}"
    if want in ("days", "hours"):
        named = [
            cell for cell in cells if holds("days", normalise(cell.content)) or holds("hours", normalise(cell.content))
        ] or named
    if "warranty" in asked.topics:
        named = [cell for cell in cells if "гарант" in normalise(cell.heading)] or named
    said = ", ".join(cell.said for cell in (named or cells)[:5])
    if not said and unit.row.prices:
        said = ", ".join(f"{uncapitalised(one.label)} {one.said}".strip() for one in unit.row.prices[:_MOST_PRICES])
    return f"{title(unit.row, asked)} — {said}" if said else title(unit.row, asked)


def _of_days(cell: Cell, asked: Question) -> str:
    plain = normalise(cell.content)
    parts = [cell.content[part.start : part.end].strip(" ,;") for part in timetable(plain) if part.days & asked.days]
    return ", ".join(parts) or cell.said


def prose(unit: Unit, asked: Question) -> str:
    """A sentence, with the rest of a short answer to a listed question, or with the subject of its paragraph."""
    said = unit.said
    if unit.asked.words and not unit.part_of:
        answer = unit.fact.text.rpartition("?\n")[2].replace("\n", " ")
        if len(answer) <= _LONG:
            said = answer
    elif unit.part_of and not unit.days and ":" not in said:
        section = headings(unit.fact)
        if (section and said[:1].islower()) or re.match(r"(?:На|Для|При|По|С|В) ", said):
            said = f"{section[-1]}: {uncapitalised(said)}" if section else said
    elif unit.days and unit.part_of:
        subject = _subject(unit) if days_in(normalise(said.split(" ")[0])) else ""
        said = f"{subject}. {said[:1].upper()}{said[1:]}" if subject else said
    if not asked.is_yes_no:
        said = _YES.sub("", said)
    said = _ASIDE.sub("", said).strip()
    return (said[:1].upper() + said[1:]).rstrip(".")


def _subject(unit: Unit) -> str:
    """What the paragraph of a timetable is about: «Филиал «Орбита»: г. Алматы, …»."""
    for line in unit.fact.text.split("\n"):
        if unit.part_of in line and not line.startswith(unit.part_of):
            head = re.match(r"([^:.]{3,60}):", line)
            return head[1] if head else ""
    return ""
