"""Rows of a file as the people of companies."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from saudager.importing import faults, values
from saudager.importing.faults import RowReader
from saudager.importing.rows import Sheet
from saudager.importing.values import Cell, Unreadable, shown
from saudager.sales import naming, people
from saudager.sales.importing.company_cells import CompaniesSeen, email
from saudager.sales.models import Consent
from saudager.words import normalise

TELL_EVERY = 10_000
_YES = ("да", "есть", "согласен", "согласна", "дано", "дал", "дала", "yes", "given", "true", "1", "+", "иә")
_NO = ("нет", "отказ", "отказался", "отказалась", "против", "no", "refused", "false", "0", "-", "—", "жоқ")
_LANGUAGES = {
    **dict.fromkeys(("ru", "rus", "рус", "русский"), "ru"),
    **dict.fromkeys(("kk", "kz", "kaz", "каз", "казахский", "қазақша", "қазақ"), "kk"),
    **dict.fromkeys(("en", "eng", "англ", "английский", "english"), "en"),
}


@dataclass(slots=True)
class Checked(faults.Checked):
    """People by the keys of their companies, or what is wrong with the file."""

    persons: list[tuple[str, people.Told]] = field(default_factory=list)
    seen: CompaniesSeen = field(default_factory=CompaniesSeen)


def check(
    sheet: Sheet,
    columns: Mapping[str, int],
    *,
    zone: ZoneInfo,
    now: datetime,
    on_progress: Callable[[str], None] = lambda words: None,
) -> Checked:
    """Read every row; people are of use only when there are no faults."""
    checked = Checked(rows=len(sheet.rows))
    reader = RowReader(dict(columns), sheet.headings, checked.faults)
    read: list[tuple[int, str, people.Told]] = []
    for count, (number, cells) in enumerate(sheet.rows):
        if count and count % TELL_EVERY == 0:
            on_progress(f"проверяем строки: {count} из {len(sheet.rows)}")
        reader.turn_to(number, cells)
        company, person = checked.seen.take(reader, number), _person(reader, zone, now)
        if company is not None and person is not None:
            read.append((number, company, person))
    settled = checked.seen.settle({company for _, company, _ in read})
    met: dict[tuple[str, str], tuple[int, people.Told]] = {}
    for number, company, person in read:
        key = (settled[company], naming.person_key(person.name, person.email))
        first, before = met.setdefault(key, (number, person))
        if before != person:
            reader.complain("name", f"«{person.name}» уже есть в строке {first} с другими данными.", line=number)
    checked.persons = [(company, person) for (company, _), (_, person) in met.items()]
    return checked


def _person(reader: RowReader, zone: ZoneInfo, now: datetime) -> people.Told | None:
    name = reader.take("name", partial(values.text, most=200), needed=True)
    consent_at = reader.take("consent_at", partial(values.moment, zone=zone))
    if consent_at is not None and consent_at > now:
        reader.complain("consent_at", f"«{consent_at:%d.%m.%Y}»: этот день ещё не наступил.")
    told = people.Told(
        company_id=0,
        name=name or "",
        position=reader.take("position", partial(values.text, most=200)),
        email=reader.take("email", email),
        phone=reader.take("phone", values.phone),
        language=reader.take("language", _language),
        consent=reader.take("consent", _consent),
    )
    return replace(told, consent_at=consent_at if told.consent else None) if name else None


def _consent(cell: Cell) -> Consent | None:
    words = normalise(shown(cell)).strip(" .")
    if not words:
        return None
    if cell is True or words in _YES:
        return Consent.GIVEN
    if cell is False or words in _NO:
        return Consent.REFUSED
    raise Unreadable("ожидается «да» или «нет», а если не спрашивали, пусто")


def _language(cell: Cell) -> str | None:
    words = normalise(shown(cell)).strip(" .")
    if not words:
        return None
    if words not in _LANGUAGES:
        raise Unreadable("ожидается русский, казахский или английский")
    return _LANGUAGES[words]
