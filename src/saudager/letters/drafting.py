"""The drafts of a campaign: its members noted page by page, then a letter found for each, a few at a time."""

import json
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from saudager.app import App
from saudager.contracts import MessageClass
from saudager.db.statements import Statement, insert_into
from saudager.letters import reaching, sending
from saudager.letters.models import Campaign, CampaignState
from saudager.letters.reaching import Reader
from saudager.letters.tasks import generate_personalized_letter, letter_of
from saudager.outreach import holdout, policy
from saudager.queues import tasks
from saudager.sales import segments
from saudager.sales.models import Consent
from saudager.settings import Settings

GATHER, DRAFT = "gather_campaign", "draft_campaign"
SAME_ADDRESS = "same_address"
"""Why a member is left out: another member reads mail at his address."""
_PAGE = 500
_WRITTEN_AT_ONCE = 40
"""Letters of one campaign that are asked for at a time: others' letters are written between them."""
_LOOKED_AGAIN_IN = timedelta(seconds=1)


def ask_to_gather(session: Session, campaign_id: int, *, now: datetime) -> None:
    tasks.enqueue(session, GATHER, task_id=f"{GATHER}:{campaign_id}:0", now=now, campaign_id=campaign_id, after=0)


def ask_again(session: Session, campaign_id: int, *, now: datetime) -> None:
    """Go on where it was cut off, unless somebody is at it."""
    if not is_under_way(session, campaign_id, now=now):
        newest = _NEWEST(session, campaign=campaign_id).fetchone()[0]
        task_id = f"{GATHER}:{campaign_id}:{newest or 0}:{now.isoformat()}"
        tasks.enqueue(session, GATHER, task_id=task_id, now=now, campaign_id=campaign_id, after=newest or 0)


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
    """See that so many letters of the campaign are being written as may be at a time, and look again in a second, until
    all drafts are there; how many were begun. Each letter is a task of its own and has its row before it is asked for,
    so that whatever dies nobody gets two."""
    return await app.db.run(_draft, campaign_id, now=app.clock.now())


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
        last = page[-1].person_id
        task_id = f"{GATHER}:{campaign_id}:{last}"
        tasks.enqueue(session, GATHER, task_id=task_id, now=now, campaign_id=campaign_id, after=last)
    else:
        _draft(session, campaign_id, now=now)
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


def _draft(session: Session, campaign_id: int, *, now: datetime) -> int:
    campaign = session.get(Campaign, campaign_id, with_for_update=True)
    if campaign is None or campaign.state != CampaignState.DRAFTING:
        return 0
    unwritten = _UNWRITTEN(session, campaign=campaign_id).fetchone()[0]
    members = _NEXT(session, campaign=campaign_id, limit=max(_WRITTEN_AT_ONCE - unwritten, 0)).fetchall()
    for member_id, person_id in members:
        task_id = generate_personalized_letter.enqueue(
            session,
            recipient_id=person_id,
            user_id=campaign.user_id,
            context=campaign.context,
            tone=campaign.tone,
            purpose=campaign.purpose,
            products=campaign.products,
            include_sales_data=campaign.include_sales_data,
            campaign_id=campaign_id,
            task_id=f"campaign:{campaign_id}:{person_id}",
            now=now,
        )
        _BEGUN(session, member=member_id, letter=letter_of(session, task_id))
    if members or unwritten:
        due = now.replace(microsecond=0) + _LOOKED_AGAIN_IN
        task_id = f"{DRAFT}:{campaign_id}:{due:%Y-%m-%dT%H:%M:%SZ}"
        tasks.enqueue(session, DRAFT, task_id=task_id, now=now, due=due, campaign_id=campaign_id)
    else:
        campaign.state = CampaignState.READY
    return len(members)


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
_UNWRITTEN = Statement("select count(*) from letters where campaign_id = :campaign and state = 'writing'")
