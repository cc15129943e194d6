"""The rows Kommo answers with, turned into what the port knows.

Shapes: https://developers.kommo.com and the vendor's own client, https://github.com/amocrm/amocrm-api-php (read
2026-11). Every function raises ValueError that names the field: ``price: expected a whole number``.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from saudager.phones import normalise_phone
from saudager.providers.crm import (
    Account,
    Bot,
    Contact,
    Entity,
    Field,
    Lead,
    Mail,
    Note,
    Pipeline,
    Stage,
    StageKind,
    Task,
    User,
)

Row = Mapping[str, Any]

WON, LOST = 142, 143
"""In every pipeline."""
_INCOMING = 1
_MOST = 2**53
_LATEST = 32_503_680_000
"""The year 3000 in seconds."""
_PHONE, _EMAIL = "PHONE", "EMAIL"
_BETWEEN = re.compile(r"[,;/\n]")
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")


def account(row: Row, base_url: str) -> Account:
    return Account(
        id=_whole(row, "id", least=1),
        name=_text(row.get("name")) or _text(row.get("subdomain")),
        base_url=base_url,
        currency=_text(row.get("currency")).upper(),
        chats_id=_text(row.get("amojo_id")) or None,
    )


def pipeline(row: Row) -> Pipeline:
    stages = rows_in(row, "statuses")
    return Pipeline(
        id=_whole(row, "id", least=1),
        name=_text(row.get("name")),
        sort=_whole(row, "sort", otherwise=0),
        is_main=row.get("is_main") is True,
        is_archived=row.get("is_archive") is True,
        stages=tuple(sorted((_stage(one) for one in stages), key=lambda stage: stage.sort)),
    )


def field(row: Row, entity: Entity) -> Field:
    choices = row.get("enums")
    return Field(
        id=_whole(row, "id", least=1),
        entity=entity,
        name=_text(row.get("name")),
        kind=_text(row.get("type")) or "text",
        code=_text(row.get("code")) or None,
        choices=tuple((_whole(one, "id", least=1), _text(one.get("value"))) for one in _objects(choices)),
    )


def user(row: Row) -> User:
    return User(_whole(row, "id", least=1), _text(row.get("name")), _text(row.get("email")).lower() or None)


def contact(row: Row) -> Contact:
    values = [*_values(row)]
    phones = [phone for code, told in values if code == _PHONE for one in told for phone in _phones(one)]
    emails = [email for code, told in values if code == _EMAIL for one in told for email in _emails(one)]
    return Contact(
        id=_whole(row, "id", least=1),
        name=_text(row.get("name")),
        phones=tuple(dict.fromkeys(phones)),
        emails=tuple(dict.fromkeys(emails)),
        values={code: told for code, told in values if code not in (_PHONE, _EMAIL)},
        responsible_id=_number(row, "responsible_user_id"),
        changed_at=_changed_at(row),
        is_deleted=row.get("is_deleted") is True,
    )


def lead(row: Row) -> Lead:
    linked = rows_in(row, "contacts", needed=False)
    people = [(one.get("is_main") is not True, _whole(one, "id", least=1)) for one in linked]
    return Lead(
        id=_whole(row, "id", least=1),
        name=_text(row.get("name")),
        price=_whole(row, "price", otherwise=0),
        pipeline_id=_whole(row, "pipeline_id", least=1),
        stage_id=_whole(row, "status_id", least=1),
        contacts=tuple(number for _, number in sorted(people, key=lambda one: one[0])),
        responsible_id=_number(row, "responsible_user_id"),
        values=dict(_values(row)),
        created_at=_needed_moment(row, "created_at"),
        changed_at=_changed_at(row),
        closed_at=_moment(row, "closed_at"),
        is_deleted=row.get("is_deleted") is True,
    )


def note(row: Row) -> Note:
    return Note(
        id=_whole(row, "id", least=1),
        kind=_text(row.get("note_type")),
        text=_text(_object(row.get("params")).get("text")),
        created_at=_needed_moment(row, "created_at"),
    )


def task(row: Row) -> Task:
    return Task(
        id=_whole(row, "id", least=1),
        text=_text(row.get("text")),
        due=_needed_moment(row, "complete_till"),
        is_done=row.get("is_completed") is True,
    )


def mail(row: Row) -> Mail:
    told = _object(row.get("params"))
    return Mail(
        id=_whole(row, "id", least=1),
        message_id=str(told.get("message_id") or ""),
        is_incoming=told.get("income") is True,
        sender=_text(_object(told.get("from")).get("email")).lower(),
        recipient=_text(_object(told.get("to")).get("email")).lower(),
        subject=_text(told.get("subject")),
        summary=_text(told.get("content_summary")),
        at=_needed_moment(row, "created_at"),
    )


def bot(row: Row) -> Bot:
    return Bot(_whole(row, "id", least=1), _text(row.get("name")))


def rows_in(document: Row, name: str, *, needed: bool = True) -> list[Any]:
    """What is embedded under a name."""
    rows = _object(document.get("_embedded")).get(name)
    if isinstance(rows, list):
        return rows
    if needed or rows is not None:
        raise ValueError(f"_embedded.{name}: expected a list")
    return []


def number_of(row: object) -> int:
    """The number of what was made or changed."""
    return _whole(_object(row), "id", least=1)


def _stage(row: object) -> Stage:
    told = _object(row)
    number = _whole(told, "id", least=1)
    kind: StageKind = "incoming" if told.get("type") == _INCOMING else "open"
    if number in (WON, LOST):
        kind = "won" if number == WON else "lost"
    sort, color = _whole(told, "sort", otherwise=0), _text(told.get("color"))
    return Stage(number, _text(told.get("name")), sort, color, kind)


def _values(row: Row) -> Iterator[tuple[str, list[Any]]]:
    """What stands in each field, by its number; phones and emails by PHONE and EMAIL."""
    for told in _objects(row.get("custom_fields_values")):
        code = told.get("field_code")
        key = code if code in (_PHONE, _EMAIL) else str(_whole(told, "field_id", least=1))
        yield key, [_clean(one.get("value", one)) for one in _objects(told.get("values"))]


def _phones(written: object) -> Iterator[str]:
    text = str(written or "")
    for part in (text, *_BETWEEN.split(text)):
        if phone := normalise_phone(part):
            yield phone
            if part == text:
                return


def _emails(written: object) -> Iterator[str]:
    for part in _BETWEEN.split(str(written or "")):
        if _ADDRESS.fullmatch(email := part.strip().lower()):
            yield email


def _changed_at(row: Row) -> datetime:
    return _moment(row, "updated_at") or _needed_moment(row, "created_at")


def _needed_moment(row: Row, name: str) -> datetime:
    moment = _moment(row, name)
    if moment is None:
        raise ValueError(f"{name}: expected seconds since 1970")
    return moment


def _moment(row: Row, name: str) -> datetime | None:
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _LATEST:
        return None
    return datetime.fromtimestamp(value, UTC)


def _number(row: Row, name: str) -> int | None:
    """Of a person: None when there is none, which Kommo may write as nought."""
    return _whole(row, name, otherwise=0) or None


def _whole(row: Row, name: str, *, least: int | None = None, otherwise: int | None = None) -> int:
    value = row.get(name)
    if value is None and otherwise is not None:
        return otherwise
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _MOST:
        raise ValueError(f"{name}: expected a whole number")
    if least is not None and value < least:
        raise ValueError(f"{name}: expected a number of at least {least}")
    return value


def _object(value: object) -> Row:
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> list[Row]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(value: object) -> str:
    return _storable(value).strip() if isinstance(value, str) else ""


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _storable(value)
    if isinstance(value, list):
        return [_clean(one) for one in value]
    return {_storable(key): _clean(one) for key, one in value.items()} if isinstance(value, dict) else value


def _storable(text: str) -> str:
    """Without what no database takes: a nought byte, half a surrogate pair."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
