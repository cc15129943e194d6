"""One reader of an account at a time: what it reads is taken in page by page, and a dead reader's turn runs out."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from saudager.app import App
from saudager.crm import catalogue, joining, mirror, trouble
from saudager.crm.mirror import Taken
from saudager.crm.models import CrmContact, CrmLead
from saudager.crm.paging import Place
from saudager.db.statements import Statement
from saudager.errors import LeaseLost, RateLimited, SaudagerError
from saudager.providers.crm import Contact, Crm, Entity, Lead, Page

LOOK_EVERY = timedelta(minutes=10)
AT_ONCE = 50
"""Rows asked for by their numbers in one request."""
_TURN = timedelta(minutes=5)
"""How long a reader may be silent until another takes its place; every page begins it anew."""
_PAUSED_FOR = timedelta(hours=1)
"""How long an account that does not open to us is left alone."""
_LONGEST_WAIT = timedelta(hours=1)

AlsoStore = Callable[[Session, Page[Contact] | Page[Lead], Taken], None]


@dataclass(frozen=True, slots=True)
class Reader:
    """Whoever reads an account. ``owner``: the name under which he has the turn to read it; None: he needs none, for
    he reads by number what the CRM has told of. ``is_first``: nothing is told on of what is read."""

    app: App
    connection_id: int
    crm: Crm
    owner: str | None
    is_first: bool = False

    async def page(self, entity: Entity, place: Place, *, also: AlsoStore | None = None) -> Page[Contact] | Page[Lead]:
        """Read a page and take it in; what is ``also`` to be stored is, in the same transaction."""
        read_at = self.app.clock.now()
        if entity == "contacts":
            contacts = await self.crm.contacts(place.page, changed_since=place.since)
            await self._take_contacts(
                contacts.rows, read_at, lambda session, taken: _also(also, session, contacts, taken)
            )
            return contacts
        leads = await self.crm.leads(place.page, changed_since=place.since)
        await self._take_leads(leads.rows, read_at, lambda session, taken: _also(also, session, leads, taken))
        return leads

    async def contacts(self, numbers: Iterable[int]) -> None:
        """Read contacts by their numbers; who is missing is not there any more."""
        for part in _parts(numbers):
            read_at = self.app.clock.now()
            found = await self.crm.contacts_by_id(part)
            await self._take_contacts(found, read_at)
            await self._gone(CrmContact, set(part) - {one.id for one in found}, read_at)

    async def leads(self, numbers: Iterable[int]) -> None:
        """The same of leads."""
        for part in _parts(numbers):
            read_at = self.app.clock.now()
            found = await self.crm.leads_by_id(part)
            await self._take_leads(found, read_at)
            await self._gone(CrmLead, set(part) - {one.id for one in found}, read_at)

    async def described(self) -> dict[str, int]:
        """Read what the leads are described by: pipelines, fields, people."""
        told = await catalogue.read(self.crm)
        return await self.app.db.run(self._keep_description, told)

    def hold_turn(self, session: Session) -> None:
        """Raises LeaseLost when another has the turn to read now."""
        if self.owner is None:
            return
        until = self.app.clock.now() + _TURN
        if _LENGTHEN(session, connection=self.connection_id, owner=self.owner, until=until).rowcount < 1:
            raise LeaseLost(f"CRM account {self.connection_id} is read by another task now")

    async def _take_contacts(
        self, contacts: Sequence[Contact], read_at: datetime, also: Callable[[Session, Taken], None] | None = None
    ) -> None:
        def take(session: Session) -> None:
            self.hold_turn(session)
            taken = mirror.take_contacts(session, self.connection_id, contacts, read_at=read_at)
            if not self.is_first:  # who shares a name with whom is known once all are read
                joining.meet(session, taken.ids, now=self.app.clock.now())
            if also is not None:
                also(session, taken)

        await self.app.db.run(take)

    async def _take_leads(
        self, leads: Sequence[Lead], read_at: datetime, also: Callable[[Session, Taken], None] | None = None
    ) -> None:
        if not self.is_first:
            await self.contacts(await self.app.db.read(mirror.unknown_contacts, self.connection_id, leads))
            if await self.app.db.read(_has_new_stages, self.connection_id, leads):
                await self.described()

        def take(session: Session) -> None:
            self.hold_turn(session)
            taken = mirror.take_leads(
                session,
                self.connection_id,
                leads,
                read_at=read_at,
                is_first=self.is_first,
                settings=self.app.settings,
                now=self.app.clock.now(),
            )
            if also is not None:
                also(session, taken)

        await self.app.db.run(take)

    async def _gone(self, table: type[CrmLead] | type[CrmContact], numbers: set[int], read_at: datetime) -> None:
        if numbers:
            await self.app.db.run(mirror.gone, table, self.connection_id, sorted(numbers), read_at=read_at)

    def _keep_description(self, session: Session, told: catalogue.Read) -> dict[str, int]:
        self.hold_turn(session)
        mirror.hold(session, self.connection_id)
        return catalogue.keep(session, self.connection_id, told, now=self.app.clock.now())


def claim(session: Session, connection_id: int, owner: str, *, now: datetime) -> bool:
    """Take the turn to read an account; False while another has it."""
    return _CLAIM(session, connection=connection_id, owner=owner, now=now, until=now + _TURN).rowcount > 0


def release(session: Session, connection_id: int, owner: str, *, due: datetime) -> None:
    """Give the turn back; the account is to be read next when ``due``."""
    _RELEASE(session, connection=connection_id, owner=owner, due=due)


def went_wrong(session: Session, connection_id: int, owner: str, error: SaudagerError, *, now: datetime) -> datetime:
    """Keep why an account could not be read, and rest; when it may be tried again."""
    trouble.went_wrong(session, connection_id, error, now=now)
    due = now + LOOK_EVERY
    if isinstance(error, RateLimited):
        due = now + min(timedelta(seconds=error.retry_after), _LONGEST_WAIT)
    elif trouble.is_paused(session, connection_id):
        due = now + _PAUSED_FOR
    release(session, connection_id, owner, due=due)
    return due


def _has_new_stages(session: Session, connection_id: int, leads: Sequence[Lead]) -> bool:
    known = catalogue.named(session, connection_id).stages
    return any((lead.pipeline_id, lead.stage_id) not in known for lead in leads)


def _also(also: AlsoStore | None, session: Session, page: Page[Contact] | Page[Lead], taken: Taken) -> None:
    if also is not None:
        also(session, page, taken)


def _parts(numbers: Iterable[int]) -> Iterator[list[int]]:
    wanted = sorted(set(numbers))
    for begin in range(0, len(wanted), AT_ONCE):
        yield wanted[begin : begin + AT_ONCE]


_CLAIM = Statement("""
    update crm_connections set read_owner = :owner, read_until = :until
    where id = :connection and disconnected_at is null
        and (read_owner is null or read_owner = :owner or read_until <= :now)""")
_LENGTHEN = Statement("""
    update crm_connections set read_until = :until where id = :connection and read_owner = :owner""")
_RELEASE = Statement("""
    update crm_connections set read_owner = null, read_until = :due where id = :connection and read_owner = :owner""")
