"""The drafts of a campaign: its members noted page by page, then a letter found for each, a few at a time."""

import asyncio
import json
import logging
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.contracts import MessageClass
from saudager.db.statements import Statement, insert_into
from saudager.errors import DatabaseFault, NotFound, Refused
from saudager.letters import desk, reaching, sending, writing
from saudager.letters.models import Campaign, CampaignState, Letter, LetterState
from saudager.letters.reaching import Reader
from saudager.letters.writing import Commission, Written
from saudager.outreach import holdout, policy
from saudager.queues import tasks
from saudager.sales import segments
from saudager.sales.models import Consent
from saudager.settings import Settings

_log = logging.getLogger(__name__)
GATHER, DRAFT = "gather_campaign", "draft_campaign"
SAME_ADDRESS = "same_address"
"""Why a member is left out: another member reads mail at his address."""
_PAGE = 500
_WRITTEN_AT_ONCE, _SLICE = 4, 40
"""Letters that are being written at a time, and in one run of the task, which asks for the next one."""
_BY_FAULT = "Письмо не удалось написать, подробности в журнале. Напишите его заново."


def ask_to_gather(session: Session, campaign_id: int, *, now: datetime) -> None:
    _ask(session, GATHER, campaign_id, now=now, after=0)


def ask_again(session: Session, campaign_id: int, *, now: datetime) -> None:
    """Go on where it was cut off, unless somebody is at it."""
    if not is_under_way(session, campaign_id, now=now):
        newest = _NEWEST(session, campaign=campaign_id).fetchone()[0]
        _ask(session, GATHER, campaign_id, now=now, after=newest or 0)


def is_gathering(session: Session, campaign_id: int, *, now: datetime) -> bool:
    """Whether the segment is still being looked through."""
    return bool(tasks.under_way(session, f"{GATHER}:{campaign_id}", now=now))


def is_under_way(session: Session, campaign_id: int, *, now: datetime) -> bool:
    """Whether somebody is at its drafts, or will be."""
    return any(tasks.under_way(session, f"{name}:{campaign_id}", now=now) for name in (GATHER, DRAFT))


async def gather_campaign(app: App, task_id: str, campaign_id: int, after: int) -> int:
    """Note the next members of the campaign's segment, each with why he gets no letter if he gets none; how many. Each
    page asks for the next one in its transaction, the last one for the drafts."""
    now = app.clock.now()
    today = now.astimezone(app.settings.zone).date()
    return await app.db.run(_gather, campaign_id, after, app.settings, today=today, now=now)


async def draft_campaign(app: App, task_id: str, campaign_id: int) -> int:
    """Write the next letters of the campaign, and ask for the run after this one; how many. What a run that died had
    begun is written by the next one, so that nobody gets two letters and nobody none."""
    begun = await app.db.run(_begin, campaign_id, now=app.clock.now())
    places = asyncio.Semaphore(_WRITTEN_AT_ONCE)

    async def write(letter_id: int, commission: Commission) -> None:
        async with places:
            if await app.db.read(_is_drafting, campaign_id):
                await _write(app, letter_id, commission)

    await asyncio.gather(*(write(*one) for one in begun))
    await app.db.run(_go_on, campaign_id, now=app.clock.now())
    return len(begun)


async def _write(app: App, letter_id: int, commission: Commission) -> None:
    """One letter; a fault that only this one has is its own and stops no other."""
    try:
        written: Written = await writing.write(app, commission, now=app.clock.now())
    except DatabaseFault:
        raise
    except (NotFound, Refused) as error:
        await app.db.run(desk.failed, letter_id, str(error), now=app.clock.now())
    except Exception:
        _log.exception("letter %s cannot be written", letter_id)
        await app.db.run(desk.failed, letter_id, _BY_FAULT, now=app.clock.now())
    else:
        await app.db.run(desk.store, letter_id, written, now=app.clock.now())


def _gather(session: Session, campaign_id: int, after: int, settings: Settings, *, today: date, now: datetime) -> int:
    campaign = session.get(Campaign, campaign_id, with_for_update=True)
    if campaign is None or campaign.state != CampaignState.DRAFTING:
        return 0
    segment = segments.read(campaign.segment)
    page = segments.members(session, segment, today=today, after_person_id=after, limit=_PAGE)
    ids = json.dumps([member.person_id for member in page])
    addresses = set[str]()
    for row in _PERSONS(session, ids=ids, campaign=campaign_id).fetchall():
        person = _Person(*row)
        reason = _why_not(session, campaign, person, settings, now=now)
        if reason is None and person.email in addresses:
            reason = SAME_ADDRESS
        addresses.add(person.email or "")
        _NOTE(session, campaign_id=campaign_id, person_id=person.id, company_id=person.company_id, left_out=reason)
    if len(page) == _PAGE:
        _ask(session, GATHER, campaign_id, now=now, after=page[-1].person_id)
    else:
        _ask(session, DRAFT, campaign_id, now=now)
    return len(page)


def _why_not(
    session: Session, campaign: Campaign, person: "_Person", settings: Settings, *, now: datetime
) -> str | None:
    """Why nothing is written to him; the hold-out comes last, as it is drawn among those who would get a letter."""
    message_class = sending.class_of(campaign.purpose)
    is_offer = message_class is MessageClass.MARKETING
    if not person.email:
        return sending.NO_EMAIL
    if person.is_double:
        return SAME_ADDRESS
    if person.suppressed:
        return person.suppressed
    if any(policy.is_stopped(message_class, wish) for wish in (person.wish, person.wish_by_mail)):
        return policy.OPTED_OUT
    if is_offer and person.consent == Consent.REFUSED:
        return policy.OPTED_OUT
    if is_offer and settings.holdout_share > 0:
        reader = Reader(person.id, person.name, person.email, person.contact_id, person.company)
        contact = reaching.contact_of(session, reader, now=now)
        reaching.draw_group(session, contact, settings.holdout_share, now=now)
        if holdout.is_held_out(session, contact):
            return policy.HELD_OUT
    return None


def _begin(session: Session, campaign_id: int, *, now: datetime) -> list[tuple[int, Commission]]:
    """The letters of one run: those an earlier run left unwritten, and new ones for the next members."""
    campaign = session.get(Campaign, campaign_id, with_for_update=True)
    if campaign is None or campaign.state != CampaignState.DRAFTING:
        return []
    unwritten = session.scalars(
        select(Letter)
        .where(Letter.campaign_id == campaign_id, Letter.state == LetterState.WRITING)
        .order_by(Letter.id)
        .limit(_SLICE)
    )
    begun = [(letter.id, desk.commission_of(letter)) for letter in unwritten]
    members = _NEXT(session, campaign=campaign_id, limit=_SLICE - len(begun)).fetchall()
    for member_id, person_id in members:
        commission = Commission(
            person_id=person_id,
            context=campaign.context,
            tone=campaign.tone,
            purpose=campaign.purpose,
            products=tuple(campaign.products),
            include_sales_data=campaign.include_sales_data,
            user_id=campaign.user_id,
        )
        letter_id = desk.begin(session, commission, campaign_id=campaign_id, now=now)
        _BEGUN(session, member=member_id, letter=letter_id)
        begun.append((letter_id, commission))
    return begun


def _go_on(session: Session, campaign_id: int, *, now: datetime) -> None:
    """Ask for the next run, or say that all drafts are there."""
    campaign = session.get(Campaign, campaign_id, with_for_update=True)
    if campaign is None or campaign.state != CampaignState.DRAFTING:
        return
    if _IS_LEFT(session, campaign=campaign_id).fetchone()[0]:
        _ask(session, DRAFT, campaign_id, now=now)
    else:
        campaign.state = CampaignState.READY


def _is_drafting(session: Session, campaign_id: int) -> bool:
    campaign = session.get(Campaign, campaign_id)
    return campaign is not None and campaign.state == CampaignState.DRAFTING


def _ask(session: Session, task: str, campaign_id: int, *, now: datetime, **arguments: int) -> None:
    """Each run has a name of its own, made from how far the campaign is, so that none is asked for twice."""
    members, begun, unwritten = _HOW_FAR(session, campaign=campaign_id).fetchone()
    task_id = f"{task}:{campaign_id}:{members}:{begun}:{unwritten}:{now.isoformat()}"
    tasks.enqueue(session, task, task_id=task_id, now=now, campaign_id=campaign_id, **arguments)


class _Person(NamedTuple):
    """A member of a segment, and what bears on writing to him."""

    id: int
    company_id: int
    name: str
    email: str | None
    consent: str | None
    contact_id: int | None
    company: str
    suppressed: str | None
    wish: str | None
    wish_by_mail: str | None
    """Of the contact known by the address, who may be another."""
    is_double: bool


_NEWEST = Statement("select max(person_id) from campaign_members where campaign_id = :campaign")
_PERSONS_SQL = """
    select p.id, p.company_id, p.name, p.email, p.consent, p.contact_id, o.name,
        (select reason from suppressed_addresses where address = p.email),
        (select wish from consents where contact_id = p.contact_id order by id desc limit 1),
        (select wish from consents where contact_id = i.contact_id order by id desc limit 1),
        exists (
            select 1 from persons other join campaign_members m on m.person_id = other.id
            where other.email = p.email and other.id <> p.id and m.campaign_id = :campaign and m.left_out is null)
    from persons p
    join companies o on o.id = p.company_id
    left join identities i on i.kind = 'email' and i.value = p.email
    where p.id in ({ids}) order by p.id"""
_PERSONS = Statement(
    _PERSONS_SQL.format(ids="select value from json_each(:ids)"),
    postgresql=_PERSONS_SQL.format(ids="select value::bigint from json_array_elements_text(cast(:ids as json))"),
)
_NOTE = insert_into(
    "campaign_members",
    ("campaign_id", "person_id", "company_id", "left_out"),
    "on conflict (campaign_id, person_id) do nothing",
)
_NEXT = Statement("""
    select id, person_id from campaign_members
    where campaign_id = :campaign and left_out is null and letter_id is null order by id limit :limit""")
_BEGUN = Statement("update campaign_members set letter_id = :letter where id = :member")
_IS_LEFT = Statement("""
    select exists (
            select 1 from campaign_members where campaign_id = :campaign and left_out is null and letter_id is null)
        or exists (select 1 from letters where campaign_id = :campaign and state = 'writing')""")
_HOW_FAR = Statement("""
    select count(*), count(letter_id),
        (select count(*) from letters where campaign_id = :campaign and state = 'writing')
    from campaign_members where campaign_id = :campaign""")
