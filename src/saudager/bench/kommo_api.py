"""What the Kommo of ours answers whom it has let in: where a request leads, pages of rows, and the effect of writes."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any
from urllib.parse import urlencode

from saudager.bench import kommo_hooks
from saudager.bench.kommo_auth import ACCOUNT_ID, USER_ID
from saudager.bench.kommo_rows import KommoRows
from saudager.bench.kommo_shelf import Row, Shelf, as_json, hal
from saudager.bench.kommo_writes import Invalid, changed, note, note_row, task

HAL, PROBLEM = "application/hal+json", "application/problem+json"
LARGEST_PAGE = 250
CHATS_ID = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
_ONE = {"leads": "lead", "contacts": "contact"}
_ROUTES = [
    ("GET", r"/oauth", "authorize"),
    ("GET", r"/oauth2/account/current/subdomain", "moved"),
    ("GET", r"/api/v4/account", "account"),
    ("GET", r"/api/v4/users", "users"),
    ("GET", r"/api/v4/leads/pipelines", "pipelines"),
    ("GET", r"/api/v4/(leads|contacts)/custom_fields", "fields"),
    ("GET", r"/api/v4/(leads|contacts)/notes", "notes"),
    ("GET", r"/api/v4/(leads|contacts)/(\d+)/notes", "notes"),
    ("POST", r"/api/v4/(leads|contacts)/(\d+)/notes", "add_note"),
    ("POST", r"/api/v4/(leads|contacts)/notes", "add_note"),
    ("GET", r"/api/v4/(leads)(?:/(\d+))?", "leads"),
    ("GET", r"/api/v4/(contacts)(?:/(\d+))?", "contacts"),
    ("PATCH", r"/api/v4/(leads)(?:/(\d+))?", "change_lead"),
    ("PATCH", r"/api/v4/(contacts)(?:/(\d+))?", "change_contact"),
    ("GET", r"/api/v4/tasks", "tasks"),
    ("POST", r"/api/v4/tasks", "add_task"),
    ("PATCH", r"/api/v4/tasks/(\d+)", "change_task"),
    ("GET", r"/api/v4/bots", "bots"),
    ("POST", r"/api/v4/bots/(\d+)/run", "run_bot"),
    ("POST", r"/api/v2/salesbot/run", "run_bot_v2"),
    ("GET", r"/api/v4/talks(?:/(\d+))?", "talks"),
    ("POST", r"/api/v4/talks/(\d+)/send_message", "send_message"),
    ("GET", r"/api/v4/webhooks", "webhooks"),
    ("POST", r"/api/v4/webhooks", "subscribe"),
    ("DELETE", r"/api/v4/webhooks", "unsubscribe"),
]
_COMPILED = [(method, re.compile(path), kind) for method, path, kind in _ROUTES]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that reached it, whatever became of it. ``found`` are the parts of its path that vary."""

    kind: str
    path: str
    found: tuple[str | None, ...]
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes
    at: datetime
    fault: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def one(self, name: str, default: str = "") -> str:
        return next((value for key, value in reversed(self.query) if key == name), default)

    def many(self, name: str) -> list[str]:
        """``name``, ``name[]`` and ``name[0]``."""
        wanted = re.compile(re.escape(name) + r"(\[\d*\])?")
        return [value for key, value in self.query if wanted.fullmatch(key)]


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes = b""
    kind: str = HAL
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BotRun:
    bot: int
    entity_type: str
    entity_id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """A message written into a talk: by us, or by the customer."""

    id: str
    talk: int
    text: str
    at: datetime
    by_customer: bool = False


def route(method: str, path: str, body: bytes) -> tuple[str, tuple[str | None, ...]]:
    """The kind of request, and the parts of its path that vary."""
    if (method, path) == ("POST", "/oauth2/access_token"):
        return ("refresh" if b'"refresh_token"' in body else "exchange"), ()
    for verb, pattern, kind in _COMPILED:
        if verb == method and (match := pattern.fullmatch(path)):
            return kind, match.groups()
    return "unknown", ()


def problem(status: int, title: str, **more: str) -> Reply:
    told = {"title": title, "type": f"https://httpstatus.es/{status}", "status": status, "detail": title, **more}
    return Reply(status, as_json(told), PROBLEM)


class Api:
    """The account's rows, its timeline, and the answers about them."""

    def __init__(self, rows: KommoRows, now: Callable[[], datetime]) -> None:
        self.rows = rows
        self.now = now
        self.base_url = ""
        self.has_bots_v4 = True
        self.most_per_page = LARGEST_PAGE
        self.notes: dict[tuple[str, int], list[Row]] = defaultdict(list)
        self.tasks: dict[int, Row] = {}
        self.bots: dict[int, Row] = {}
        self.bot_runs: list[BotRun] = []
        self.talks: dict[int, Row] = {}
        self.messages: list[Said] = []
        self.hooks: dict[str, Row] = {}
        """Who is told the news, by address."""
        self.told: list[bytes] = []
        self._numbers: Iterator[int] = count(5_000_001)

    def answer(self, asked: Asked) -> Reply:
        act: Callable[[Asked], Reply] | None = getattr(self, f"_{asked.kind}", None)
        if act is None:
            return problem(404, "Not Found")
        try:
            return act(asked)
        except Invalid as invalid:
            return Reply(400, as_json(invalid.told), PROBLEM)
        except (ValueError, KeyError, TypeError, AttributeError):
            return problem(400, "Bad Request")

    def tell(self, entity: str, action: str, told: Row) -> None:
        """One event, to every address that has subscribed to it."""
        for hook in self.hooks.values():
            if kommo_hooks.setting_of(entity, action) in hook["settings"]:
                self.told.append(kommo_hooks.body(entity, action, told, "example"))

    def change(self, entity: str, number: int, asked: Mapping[str, Any]) -> None:
        """Raises Invalid, then nothing was changed."""
        self._put(entity, changed(self.rows, entity, self._shelf(entity)[number], asked, self._seconds()))

    def trash(self, entity: str, number: int) -> None:
        row = self._shelf(entity)[number] | {"is_deleted": True, "updated_at": self._seconds()}
        self._shelf(entity).put(row)
        told = {"id": number} | ({"type": "contact"} if entity == "contacts" else {})
        self.tell(entity, "delete", told)

    def keep_note(self, entity: str, number: int, kind: str, params: Mapping[str, Any]) -> int:
        row = note_row(number, kind, params, next(self._numbers), self._seconds())
        self._keep_note(entity, row)
        return int(row["id"])

    def add_bot(self, name: str) -> int:
        number = 501 + len(self.bots)
        self.bots[number] = {"id": number, "name": name, "type_functionality": "regular", "active": True}
        return number

    def add_talk(self, contact: int, lead: int | None, origin: str) -> int:
        number, now = 701 + len(self.talks), self._seconds()
        self.talks[number] = {
            "talk_id": number,
            "created_at": now,
            "updated_at": now,
            "rate": 0,
            "contact_id": contact,
            "chat_id": f"chat-{number}",
            "entity_id": lead,
            "entity_type": None if lead is None else "lead",
            "is_in_work": True,
            "is_read": False,
            "origin": origin,
            "account_id": ACCOUNT_ID,
        }
        self.tell("talk", "add", self.talks[number])
        return number

    def receive_message(self, talk: int, text: str) -> str:
        said, row = Said(f"message-{next(self._numbers)}", talk, text, self.now(), by_customer=True), self.talks[talk]
        self.messages.append(said)
        contact = self.rows.contacts.get(row["contact_id"], {})
        told = {
            "id": said.id,
            "chat_id": row["chat_id"],
            "talk_id": talk,
            "contact_id": row["contact_id"],
            "text": text,
            "created_at": self._seconds(),
            "element_type": 2,
            "entity_type": "lead",
            "element_id": row["entity_id"],
            "entity_id": row["entity_id"],
            "message_type": "incoming",
            "type": "incoming",
            "author": {"id": f"author-{row['contact_id']}", "type": "external", "name": contact.get("name", "")},
            "origin": row["origin"],
        }
        self.tell("message", "add", told)
        return said.id

    def _account(self, asked: Asked) -> Reply:
        told = {
            "id": ACCOUNT_ID,
            "name": "Магазин",
            "subdomain": "example",
            "currency": "KZT",
            "currency_symbol": "₸",
            "country": "KZ",
            "current_user_id": USER_ID,
        }
        if "amojo_id" in asked.one("with").split(","):
            told["amojo_id"] = CHATS_ID
        return Reply(200, as_json(told))

    def _users(self, asked: Asked) -> Reply:
        return self._listing("users", [as_json(row) for row in self.rows.users], asked)

    def _pipelines(self, asked: Asked) -> Reply:
        rows = {"pipelines": self.rows.pipelines}
        return Reply(200, as_json({"_total_items": len(self.rows.pipelines), "_links": {}, "_embedded": rows}))

    def _fields(self, asked: Asked) -> Reply:
        rows = self.rows.fields[str(asked.found[0])].values()
        return self._listing("custom_fields", [as_json(row) for row in rows], asked)

    def _leads(self, asked: Asked) -> Reply:
        is_whole = "contacts" in asked.one("with").split(",")
        return self._rows_of("leads", self.rows.leads.written if is_whole else self._without_contacts, asked)

    def _contacts(self, asked: Asked) -> Reply:
        return self._rows_of("contacts", self.rows.contacts.written, asked)

    def _without_contacts(self, number: int) -> bytes:
        row = self.rows.leads[number]
        embedded = {name: told for name, told in row["_embedded"].items() if name != "contacts"}
        return as_json(row | {"_embedded": embedded})

    def _rows_of(self, entity: str, told: Callable[[int], bytes], asked: Asked) -> Reply:
        shelf = self._shelf(entity)
        if (number := asked.found[1]) is not None:
            there = int(number) in shelf and not shelf[int(number)]["is_deleted"]
            return Reply(200, told(int(number))) if there else Reply(204)
        orders = [(key[6:-1], value) for key, value in asked.query if key.startswith("order[")]
        key, direction = orders[0] if orders else ("id", "asc")
        numbers = shelf.in_order(key, descending=direction == "desc")
        if wanted := {int(one) for one in asked.many("filter[id]")}:
            numbers = [number for number in numbers if number in wanted]
        for name in ("updated_at", "created_at"):
            since, until = asked.one(f"filter[{name}][from]"), asked.one(f"filter[{name}][to]")
            if since or until:
                start, end = int(since or 0), int(until or 1 << 62)
                numbers = [number for number in numbers if start <= shelf[number][name] <= end]
        if pipelines := {int(one) for one in asked.many("filter[pipeline_id]")}:
            numbers = [number for number in numbers if shelf[number]["pipeline_id"] in pipelines]
        if query := asked.one("query"):
            numbers = [number for number in numbers if query.encode() in shelf.written(number)]
        return self._page(entity, numbers, told, asked)

    def _notes(self, asked: Asked) -> Reply:
        """Ordered and filtered by when they were changed; a filter by when they were made is not heeded."""
        entity, number = str(asked.found[0]), asked.found[1] if len(asked.found) > 1 else None
        if number is not None:
            rows = list(self.notes.get((entity, int(number)), ()))
        else:
            rows = [row for (of, _), notes in self.notes.items() if of == entity for row in notes]
        if kinds := asked.many("filter[note_type]"):
            rows = [row for row in rows if row["note_type"] in kinds]
        if since := asked.one("filter[updated_at][from]"):
            rows = [row for row in rows if row["updated_at"] >= int(since)]
        rows.sort(key=lambda row: (row["updated_at"], row["id"]), reverse=asked.one("order[updated_at]") == "desc")
        return self._listing("notes", [as_json(row) for row in rows], asked)

    def _add_note(self, asked: Asked) -> Reply:
        entity, number = str(asked.found[0]), asked.found[1] if len(asked.found) > 1 else None
        rows = []
        for place, told in enumerate(asked.json):
            of = int(number if number is not None else told["entity_id"])
            if of not in self._shelf(entity):
                return problem(404, "Not Found")
            rows.append(note(of, told, next(self._numbers), str(told.get("request_id", place)), self._seconds()))
        for row in rows:
            self._keep_note(entity, row)
        return self._made("notes", [row | {"request_id": str(place)} for place, row in enumerate(rows)])

    def _change_lead(self, asked: Asked) -> Reply:
        return self._changed("leads", asked)

    def _change_contact(self, asked: Asked) -> Reply:
        return self._changed("contacts", asked)

    def _changed(self, entity: str, asked: Asked) -> Reply:
        """All of the call or nothing of it."""
        alone = asked.found[1] is not None
        told = [{**asked.json, "id": int(str(asked.found[1]))}] if alone else asked.json
        shelf, now = self._shelf(entity), self._seconds()
        if any(one["id"] not in shelf or shelf[one["id"]]["is_deleted"] for one in told):
            return problem(404, "Not Found")
        rows = [changed(self.rows, entity, shelf[one["id"]], one, now) for one in told]
        for row in rows:
            self._put(entity, row)
        if alone:
            return Reply(200, as_json({"id": rows[0]["id"], "updated_at": now, "_links": {}}))
        return self._made(entity, [row | {"request_id": str(place)} for place, row in enumerate(rows)])

    def _tasks(self, asked: Asked) -> Reply:
        rows = [*self.tasks.values()]
        if leads := {int(one) for one in asked.many("filter[entity_id]")}:
            rows = [row for row in rows if row["entity_id"] in leads]
        return self._listing("tasks", [as_json(row) for row in rows], asked)

    def _add_task(self, asked: Asked) -> Reply:
        rows = [
            task(told, next(self._numbers), str(told.get("request_id", place)), self._seconds())
            for place, told in enumerate(asked.json)
        ]
        self.tasks.update((row["id"], row) for row in rows)
        return self._made("tasks", [row | {"request_id": str(place)} for place, row in enumerate(rows)])

    def _change_task(self, asked: Asked) -> Reply:
        number = int(str(asked.found[0]))
        if number not in self.tasks:
            return problem(404, "Not Found")
        self.tasks[number] |= asked.json | {"updated_at": self._seconds()}
        return Reply(200, as_json({"id": number, "updated_at": self._seconds(), "_links": {}}))

    def _bots(self, asked: Asked) -> Reply:
        return self._listing("bots", [as_json(row) for row in self.bots.values()], asked)

    def _run_bot(self, asked: Asked) -> Reply:
        number, told = int(str(asked.found[0])), asked.json
        if not self.has_bots_v4 or number not in self.bots:
            return problem(404, "Not Found")
        self.bot_runs.append(BotRun(number, told["entity_type"], told["entity_id"], self.now()))
        return Reply(202, b"Accepted", "text/html")

    def _run_bot_v2(self, asked: Asked) -> Reply:
        kinds = {1: "contacts", 2: "leads"}
        runs = [BotRun(one["bot_id"], kinds[one["entity_type"]], one["entity_id"], self.now()) for one in asked.json]
        if any(run.bot not in self.bots for run in runs):
            return problem(400, "Bot not found")
        self.bot_runs += runs
        return Reply(202, as_json({"success": True}), "application/json")

    def _talks(self, asked: Asked) -> Reply:
        if (number := asked.found[0]) is not None:
            there = int(number) in self.talks
            return Reply(200, as_json(self.talks[int(number)])) if there else Reply(204)
        wanted = {int(one) for one in asked.many("filter[contact_id]")}
        rows = [row for row in self.talks.values() if not wanted or row["contact_id"] in wanted]
        return self._listing("talks", [as_json(row) for row in rows], asked)

    def _send_message(self, asked: Asked) -> Reply:
        number, told = int(str(asked.found[0])), asked.json
        if number not in self.talks:
            return problem(404, "Not Found")
        if not told.get("text"):
            raise Invalid(("NotBlank", "text", "This value should not be blank."))
        said = Said(f"message-{next(self._numbers)}", number, told["text"], self.now())
        self.messages.append(said)
        return Reply(202, as_json({"id": said.id}))

    def _webhooks(self, asked: Asked) -> Reply:
        wanted = asked.one("filter[destination]")
        rows = [as_json(row) for address, row in self.hooks.items() if wanted in ("", address)]
        return self._listing("webhooks", rows, asked)

    def _subscribe(self, asked: Asked) -> Reply:
        """One for each address: who subscribes again changes what it is told."""
        told, now = asked.json, self._seconds()
        settings = told["settings"]
        if not (isinstance(settings, list) and settings and all(isinstance(one, str) for one in settings)):
            raise Invalid(("InvalidType", "settings", "This value should be of type array."))
        row = {
            "id": next(self._numbers),
            "destination": told["destination"],
            "created_at": now,
            "updated_at": now,
            "account_id": ACCOUNT_ID,
            "created_by": USER_ID,
            "sort": told.get("sort", 10),
            "disabled": False,
            "settings": settings,
        }
        self.hooks[told["destination"]] = row
        return Reply(201, as_json(row))

    def _unsubscribe(self, asked: Asked) -> Reply:
        return Reply(404) if self.hooks.pop(asked.json["destination"], None) is None else Reply(204)

    def _put(self, entity: str, row: Row) -> None:
        before = self._shelf(entity)[row["id"]]
        self._shelf(entity).put(row)
        if entity == "leads" and any(before[key] != row[key] for key in ("status_id", "pipeline_id")):
            was = {"old_status_id": before["status_id"], "old_pipeline_id": before["pipeline_id"]}
            self.tell(entity, "status", kommo_hooks.lead(row, **was))
        self.tell(entity, "update", kommo_hooks.lead(row) if entity == "leads" else kommo_hooks.contact(row))

    def _keep_note(self, entity: str, row: Row) -> None:
        self.notes[entity, row["entity_id"]].append(row)
        self.tell(entity, "note", kommo_hooks.note(row, entity))

    def _listing(self, name: str, rows: list[bytes], asked: Asked) -> Reply:
        return self._page(name, range(len(rows)), rows.__getitem__, asked)

    def _page(self, name: str, numbers: Iterable[int], told: Callable[[int], bytes], asked: Asked) -> Reply:
        page, limit = int(asked.one("page", "1")), int(asked.one("limit", "50"))
        if not 0 < limit <= LARGEST_PAGE or page < 1:
            raise Invalid(("OutOfRange", "limit", f"This value should be between 1 and {LARGEST_PAGE}."))
        if limit > self.most_per_page:
            return problem(504, "Gateway Timeout")
        known = numbers if isinstance(numbers, list | range) else list(numbers)
        shown = known[(page - 1) * limit : page * limit]
        if not shown:
            return Reply(204)
        more = page * limit < len(known)

        def address_of(number: int) -> str:
            return f"{self.base_url}{asked.path}?{urlencode(_turned(asked.query, number))}"

        return Reply(200, hal(name, [told(number) for number in shown], page, address_of, more=more))

    def _made(self, name: str, rows: list[Row]) -> Reply:
        """What was made or changed is told by its numbers alone."""
        kept = ("id", "entity_id", "request_id")
        told = [{key: row[key] for key in kept if key in row} | {"_links": {}} for row in rows]
        return Reply(200, as_json({"_links": {}, "_embedded": {name: told}}))

    def _shelf(self, entity: str) -> Shelf:
        return self.rows.leads if entity == "leads" else self.rows.contacts

    def _seconds(self) -> int:
        return int(self.now().timestamp())


def _turned(query: list[tuple[str, str]], page: int) -> list[tuple[str, str]]:
    return [(key, value) for key, value in query if key != "page"] + [("page", str(page))]
