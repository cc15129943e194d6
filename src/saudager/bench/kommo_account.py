"""A Kommo of our own: an account and its API over real HTTP on loopback, with its quirks and, on demand, its failures.

For example::

    async with KommoAccount(now=clock.now) as kommo:
        contact = kommo.add_contact("Айгерим", phone="+7 701 555 01 01")
        lead = kommo.add_lead("Чайник", contact=contact, price=9990)
        tokens = await App.crms["kommo"].exchange(kommo.base_url, kommo.integration, kommo.code(), clock)
        kommo.move(lead, stage="Думает")
        kommo.fail("leads", "429", "cut_before")
        ...
        assert kommo.requests["leads"] == 3

Vendor facts: https://developers.kommo.com and the vendor's own client, https://github.com/amocrm/amocrm-api-php (read
2026-11). What is answered to a note that cannot be made, and the wording of errors, is ours.
"""

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from saudager.bench import kommo_hooks
from saudager.bench.kommo_api import HAL, Api, Asked, Reply, problem, route
from saudager.bench.kommo_auth import KommoAuth, NotGranted
from saudager.bench.kommo_gate import Gate
from saudager.bench.kommo_rows import KommoRows
from saudager.bench.kommo_shelf import Row, Shelf, as_json
from saudager.bench.serving import Message, Receive, Send, cut, served, until_disconnected
from saudager.providers.crm import Integration

INTEGRATION = Integration(
    "11111111-2222-3333-4444-555555555555", "fake-kommo-secret", "https://shop.example/crm/kommo/callback"
)
SUBDOMAIN = "example"
FAULTS = {
    "429": "too many requests, in words that are no JSON",
    "500": "broken, without acting",
    "503": "being repaired, without acting",
    "504": "too much in one request",
    "401": "the token is not accepted",
    "402": "the plan is not paid",
    "403": "the token may not",
    "304": "nothing has changed",
    "hang": "never answers, without acting",
    "hang_after": "acts, then never answers",
    "cut_before": "the connection is closed before acting",
    "cut_after": "acts, then the connection is closed",
    "garbage": "acts, then answers 200 with something that is not JSON",
    "ok": "no fault: lets one request pass",
}
_PROBLEMS = {
    "401": "Unauthorized",
    "402": "Payment Required",
    "403": "Forbidden",
    "500": "Internal Server Error",
    "503": "Service Unavailable",
    "504": "Gateway Timeout",
}


@dataclass
class KommoAccount:
    """One account, and the server that is its API while the ``async with`` block lasts.

    ``requests`` counts by kind, those turned away too: account, users, pipelines, fields, contacts, leads, notes,
    tasks, bots, talks and webhooks are reads; change_lead, change_contact, add_note, add_task, change_task, run_bot,
    run_bot_v2, send_message, subscribe and unsubscribe are writes; exchange, refresh, moved and authorize are OAuth.
    ``asked`` is all of them in order.

    Switches: ``latency`` (real seconds each request takes), ``gate.per_second`` (None for no limit), ``retry_after`` of
    a 429, ``api.has_bots_v4`` (False: only the older way to run a bot), ``api.most_per_page`` (more is too much: 504).
    """

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    integration: Integration = INTEGRATION
    latency: float = 0.0
    retry_after: str | None = None
    base_url: str = field(init=False, default="")
    rows: KommoRows = field(init=False, default_factory=KommoRows)
    gate: Gate = field(init=False, default_factory=Gate)
    requests: Counter[str] = field(init=False, default_factory=Counter)
    asked: list[Asked] = field(init=False, default_factory=list)
    api: Api = field(init=False, repr=False)
    _auth: KommoAuth = field(init=False)
    _host: str = field(init=False, default="")
    _faults: dict[str, deque[str]] = field(init=False, default_factory=lambda: defaultdict(deque))
    _lasting: dict[str, str] = field(init=False, default_factory=dict)
    _closing: asyncio.Event = field(init=False, default_factory=asyncio.Event)
    _stack: AsyncExitStack = field(init=False, default_factory=AsyncExitStack)

    def __post_init__(self) -> None:
        self.api = Api(self.rows, self.now)
        self._auth = KommoAuth(self.integration)
        self.tasks, self.bot_runs, self.messages = self.api.tasks, self.api.bot_runs, self.api.messages

    async def __aenter__(self) -> "KommoAccount":
        self.base_url = await self._stack.enter_async_context(served(self))
        self.api.base_url, self._host = self.base_url, urlsplit(self.base_url).netloc
        self._auth.api_domain = self._host
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing.set()
        await self._stack.aclose()

    @property
    def leads(self) -> Shelf:
        return self.rows.leads

    @property
    def contacts(self) -> Shelf:
        return self.rows.contacts

    @property
    def long_lived_token(self) -> str:
        """A new one, as the integration's page would show it once."""
        return self._auth.long_lived(self.now())

    @property
    def subscribed(self) -> str | None:
        """The address that is told its news."""
        return next(iter(self.api.hooks), None)

    def code(self) -> str:
        """A fresh authorization code, as the merchant's browser would bring it."""
        return self._auth.code(self.now())

    def expire(self) -> None:
        """No access token is accepted any more; a refresh token is."""
        self._auth.expire()

    def revoke(self) -> None:
        """The merchant switches the integration off."""
        self._auth.revoke()

    def rename(self, base_url: str | None = None) -> str:
        """The account moves to this address (by default ``localhost``, or back) and is not at the old one any more."""
        port = urlsplit(self.base_url).port
        other = "127.0.0.1" if "localhost" in self.base_url else "localhost"
        self.base_url = base_url or f"http://{other}:{port}"
        self.api.base_url, self._host = self.base_url, urlsplit(self.base_url).netloc
        return self.base_url

    def fill(self, *, pipelines: int = 1, fields: int = 2, contacts: int = 0, leads: int = 0, users: int = 1) -> None:
        """Until there are so many of each, told to nobody; both entities' fields together."""
        counts = {"pipelines": pipelines, "fields": fields, "contacts": contacts, "leads": leads, "users": users}
        self.rows.fill(**counts, now=self.now())

    def add_pipeline(self, name: str, stages: Sequence[str]) -> int:
        return self.rows.add_pipeline(name, stages)

    def add_field(self, entity: str, name: str, kind: str = "text", *, choices: Sequence[str] = ()) -> int:
        return self.rows.add_field(entity, name, kind, choices=choices)

    def add_user(self, name: str, email: str) -> int:
        return self.rows.add_user(name, email)

    def stage(self, name: str, *, pipeline: int | str | None = None) -> int:
        return self.rows.stage(self.rows.pipeline(pipeline), name)

    def add_contact(
        self,
        name: str,
        *,
        phone: str | Sequence[str] = (),
        email: str | Sequence[str] = (),
        fields: Mapping[int, Any] | None = None,
        at: datetime | None = None,
    ) -> int:
        phones, emails = ([one] if isinstance(one, str) else list(one) for one in (phone, email))
        number = self.rows.add_contact(name, phones=phones, emails=emails, fields=fields, at=at or self.now())
        self.api.tell("contacts", "add", kommo_hooks.contact(self.contacts[number]))
        return number

    def add_lead(
        self,
        name: str,
        *,
        contact: int | Sequence[int] = (),
        pipeline: int | str | None = None,
        stage: int | str | None = None,
        price: int = 0,
        fields: Mapping[int, Any] | None = None,
        at: datetime | None = None,
    ) -> int:
        """``contact`` may be several, the main one first; pipeline and stage are named by number or name."""
        contacts = [contact] if isinstance(contact, int) else list(contact)
        number = self.rows.add_lead(
            name, contacts=contacts, pipeline=pipeline, stage=stage, price=price, fields=fields, at=at or self.now()
        )
        self.api.tell("leads", "add", kommo_hooks.lead(self.leads[number]))
        return number

    def move(self, lead: int, *, stage: int | str, pipeline: int | str | None = None) -> None:
        """A person moves it."""
        row = self.rows.pipeline(self.leads[lead]["pipeline_id"] if pipeline is None else pipeline)
        self.api.change("leads", lead, {"pipeline_id": row["id"], "status_id": self.rows.stage(row, stage)})

    def change_lead(self, lead: int, *, fields: Mapping[int, Any] | None = None, **changes: Any) -> None:
        """A person changes its name, price or fields."""
        self.api.change("leads", lead, changes | {"custom_fields_values": self.rows.values("leads", fields or {})})

    def change_contact(self, contact: int, *, fields: Mapping[int, Any] | None = None, **changes: Any) -> None:
        told = self.rows.values("contacts", fields or {})
        self.api.change("contacts", contact, changes | {"custom_fields_values": told})

    def delete_lead(self, lead: int) -> None:
        """It goes into the trash."""
        self.api.trash("leads", lead)

    def delete_contact(self, contact: int) -> None:
        self.api.trash("contacts", contact)

    def add_bot(self, name: str) -> int:
        return self.api.add_bot(name)

    def add_talk(self, contact: int, *, lead: int | None = None, origin: str = "waba") -> int:
        """A conversation of a contact in one of the account's messengers."""
        return self.api.add_talk(contact, lead, origin)

    def receive_message(self, talk: int, text: str) -> str:
        """The customer writes into a talk; the message's id."""
        return self.api.receive_message(talk, text)

    def receive_mail(self, lead: int, *, sender: str, recipient: str, subject: str, summary: str = "") -> int:
        """A letter is read from the mailbox that is connected to the account; its note's number."""
        return self._mail(lead, sender, recipient, subject, summary, is_incoming=True)

    def show_sent_mail(self, lead: int, *, sender: str, recipient: str, subject: str, summary: str = "") -> int:
        """The same of a letter in the mailbox's sent ones."""
        return self._mail(lead, sender, recipient, subject, summary, is_incoming=False)

    def write_note(self, lead: int, text: str) -> int:
        """A person writes a note."""
        return self.api.keep_note("leads", lead, "common", {"text": text})

    def notes(self, lead: int) -> list[Row]:
        """The lead's notes, the oldest first."""
        return self.api.notes["leads", lead]

    def hook_calls(self) -> list[bytes]:
        """The bodies it would have sent to the subscribed address since it was asked last."""
        told, self.api.told = self.api.told, []
        return told

    def fail(self, kind: str, *faults: str) -> None:
        """The next requests of the kind get these of FAULTS, one each; "" is every kind."""
        self._faults[kind].extend(_known(faults))

    def fail_always(self, kind: str, fault: str) -> None:
        """Until ``heal`` every request of the kind gets it."""
        (self._lasting[kind],) = _known([fault])

    def heal(self) -> None:
        self._faults.clear()
        self._lasting.clear()

    def _mail(self, lead: int, sender: str, recipient: str, subject: str, summary: str, *, is_incoming: bool) -> int:
        number = sum(len(notes) for notes in self.api.notes.values()) + 1
        params = {
            "thread_id": number,
            "message_id": number,
            "private": False,
            "income": is_incoming,
            "from": {"email": sender, "name": ""},
            "to": {"email": recipient, "name": ""},
            "subject": subject,
            "content_summary": summary,
            "attach_cnt": 0,
            "delivery": {},
        }
        return self.api.keep_note("leads", lead, "amomail_message", params)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        body = await _body_of(receive)
        query = parse_qsl(scope["query_string"].decode(), keep_blank_values=True)
        headers = {key.decode(): value.decode("latin-1") for key, value in scope["headers"]}
        kind, found = route(scope["method"], scope["path"], body)
        fault = self._next_fault(kind)
        self.requests[kind] += 1
        asked = Asked(kind, scope["path"], found, query, headers, body, self.now(), fault)
        self.asked.append(asked)
        if self.latency:
            await asyncio.sleep(self.latency)
        if fault in ("hang", "cut_before"):
            return await (self._be_silent(receive, send) if fault == "hang" else _hang_up(receive, send))
        reply = self._refuse(fault) or self._act(asked)
        if fault == "hang_after":
            return await self._be_silent(receive, send)
        if fault == "cut_after":
            return await _hang_up(receive, send)
        return await _answer(
            send, Reply(200, b"<html>Bad gateway</html>", "text/html") if fault == "garbage" else reply
        )

    def _refuse(self, fault: str) -> Reply | None:
        if fault == "429":
            return self._turned_away(429)
        if fault == "304":
            return Reply(304)
        return problem(int(fault), _PROBLEMS[fault]) if fault in _PROBLEMS else None

    def _act(self, asked: Asked) -> Reply:
        if asked.kind in ("exchange", "refresh", "moved", "authorize"):
            return self._open(asked)
        turned_away = self.gate.asks(asked.at)
        if turned_away:
            return self._turned_away(turned_away)
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if asked.headers.get("host") != self._host or not self._auth.accepts(token, asked.at):
            return problem(401, "Unauthorized")
        if asked.body and asked.headers.get("content-type", "").partition(";")[0] != "application/json":
            return problem(415, "Unsupported Media Type")
        return self.api.answer(asked)

    def _open(self, asked: Asked) -> Reply:
        told = dict(asked.query)
        if asked.kind == "authorize":
            wanted = {"code": self.code(), "referer": self._host, "state": told.get("state", "")}
            return Reply(302, headers={"Location": f"{self.integration.redirect_uri}?{urlencode(wanted)}"})
        if asked.kind == "moved":
            if not self._auth.knows(asked.headers.get("x-refresh-token", ""), asked.at):
                return problem(401, "Unauthorized")
            return Reply(200, as_json({"subdomain": SUBDOMAIN, "domain": self._host}), HAL)
        if asked.headers.get("host") != self._host:
            return problem(404, "Account not found")
        try:
            return Reply(200, as_json(self._auth.grant(asked.json, asked.at)), "application/json")
        except NotGranted as refusal:
            return problem(refusal.http, "Error on request", hint=str(refusal))

    def _turned_away(self, status: int) -> Reply:
        """In words, not in JSON."""
        told = {"Retry-After": self.retry_after} if status == 429 and self.retry_after else {}
        text = b"429 Too Many Requests" if status == 429 else b"<html><h1>403 Forbidden</h1></html>"
        return Reply(status, text, "text/html", told)

    def _next_fault(self, kind: str) -> str:
        for waiting in (self._faults[kind], self._faults[""]):
            if waiting:
                return waiting.popleft()
        return self._lasting.get(kind) or self._lasting.get("", "ok")

    async def _be_silent(self, receive: Receive, send: Send) -> None:
        gone = asyncio.create_task(until_disconnected(receive))
        closing = asyncio.create_task(self._closing.wait())
        await asyncio.wait({gone, closing}, return_when=asyncio.FIRST_COMPLETED)
        closing.cancel()
        cut(send)
        await gone


def _known(faults: Iterable[str]) -> list[str]:
    faults = list(faults)
    if unknown := [fault for fault in faults if fault not in FAULTS]:
        raise ValueError(f"unknown fault {unknown[0]!r}: expected one of {', '.join(FAULTS)}")
    return faults


async def _body_of(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    return body


async def _answer(send: Send, reply: Reply) -> None:
    headers = {"Content-Length": str(len(reply.body)), **reply.headers}
    if reply.status in (204, 304):
        del headers["Content-Length"]
    elif reply.body:
        headers["Content-Type"] = reply.kind
    rows = [(key.encode(), value.encode()) for key, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": rows})
    await send({"type": "http.response.body", "body": reply.body})


async def _hang_up(receive: Receive, send: Send) -> None:
    cut(send)
    await until_disconnected(receive)
