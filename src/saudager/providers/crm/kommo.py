"""An account of Kommo (amoCRM), through API v4.

Vendor facts: https://developers.kommo.com and the vendor's own client, https://github.com/amocrm/amocrm-api-php (read
2026-11). An empty list, a page past the end and a thing that is not there are all a 204 without a body. At most seven
requests a second; who goes on after a 429 is blocked by a 403.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from saudager.clock import Clock
from saudager.errors import (
    BadCredentials,
    OutsideError,
    RateLimited,
    Rejected,
    Unanswered,
    Unreachable,
    UnrecognisedPayload,
)
from saudager.providers.crm import (
    Account,
    Bot,
    Contact,
    Entity,
    Field,
    Lead,
    Mail,
    Note,
    Page,
    Pipeline,
    RefreshTokens,
    Task,
    Tokens,
    User,
    kommo_rows,
)
from saudager.providers.crm.kommo_oauth import USER_AGENT, checked
from saudager.providers.crm.kommo_words import BLOCKED, SILENCE, words_of
from saudager.providers.http_client import TIMEOUT, Answer, HttpClient

if TYPE_CHECKING:
    import httpx

log = logging.getLogger(__name__)

LARGEST_PAGE = 250
_SMALLER = {250: 125, 125: 25}
"""What a page is cut into when it is too much for Kommo at once."""
_API = "/api/v4"
_NOTHING = (204, 304)
_EARLY = timedelta(seconds=30)
_BLOCKED_FOR = timedelta(minutes=5)
_LARGEST_SIGN = 0xFFFF
_SERVICE = "Saudager"
_TEXT_NOTES = ("common", "service_message", "extended_service_message")
_NEWS = (
    *("add_lead", "update_lead", "status_lead", "responsible_lead", "restore_lead", "delete_lead"),
    *("add_contact", "update_contact", "responsible_contact", "restore_contact", "delete_contact"),
)
_Row = TypeVar("_Row")


class Kommo:
    """One account as a ``Crm``."""

    def __init__(
        self,
        base_url: str,
        tokens: Tokens,
        renew: RefreshTokens,
        turn: Callable[[], AbstractAsyncContextManager[Any]],
        clock: Clock,
        *,
        timeout: float = TIMEOUT,
        transport: "httpx.AsyncBaseTransport | None" = None,
    ) -> None:
        self.requests = 0
        self._tokens = tokens
        self._renew = renew
        self._turn = turn
        self._clock = clock
        self._timeout = timeout
        self._transport = transport
        self._renewing = asyncio.Lock()
        self._size = LARGEST_PAGE
        self._limited_at: datetime | None = None
        self._left: list[HttpClient] = []
        """Clients of addresses the account has moved away from: requests may still be under way."""
        self.base_url = checked(tokens.base_url or base_url)
        self._http = self._client()

    async def account(self) -> Account:
        asked = "аккаунт"
        document = await self._document("GET", "/account", asked=asked, params={"with": "amojo_id"})
        try:
            return kommo_rows.account(document or {}, self.base_url)
        except ValueError as error:
            raise UnrecognisedPayload(f"Kommo: {asked}: {error}") from None

    async def pipelines(self) -> Sequence[Pipeline]:
        return _readable(await self._all("/leads/pipelines", "pipelines", "воронки"), kommo_rows.pipeline, "pipelines")

    async def fields(self, entity: Entity) -> Sequence[Field]:
        rows = await self._all(f"/{entity}/custom_fields", "custom_fields", "поля")
        return _readable(rows, partial(kommo_rows.field, entity=entity), "custom_fields")

    async def users(self) -> Sequence[User]:
        """Nobody, when who has connected the account is no administrator of it: others are not told."""
        rows = await self._all("/users", "users", "сотрудники", accept=(403,))
        return _readable(rows, kommo_rows.user, "users")

    async def contacts(self, page: int, *, changed_since: datetime | None = None) -> Page[Contact]:
        return await self._page("contacts", kommo_rows.contact, page, changed_since)

    async def leads(self, page: int, *, changed_since: datetime | None = None) -> Page[Lead]:
        return await self._page("leads", kommo_rows.lead, page, changed_since)

    async def contacts_by_id(self, ids: Sequence[int]) -> Sequence[Contact]:
        return await self._by_id("contacts", kommo_rows.contact, ids)

    async def leads_by_id(self, ids: Sequence[int]) -> Sequence[Lead]:
        return await self._by_id("leads", kommo_rows.lead, ids)

    async def notes(self, lead: int, *, since: datetime | None = None) -> Sequence[Note]:
        rows = await self._timeline(lead, _TEXT_NOTES, since)
        return _readable(rows, kommo_rows.note, "notes")

    async def mails(self, lead: int) -> Sequence[Mail]:
        return _readable(await self._timeline(lead, ("amomail_message",), None), kommo_rows.mail, "notes")

    async def add_note(self, lead: int, text: str, *, kind: str = "common") -> int:
        params = {"text": text} if kind == "common" else {"service": _SERVICE, "text": text}
        body = [{"note_type": kind, "params": params}]
        return await self._make(f"/leads/{lead}/notes", "notes", body, asked=f"примечание к сделке {lead}")

    async def move(self, lead: int, *, pipeline: int, stage: int) -> None:
        body = {"pipeline_id": pipeline, "status_id": stage}
        await self._ask("PATCH", f"/leads/{lead}", asked=f"этап сделки {lead}", body=body)

    async def fill(self, lead: int, values: Mapping[int, str]) -> None:
        """Signs of four bytes (emoji) are left out: Kommo takes a value with one, and then it stands nowhere."""
        asked = f"поля сделки {lead}"
        told = {number: "".join(sign for sign in text if ord(sign) <= _LARGEST_SIGN) for number, text in values.items()}
        rows = [{"field_id": number, "values": [{"value": text}]} for number, text in told.items()]
        answer = await self._ask(
            "PATCH", f"/leads/{lead}", asked=asked, body={"custom_fields_values": rows}, accept=(400,)
        )
        if answer.status == 400:
            raise Rejected(f"Kommo: {asked}: HTTP 400: {words_of(answer, list(told))}")

    async def add_task(self, lead: int, text: str, *, due: datetime, responsible_id: int | None = None) -> int:
        task: dict[str, Any] = {
            "text": text,
            "complete_till": int(due.timestamp()),
            "entity_id": lead,
            "entity_type": "leads",
            "task_type_id": 1,
        }
        if responsible_id is not None:
            task["responsible_user_id"] = responsible_id
        return await self._make("/tasks", "tasks", [task], asked=f"задача к сделке {lead}")

    async def tasks(self, lead: int) -> Sequence[Task]:
        params: dict[str, str | int] = {
            "filter[entity_type]": "leads",
            "filter[entity_id][0]": lead,
            "order[id]": "desc",
        }
        rows = await self._all("/tasks", "tasks", f"задачи сделки {lead}", params=params)
        ours = [row for row in rows if isinstance(row, dict) and row.get("entity_id") == lead]
        return _readable(ours, kommo_rows.task, "tasks")

    async def bots(self) -> Sequence[Bot]:
        return _readable(await self._all("/bots", "bots", "боты"), kommo_rows.bot, "bots")

    async def run_bot(self, bot: int, lead: int) -> None:
        """Accounts that do not know the newer way yet (404) know the older one."""
        asked = f"запуск бота {bot} в сделке {lead}"
        body = {"entity_id": lead, "entity_type": "leads"}
        answer = await self._ask("POST", f"/bots/{bot}/run", asked=asked, body=body, accept=(404,))
        if answer.status == 404:
            runs = [{"bot_id": bot, "entity_id": lead, "entity_type": 2}]
            await self._ask("POST", "/salesbot/run", asked=asked, body=runs, api="/api/v2")

    async def subscribe(self, url: str) -> None:
        asked, refusals = "подписка на события", (402, 403)
        rows = await self._all("/webhooks", "webhooks", asked, params={"filter[destination]": url}, refused=refusals)
        for row in rows:
            told = row if isinstance(row, dict) else {}
            settings = told.get("settings") if told.get("destination") == url and not told.get("disabled") else None
            if isinstance(settings, list) and set(_NEWS) <= {str(one) for one in settings}:
                return
        body = {"destination": url, "settings": _NEWS, "sort": 10}
        await self._ask("POST", "/webhooks", asked=asked, body=body, refused=refusals)

    async def unsubscribe(self, url: str) -> None:
        await self._ask("DELETE", "/webhooks", asked="отписка от событий", body={"destination": url}, accept=(404,))

    async def close(self) -> None:
        for http in (*self._left, self._http):
            await http.close()
        self._left.clear()

    async def _page(
        self, name: str, read: Callable[[Any], _Row], page: int, changed_since: datetime | None
    ) -> Page[_Row]:
        params: dict[str, str | int] = {"order[updated_at]": "asc"}
        if changed_since is not None:
            params["filter[updated_at][from]"] = int(changed_since.timestamp())
        asked = f"{_NAMES[name]}, страница {page}"
        rows, more = await self._rows(f"/{name}", name, page, params | _WITH.get(name, {}), asked)
        return Page(tuple(_readable(rows, read, name)), page + 1 if more else None)

    async def _rows(
        self, path: str, name: str, page: int, params: Mapping[str, str | int], asked: str
    ) -> tuple[list[Any], bool]:
        """A page of 250 and whether another follows; read in smaller pieces once 250 were too much at once."""
        rows: list[Any] = []
        size = self._size
        pieces = LARGEST_PAGE // size
        for piece in range((page - 1) * pieces + 1, page * pieces + 1):
            told: dict[str, str | int] = {**params, "page": piece, "limit": size}
            answer = await self._ask("GET", path, asked=asked, params=told, accept=(504,))
            if answer.status == 504:
                if size not in _SMALLER:
                    raise Unreachable(self._http.describe(answer, asked=asked))
                self._size = min(self._size, _SMALLER[size])
                return await self._rows(path, name, page, params, asked)
            document = self._read(answer, asked)
            if document is None:
                return rows, False
            rows += self._embedded(document, name, asked)
            if not _goes_on(document):
                return rows, False
        return rows, True

    async def _all(
        self,
        path: str,
        name: str,
        asked: str,
        *,
        params: Mapping[str, str | int] | None = None,
        accept: Collection[int] = (),
        refused: Collection[int] = (),
    ) -> list[Any]:
        """Every row of a list that is never long."""
        rows: list[Any] = []
        page = 1
        while True:
            told: dict[str, str | int] = {**(params or {}), "page": page, "limit": LARGEST_PAGE}
            answer = await self._ask("GET", path, asked=asked, params=told, accept=accept, refused=refused)
            if answer.status in accept:
                log.warning("kommo: %s", self._http.describe(answer, asked=asked))
                return rows
            document = self._read(answer, asked)
            found = [] if document is None else self._embedded(document, name, asked)
            rows += found
            if document is None or not found or not _goes_on(document):
                return rows
            page += 1

    async def _by_id(self, name: str, read: Callable[[Any], _Row], ids: Sequence[int]) -> Sequence[_Row]:
        """Raises UnrecognisedPayload for one that cannot be read: left out, it would look deleted."""
        if not ids:
            return ()
        asked = f"{_NAMES[name]} {', '.join(map(str, ids))}"
        params: dict[str, str | int] = {f"filter[id][{place}]": number for place, number in enumerate(ids)}
        rows, _ = await self._rows(f"/{name}", name, 1, params | _WITH.get(name, {}), asked)
        found = []
        for place, row in enumerate(rows):
            try:
                found.append(read(_an_object(row)))
            except ValueError as error:
                raise UnrecognisedPayload(f"Kommo: {asked}: {name}[{place}].{error}") from None
        return found

    async def _timeline(self, lead: int, kinds: Sequence[str], since: datetime | None) -> list[Any]:
        """Kommo heeds no filter by when a note was made, only by when it was changed."""
        params: dict[str, str | int] = {f"filter[note_type][{place}]": kind for place, kind in enumerate(kinds)}
        params["order[updated_at]"] = "desc"
        if since is not None:
            params["filter[updated_at][from]"] = int(since.timestamp())
        return await self._all(f"/leads/{lead}/notes", "notes", f"примечания сделки {lead}", params=params)

    async def _make(self, path: str, name: str, body: list[dict[str, Any]], *, asked: str) -> int:
        answer = await self._ask("POST", path, asked=asked, body=body)
        try:
            (row,) = kommo_rows.rows_in(self._http.json_object(answer, asked=asked), name)
            return kommo_rows.number_of(row)
        except (UnrecognisedPayload, ValueError) as unread:
            raise Unanswered(f"Kommo: {asked}: {unread}") from unread

    async def _document(self, method: str, path: str, *, asked: str, **request: Any) -> dict[str, Any] | None:
        return self._read(await self._ask(method, path, asked=asked, **request), asked)

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        asked: str,
        accept: Collection[int] = (),
        refused: Collection[int] = (),
        api: str = _API,
        **request: Any,
    ) -> Answer:
        """Sent again once with renewed tokens when those it went out with are not accepted: then it was certainly not
        done. ``refused``: of 402 and 403, those that say no to this request alone, not to the account."""
        used = self._tokens
        if used.expires_at is not None and used.expires_at <= self._clock.now() + _EARLY:
            used = await self._renewed(used)
        answer = await self._send(used, method, api + path, asked=asked, accept=(*accept, *refused, 401), **request)
        if answer.status == 401:
            used = await self._renewed(used)
            answer = await self._send(used, method, api + path, asked=asked, accept=(*accept, *refused), **request)
        if answer.status in refused:
            raise Rejected(self._http.describe(answer, asked=asked))
        if answer.status == 403 and 403 not in accept:
            raise BadCredentials(self._http.describe(answer, asked=asked))
        return answer

    async def _send(
        self, tokens: Tokens, method: str, path: str, *, asked: str, accept: Collection[int], **request: Any
    ) -> Answer:
        http, headers = self._http, {"Authorization": f"Bearer {tokens.access_token}"}
        accepted = (*accept, 403, *(_NOTHING if method == "GET" else ()))
        answer = await http.call(method, path, asked=asked, headers=headers, accept=accepted, **request)
        if answer.status == 403 and self._is_blocked():
            raise RateLimited(f"Kommo: {asked}: HTTP 403: {BLOCKED}", retry_after=60.0)
        return answer

    async def _renewed(self, used: Tokens) -> Tokens:
        async with self._renewing:
            if self._tokens is used:
                self._tokens = await self._renew(used)
                if self._tokens.base_url not in (None, self.base_url):
                    self.base_url = checked(str(self._tokens.base_url))
                    self._left.append(self._http)
                    self._http = self._client()
            return self._tokens

    def _client(self) -> HttpClient:
        return HttpClient(
            "Kommo",
            self.base_url,
            clock=self._clock,
            headers={"User-Agent": USER_AGENT, "Content-Type": "application/json", "Accept": "application/hal+json"},
            timeout=self._timeout,
            turn=self._counted,
            sort=self._sort,
            excerpt=self._says,
            silence=SILENCE,
            transport=self._transport,
        )

    @asynccontextmanager
    async def _counted(self) -> AsyncIterator[None]:
        async with self._turn():
            self.requests += 1
            yield

    def _sort(self, answer: Answer) -> Callable[[str], OutsideError] | None:
        if answer.status != 429:
            return None
        self._limited_at = self._clock.now()
        return None if "retry-after" in answer.headers else partial(RateLimited, retry_after=3.0)

    def _is_blocked(self) -> bool:
        """Kommo answers 403 to who went on after a 429, and that passes."""
        return self._limited_at is not None and self._clock.now() - self._limited_at < _BLOCKED_FOR

    def _says(self, answer: Answer) -> str:
        return words_of(answer).replace(self._tokens.access_token, "…")

    def _read(self, answer: Answer, asked: str) -> dict[str, Any] | None:
        """None for nothing."""
        return None if answer.status in _NOTHING else self._http.json_object(answer, asked=asked)

    def _embedded(self, document: Mapping[str, Any], name: str, asked: str) -> list[Any]:
        try:
            return kommo_rows.rows_in(document, name)
        except ValueError as error:
            raise UnrecognisedPayload(f"Kommo: {asked}: {error}") from None


_NAMES = {"leads": "сделки", "contacts": "контакты"}
_WITH: Mapping[str, dict[str, str | int]] = {"leads": {"with": "contacts"}}


def _goes_on(document: Mapping[str, Any]) -> bool:
    links = document.get("_links")
    return isinstance(links, dict) and bool(links.get("next"))


def _readable(rows: Sequence[Any], read: Callable[[Any], _Row], name: str) -> list[_Row]:
    """Those that can be read; a developer is told of the others by the log."""
    found = []
    for place, row in enumerate(rows):
        try:
            found.append(read(_an_object(row)))
        except ValueError as error:
            log.warning("kommo: %s[%d] is left out: %s", name, place, error)
    return found


def _an_object(row: object) -> Mapping[str, Any]:
    if not isinstance(row, dict):
        raise ValueError("expected an object")
    return row
