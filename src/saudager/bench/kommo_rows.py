"""What stands in the account of the Kommo of ours, as Kommo writes it: pipelines, fields, users, contacts and leads."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from saudager.bench.kommo_auth import ACCOUNT_ID, USER_ID
from saudager.bench.kommo_shelf import Row, Shelf

WON, LOST = 142, 143
PHONE, EMAIL = 601, 602
MAIN_PIPELINE = 1001
STAGES = ("Новая", "Думает", "Оплачено")
"""Between the incoming leads and the two ends of a pipeline."""
_KINDS = ("text", "numeric", "select", "checkbox", "date", "textarea", "url", "multiselect")
_CHOICES = ("Да", "Нет", "Может быть")
_COLORS = ("#99ccff", "#ffff99", "#ffcc66", "#c1e0ff")


class KommoRows:
    """An account as it is when new: one pipeline, the phone and the e-mail of contacts, and its administrator."""

    def __init__(self) -> None:
        self.pipelines: list[Row] = []
        self.fields: dict[str, dict[int, Row]] = {"leads": {}, "contacts": {}}
        self.users: list[Row] = []
        self.contacts, self.leads = Shelf(), Shelf()
        self._fields: Iterator[int] = itertools.count(501)
        self._choices: Iterator[int] = itertools.count(90_001)
        self._stages: Iterator[int] = itertools.count(2001)
        self._contacts: Iterator[int] = itertools.count(4_000_001)
        self._leads: Iterator[int] = itertools.count(3_000_001)
        self.add_pipeline("Воронка", STAGES)
        self._add_field("contacts", PHONE, "Телефон", "multitext", "PHONE")
        self._add_field("contacts", EMAIL, "Email", "multitext", "EMAIL")
        self.add_user("Админ", "admin@example.test")

    def add_pipeline(self, name: str, stages: Sequence[str] = STAGES) -> int:
        number = MAIN_PIPELINE + len(self.pipelines)
        named = [("Неразобранное", 1), *((stage, 0) for stage in stages)]
        rows = [
            self._stage(number, next(self._stages), title, 10 * (place + 1), _COLORS[place % len(_COLORS)], kind)
            for place, (title, kind) in enumerate(named)
        ]
        rows.append(self._stage(number, WON, "Успешно реализовано", 10_000, "#CCFF66", 0))
        rows.append(self._stage(number, LOST, "Закрыто и не реализовано", 11_000, "#D5D8DB", 0))
        self.pipelines.append(
            {
                "id": number,
                "name": name,
                "sort": len(self.pipelines) + 1,
                "is_main": not self.pipelines,
                "is_unsorted_on": True,
                "is_archive": False,
                "account_id": ACCOUNT_ID,
                "_embedded": {"statuses": rows},
            }
        )
        return number

    def pipeline(self, wanted: int | str | None) -> Row:
        """By its number or name; None: the main one."""
        if wanted is None:
            return self.pipelines[0]
        return next(row for row in self.pipelines if wanted in (row["id"], row["name"]))

    def stage(self, pipeline: Row, wanted: int | str | None) -> int:
        """By its number or name; None: the first a person can put a lead into."""
        rows = pipeline["_embedded"]["statuses"]
        if wanted is None:
            return int(rows[1]["id"])
        return next(int(row["id"]) for row in rows if wanted in (row["id"], row["name"]))

    def add_field(
        self, entity: str, name: str, kind: str = "text", *, choices: Sequence[str] = (), code: str | None = None
    ) -> int:
        number = next(itertools.dropwhile(lambda number: number in (PHONE, EMAIL), self._fields))
        return self._add_field(entity, number, name, kind, code, choices)

    def add_user(self, name: str, email: str) -> int:
        number = USER_ID + len(self.users)
        rights = {"is_admin": not self.users, "is_free": False, "is_active": True}
        self.users.append({"id": number, "name": name, "email": email, "lang": "ru", "rights": rights})
        return number

    def add_contact(
        self,
        name: str,
        *,
        phones: Sequence[str] = (),
        emails: Sequence[str] = (),
        fields: Mapping[int, Any] | None = None,
        at: datetime,
    ) -> int:
        number = next(self._contacts)
        values = [_multitext(PHONE, "Телефон", "PHONE", phones), _multitext(EMAIL, "Email", "EMAIL", emails)]
        first, _, last = name.partition(" ")
        moment = int(at.timestamp())
        self.contacts.put(
            {
                "id": number,
                "name": name,
                "first_name": first,
                "last_name": last,
                "responsible_user_id": USER_ID,
                "group_id": 0,
                "created_by": USER_ID,
                "updated_by": USER_ID,
                "created_at": moment,
                "updated_at": moment,
                "closest_task_at": None,
                "is_deleted": False,
                "custom_fields_values": [*filter(None, values), *self.values("contacts", fields or {})] or None,
                "account_id": ACCOUNT_ID,
                "_embedded": {"tags": [], "companies": []},
            }
        )
        return number

    def add_lead(
        self,
        name: str,
        *,
        contacts: Sequence[int],
        pipeline: int | str | None,
        stage: int | str | None,
        price: int,
        fields: Mapping[int, Any] | None = None,
        at: datetime,
    ) -> int:
        number, moment = next(self._leads), int(at.timestamp())
        row = self.pipeline(pipeline)
        status = self.stage(row, stage)
        self.leads.put(
            {
                "id": number,
                "name": name,
                "price": price,
                "responsible_user_id": USER_ID,
                "group_id": 0,
                "status_id": status,
                "pipeline_id": row["id"],
                "loss_reason_id": None,
                "created_by": USER_ID,
                "updated_by": USER_ID,
                "created_at": moment,
                "updated_at": moment,
                "closed_at": moment if status in (WON, LOST) else None,
                "closest_task_at": None,
                "is_deleted": False,
                "custom_fields_values": self.values("leads", fields or {}) or None,
                "score": None,
                "account_id": ACCOUNT_ID,
                "_embedded": {
                    "tags": [],
                    "companies": [],
                    "contacts": [{"id": one, "is_main": place == 0} for place, one in enumerate(contacts)],
                },
            }
        )
        return number

    def values(self, entity: str, values: Mapping[int, Any]) -> list[Row]:
        """What stands in fields, as Kommo tells it; a list is several values of one field."""
        return [
            {
                "field_id": number,
                "field_name": self.fields[entity][number]["name"],
                "field_code": self.fields[entity][number]["code"],
                "field_type": self.fields[entity][number]["type"],
                "values": [{"value": value} for value in (told if isinstance(told, list) else [told])],
            }
            for number, told in values.items()
        ]

    def fill(self, *, pipelines: int, fields: int, contacts: int, leads: int, users: int, now: datetime) -> None:
        """Until there are so many of each; the same rows every time. Each lead has a contact of its own as far as there
        are enough; the last was changed an hour ago, every other one a second before the next."""
        for number in range(len(self.pipelines), pipelines):
            self.add_pipeline(f"Воронка {number + 1}")
        for number in range(sum(map(len, self.fields.values())), fields):
            kind = _KINDS[number % len(_KINDS)]
            choices = _CHOICES if kind in ("select", "multiselect") else ()
            self.add_field("leads" if number % 2 else "contacts", f"Поле {number + 1}", kind, choices=choices)
        for number in range(len(self.users), users):
            self.add_user(f"Менеджер {number + 1}", f"manager{number + 1}@example.test")
        texts = {
            entity: [number for number, field in known.items() if field["type"] == "text"][:2]
            for entity, known in self.fields.items()
        }
        people = list(self.contacts)
        for number in range(len(self.contacts), contacts):
            at = now - timedelta(hours=1, seconds=contacts - number)
            told = dict.fromkeys(texts["contacts"], f"слово {number}")
            phones, emails = [f"+7701{number:07}"], [f"Client{number}@Example.test"]
            people.append(self.add_contact(f"Клиент {number}", phones=phones, emails=emails, fields=told, at=at))
        stages = [(row["id"], stage["id"]) for row in self.pipelines for stage in row["_embedded"]["statuses"]]
        for number in range(len(self.leads), leads):
            at = now - timedelta(hours=1, seconds=leads - number)
            pipeline, stage = stages[number % len(stages)]
            self.add_lead(
                f"Сделка {number}",
                contacts=[people[number % len(people)]] if people else [],
                pipeline=pipeline,
                stage=stage,
                price=1000 * (number % 500),
                fields=dict.fromkeys(texts["leads"], f"слово {number}"),
                at=at,
            )

    def _add_field(
        self, entity: str, number: int, name: str, kind: str, code: str | None = None, choices: Sequence[str] = ()
    ) -> int:
        enums = [{"id": next(self._choices), "value": value, "sort": sort} for sort, value in enumerate(choices)]
        self.fields[entity][number] = {
            "id": number,
            "name": name,
            "type": kind,
            "code": code,
            "sort": 500 + len(self.fields[entity]),
            "group_id": None,
            "entity_type": entity,
            "is_api_only": False,
            "is_deletable": code is None,
            "is_required": False,
            "required_statuses": [],
            "enums": enums or None,
            "account_id": ACCOUNT_ID,
        }
        return number

    @staticmethod
    def _stage(pipeline: int, number: int, name: str, sort: int, color: str, kind: int) -> Row:
        return {
            "id": number,
            "name": name,
            "sort": sort,
            "is_editable": kind == 0 and number not in (WON, LOST),
            "pipeline_id": pipeline,
            "color": color,
            "type": kind,
            "account_id": ACCOUNT_ID,
        }


def _multitext(number: int, name: str, code: str, values: Sequence[str]) -> Row | None:
    if not values:
        return None
    told = [{"value": value, "enum_id": number + 100, "enum_code": "WORK"} for value in values]
    return {"field_id": number, "field_name": name, "field_code": code, "field_type": "multitext", "values": told}
