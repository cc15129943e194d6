"""The port to a CRM: connect to an account, read what stands in it page by page, hear its news, write into it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Literal, Protocol, TypeVar

from saudager.clock import Clock

StageKind = Literal["incoming", "open", "won", "lost"]
Entity = Literal["leads", "contacts"]
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Stage:
    id: int
    name: str
    sort: int
    color: str
    kind: StageKind


@dataclass(frozen=True, slots=True)
class Pipeline:
    id: int
    name: str
    sort: int
    is_main: bool
    is_archived: bool
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A field the merchant has added; ``choices`` are (id, value) of a select."""

    id: int
    entity: Entity
    name: str
    kind: str
    code: str | None = None
    choices: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class User:
    id: int
    name: str
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """Phones are digits with the country code, emails in small letters; ``values`` are the other fields by number."""

    id: int
    name: str
    phones: tuple[str, ...]
    emails: tuple[str, ...]
    values: Mapping[str, Sequence[Any]]
    responsible_id: int | None
    changed_at: datetime
    is_deleted: bool = False


@dataclass(frozen=True, slots=True)
class Lead:
    """``contacts`` are numbers, the main one first. ``price`` is in whole units of the account's currency."""

    id: int
    name: str
    price: int
    pipeline_id: int
    stage_id: int
    contacts: tuple[int, ...]
    responsible_id: int | None
    values: Mapping[str, Sequence[Any]]
    created_at: datetime
    changed_at: datetime
    closed_at: datetime | None = None
    is_deleted: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows, and the page that follows: None after the last."""

    rows: tuple[Row, ...]
    next: int | None


@dataclass(frozen=True, slots=True)
class Account:
    """The account behind the credentials; ``chats_id`` is what its Chats API calls it."""

    id: int
    name: str
    base_url: str
    currency: str
    chats_id: str | None = None


@dataclass(frozen=True, slots=True)
class Tokens:
    """What opens an account. ``refresh_token`` None: a long-lived token, which cannot be renewed."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    base_url: str | None = None
    """Where the account lives now, when it was renamed meanwhile."""


@dataclass(frozen=True, slots=True)
class Integration:
    """The merchant's own integration in the CRM, in whose name accounts are opened."""

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Note:
    id: int
    kind: str
    text: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Task:
    """Something a person of the CRM is to do about a lead."""

    id: int
    text: str
    due: datetime
    is_done: bool


@dataclass(frozen=True, slots=True)
class Mail:
    """A letter the CRM has read from the mailbox connected to it: its body is not told."""

    id: int
    message_id: str
    is_incoming: bool
    sender: str
    recipient: str
    subject: str
    summary: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Bot:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class News:
    """What one webhook call names: things to read again. ``digest`` is the same for the same call told twice."""

    digest: str
    leads: tuple[int, ...] = ()
    contacts: tuple[int, ...] = ()
    deleted_leads: tuple[int, ...] = ()
    deleted_contacts: tuple[int, ...] = ()
    is_other: bool = False
    """Something we do not follow (tasks, catalogues, talks), and nothing else."""


class Crm(Protocol):
    """One account of one CRM. Every method raises only OutsideError and its kin (see ``errors``).

    Reads keep the pace, renew the token once when it is not accepted, and are repeated; writes go out once and raise
    Unanswered when nobody knows whether they arrived. Rejected carries the CRM's words, field by field where it tells.
    """

    base_url: str

    @property
    def requests(self) -> int:
        """Sent so far, repeats too."""
        ...

    async def account(self) -> Account: ...

    async def pipelines(self) -> Sequence[Pipeline]: ...

    async def fields(self, entity: Entity) -> Sequence[Field]: ...

    async def users(self) -> Sequence[User]:
        """Nobody, when the CRM does not tell them to whoever has connected it."""
        ...

    async def contacts(self, page: int, *, changed_since: datetime | None = None) -> Page[Contact]:
        """The contacts in the order they were changed; pages count from 1."""
        ...

    async def leads(self, page: int, *, changed_since: datetime | None = None) -> Page[Lead]: ...

    async def contacts_by_id(self, ids: Sequence[int]) -> Sequence[Contact]:
        """Those of at most 50 that are there; who is missing was deleted."""
        ...

    async def leads_by_id(self, ids: Sequence[int]) -> Sequence[Lead]: ...

    async def notes(self, lead: int, *, since: datetime | None = None) -> Sequence[Note]:
        """The common and service notes of a lead, newest first."""
        ...

    async def mails(self, lead: int) -> Sequence[Mail]:
        """What the CRM shows of letters in the lead, newest first."""
        ...

    async def add_note(self, lead: int, text: str, *, kind: str = "common") -> int:
        """Its number. ``kind``: common, service_message or extended_service_message are certain to be accepted."""
        ...

    async def move(self, lead: int, *, pipeline: int, stage: int) -> None: ...

    async def fill(self, lead: int, values: Mapping[int, str]) -> None:
        """Put words into fields of a lead; one field that is not there lets the whole call be refused."""
        ...

    async def add_task(self, lead: int, text: str, *, due: datetime, responsible_id: int | None = None) -> int: ...

    async def tasks(self, lead: int) -> Sequence[Task]:
        """What is and was to be done about a lead, newest first."""
        ...

    async def bots(self) -> Sequence[Bot]: ...

    async def run_bot(self, bot: int, lead: int) -> None:
        """Accepted means queued: what the bot does then is not told."""
        ...

    async def subscribe(self, url: str) -> None:
        """See to it that the CRM tells its news to this address, changing nothing when it does already."""
        ...

    async def unsubscribe(self, url: str) -> None: ...

    async def close(self) -> None: ...


RefreshTokens = Callable[[Tokens], Awaitable[Tokens]]
"""Given the tokens that were not accepted, the ones to use now: renewed by us or meanwhile by another process. Raises
BadCredentials when the account is not ours any more."""


@dataclass(frozen=True, slots=True)
class CrmKind:
    """A CRM that can be connected. ``domains`` are where its accounts live, the first is suggested."""

    title: str
    domains: tuple[str, ...]
    open: Callable[
        [str, Tokens, RefreshTokens, Callable[[], AbstractAsyncContextManager[Any]], Clock],
        Crm,
    ]
    """(base address, tokens, what renews them, the turn entered around every request, clock)"""
    authorize_url: Callable[[Integration, str, str], str]
    """(integration, domain, state): where the merchant says yes."""
    exchange: Callable[[str, Integration, str, Clock], Awaitable[Tokens]]
    """(base address, integration, code): raises Rejected with the CRM's hint for a code that is used or too old."""
    refresh: Callable[[str, Integration, Tokens, Clock], Awaitable[Tokens]]
    """(base address, integration, tokens): asks where the account has moved when it is not there any more, and raises
    BadCredentials when it is not ours any more."""
    read: Callable[[Mapping[str, str], bytes], News]
    """One webhook call (header names in lower case); raises UnrecognisedPayload for what is none."""
    address: Callable[[str, Sequence[str]], str]
    """(what somebody says is the account's address, domains it may be below): the base address; raises Rejected for
    anything tokens must not be sent to."""
    requests_per_second: float = 7.0
