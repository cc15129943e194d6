"""The part of Kommo its chats need, over real HTTP: talks that are written into, contacts, webhooks, and their forms.

In a test::

    async with FakeKommoTalks() as kommo:
        talk = kommo.begins_a_talk("Алия", phone="+7 701 000-00-01")
        await push(kommo.customer_writes(talk, "Здравствуйте"))
        ...
        assert [sent.text for sent in kommo.sent] == ["Добрый день!"]
        await push(kommo.shows(kommo.sent[-1]))
"""

import itertools
import json
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tests.fakes.faults import Faults
from tests.fakes.serving import Message, Receive, Send, cut, served, until_disconnected

TOKEN = "fake-kommo-token"
MANAGER = "11"
_TITLES = {"400": "Bad Request", "401": "Unauthorized", "404": "Not Found", "500": "Internal Server Error"}


@dataclass(frozen=True)
class Sent:
    """A message Kommo took."""

    id: str
    talk: str
    text: str


class FakeKommoTalks:
    """One account. ``closed`` talks take nothing more, ``denied`` is the status every send is refused with."""

    def __init__(self, *, now: Callable[[], float] = time.time) -> None:
        self.base_url = ""
        self.faults = Faults()
        self.requests: list[tuple[str, str, Any]] = []
        self.sent: list[Sent] = []
        self.closed: set[str] = set()
        self.denied: int | None = None
        self.gone = 0
        self.contacts: dict[str, dict[str, Any]] = {}
        self.webhooks: list[dict[str, Any]] = []
        self.files: dict[str, tuple[bytes, str]] = {}
        self._talks: dict[str, str] = {}
        self._now = now
        self._numbers = itertools.count(1)
        self._stack = AsyncExitStack()
        self._api = Starlette(
            routes=[
                Route("/api/v4/account", self._account),
                Route("/api/v4/contacts/{contact}", self._contact),
                Route("/api/v4/webhooks", self._webhooks, methods=["GET", "POST"]),
                Route("/api/v4/talks/{talk}/send_message", self._send, methods=["POST"]),
                Route("/attachments/{name}", self._file),
            ]
        )

    @property
    def domain(self) -> str:
        return self.base_url.removeprefix("http://")

    async def __aenter__(self) -> "FakeKommoTalks":
        self.base_url = await self._stack.enter_async_context(served(self))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def begins_a_talk(self, name: str = "Алия", *, phone: str | None = "+7 701 000-00-01", contact: str = "") -> str:
        """The number of a new talk with a new customer, or with the ``contact`` of an earlier one."""
        talk = str(100 + next(self._numbers))
        person = contact or str(4000 + next(self._numbers))
        values = [{"value": phone, "enum_code": "WORK"}] if phone else []
        fields = [{"field_id": 601, "field_code": "PHONE", "values": values}] if values else None
        self.contacts.setdefault(person, {"id": int(person), "name": name, "custom_fields_values": fields})
        self._talks[talk] = person
        return talk

    def contact_of(self, talk: str) -> str:
        return self._talks[talk]

    def customer_writes(self, talk: str, text: str, *, name: str = "Алия", **fields: str) -> bytes:
        """The call that tells of a customer's line; ``fields`` by their name in the form, ``attachment[link]`` too."""
        own = {"type": "incoming", "author[id]": "0f9b2b3e", "author[type]": "external", "author[name]": name}
        return self._call("message", talk, text, own | fields)

    def leaves(self, talk: str, text: str, **fields: str) -> bytes:
        """The call that tells of a line a manager has typed in Kommo."""
        own = {
            "type": "outgoing",
            "author[id]": "76fc2bea",
            "author[type]": "internal",
            "author[user_id]": MANAGER,
            "author[name]": "Менеджер",
            "recipient[name]": "Алия",
        }
        return self._call("outgoing_message", talk, text, own | fields)

    def shows(self, sent: Sent, **fields: str) -> bytes:
        """The call that tells that a message of ours has left Kommo, in the name of the token's owner."""
        return self.leaves(sent.talk, sent.text, id=sent.id, **fields)

    def sends(self) -> int:
        """How many times a send was asked for, whatever became of it."""
        return sum(path.endswith("/send_message") for _, path, _ in self.requests)

    def asked_for(self, part: str) -> int:
        return sum(part in path for _, path, _ in self.requests)

    def _call(self, event: str, talk: str, text: str, fields: dict[str, str]) -> bytes:
        row = {
            "id": f"a0ce13c7-4825-4ecc-9dc0-{next(self._numbers):012}",
            "chat_id": "54caee02-e383-46d8-a9b7-1fb43f07cffe",
            "talk_id": talk,
            "contact_id": self._talks.get(talk, ""),
            "text": text,
            "created_at": str(int(self._now())),
            "element_type": "2",
            "entity_type": "lead",
            "element_id": "27754599",
            "entity_id": "27754599",
            "message_type": "text",
            "origin": "telegram",
        } | fields
        told = {"account[subdomain]": "shop", "account[id]": "31257294", "account[_links][self]": self.base_url}
        for name, value in row.items():
            outer, bracket, rest = name.partition("[")
            told[f"{event}[add][0][{outer}]{bracket}{rest}"] = value
        return urlencode(told).encode()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        content = await Request(scope, receive).body()
        body = json.loads(content) if content else None
        self.requests.append((scope["method"], scope["path"], body))
        fault = self.faults.next_for(scope["path"])
        if fault == "429":
            refused: Response = PlainTextResponse("Too many requests", 429, {"Retry-After": "7"})
            return await refused(scope, receive, send)
        if fault in _TITLES:
            return await _problem(int(fault), _TITLES[fault])(scope, receive, send)
        if fault == "ok" or fault in ("cut_after", "hang_after", "garbage"):
            done = send if fault == "ok" else _nowhere
            await self._api(scope | {"state": {"body": body}}, receive, done)
        if fault == "garbage":
            return await PlainTextResponse("<html>Bad gateway</html>", 202)(scope, receive, send)
        if fault.startswith("cut"):
            cut(send)
        if fault != "ok":
            await until_disconnected(receive)
        return None

    async def _account(self, request: Request) -> Response:
        if not _knows(request):
            return _problem(401, "Unauthorized")
        return JSONResponse({"id": 31257294, "name": "Магазин", "subdomain": "shop"})

    async def _contact(self, request: Request) -> Response:
        if not _knows(request):
            return _problem(401, "Unauthorized")
        found = self.contacts.get(request.path_params["contact"])
        return JSONResponse(found) if found else Response(status_code=204)

    async def _webhooks(self, request: Request) -> Response:
        if not _knows(request):
            return _problem(401, "Unauthorized")
        if request.method == "POST":
            body = request.state.body
            if not all(isinstance(event, str) for event in body["settings"]):
                return _problem(400, "settings is a flat list")
            others = [webhook for webhook in self.webhooks if webhook["destination"] != body["destination"]]
            self.webhooks = [*others, body | {"id": 839656, "disabled": False}]
            return JSONResponse(self.webhooks[-1], 201)
        wanted = request.query_params.get("filter[destination]")
        found = [webhook for webhook in self.webhooks if wanted in (None, webhook["destination"])]
        if not found:
            return Response(status_code=204)
        return JSONResponse({"_total_items": len(found), "_embedded": {"webhooks": found}})

    async def _send(self, request: Request) -> Response:
        talk = request.path_params["talk"]
        if not _knows(request):
            return _problem(401, "Unauthorized")
        if self.denied is not None:
            return _problem(self.denied, "Chats API limit is exceeded")
        if self.gone:
            self.gone -= 1
            return Response(status_code=204)
        if talk in self.closed:
            return _problem(404, "Talk not found")
        text = request.state.body.get("text")
        if not text or set(request.state.body) != {"text"}:
            return _problem(400, "text is required")
        self.sent.append(Sent(f"5b41a8f0-0000-4000-8000-{next(self._numbers):012}", talk, text))
        return JSONResponse({"id": self.sent[-1].id}, 202)

    async def _file(self, request: Request) -> Response:
        if request.headers.get("authorization"):
            return _problem(400, "a file wants no token")
        content, mime_type = self.files[request.path_params["name"]]
        return Response(content, media_type=mime_type)


def _knows(request: Request) -> bool:
    return request.headers.get("authorization") == f"Bearer {TOKEN}"


def _problem(status: int, title: str) -> Response:
    body = {"title": title, "type": "about:blank", "status": status, "detail": title}
    return JSONResponse(body, status, media_type="application/problem+json")


async def _nowhere(message: Message) -> None:
    """An answer nobody will see."""
