"""Campaigns: one purpose, a letter of his own to everybody in a segment, and a person's word before any is sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from saudager.db.statements import Statement
from saudager.errors import NotFound, Refused
from saudager.letters import drafting, sending
from saudager.letters.asking import LetterAsked
from saudager.letters.models import Campaign, CampaignMember, CampaignState, Letter, LetterState
from saudager.outreach import door
from saudager.sales import segments
from saudager.sales.segments import Segment

NO_CONSENT, STOPPED = "no_consent", "campaign_stopped"
LONGEST_NAME = 200
_NO_CAMPAIGN = "Такой рассылки нет."


@dataclass(frozen=True, slots=True)
class Plan:
    """What a person asks for; ``account`` is the mailbox it leaves from."""

    name: str
    segment: Segment
    account: str
    context: str = ""
    tone: str = "professional"
    purpose: str = "offer"
    products: Sequence[int] = ()
    include_sales_data: bool = True
    user_id: int | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a campaign is. ``gathering``: the segment is still being looked through, and ``meant`` grows."""

    meant: int
    """Members who are to get a letter."""
    left_out: int
    letters: dict[str, int]
    """By state."""
    by_fallback: int
    """Letters written without a model."""
    gathering: bool

    @property
    def drafted(self) -> int:
        """Letters whose words are found, or could not be."""
        return sum(self.letters.values()) - self.letters.get(LetterState.WRITING, 0)

    def of(self, *states: LetterState) -> int:
        return sum(self.letters.get(state, 0) for state in states)


@dataclass(frozen=True, slots=True)
class Approved:
    """How many letters were approved, and how many wait for a person to read each, because nobody asked their
    recipients whether they want offers."""

    letters: int
    no_consent: int


def make(session: Session, plan: Plan, *, by: str, now: datetime) -> int:
    """Begin a campaign: everybody in the segment is noted, and letters are drafted for those who may get one. Nothing
    is sent before a person says so. Raises Refused for a plan without a name."""
    name = " ".join(plan.name.split())
    if not name or len(name) > LONGEST_NAME:
        raise Refused(f"Назовите рассылку: до {LONGEST_NAME} знаков.")
    asked = _as_asked_for(plan)
    campaign = Campaign(
        name=name,
        segment=segments.told(plan.segment),
        account=plan.account,
        context=asked.context,
        tone=asked.tone,
        purpose=asked.purpose,
        products=asked.products,
        include_sales_data=asked.include_sales_data,
        user_id=asked.user_id,
        state=CampaignState.DRAFTING,
        created_by=by,
        created_at=now,
    )
    session.add(campaign)
    session.flush()
    drafting.ask_to_gather(session, campaign.id, now=now)
    return campaign.id


def one(session: Session, campaign_id: int) -> Campaign:
    """Raises NotFound."""
    campaign = session.get(Campaign, campaign_id)
    if campaign is None:
        raise NotFound(_NO_CAMPAIGN)
    return campaign


def everyone(session: Session, *, before: int | None = None, limit: int = 50) -> Sequence[Campaign]:
    """The newest campaigns first; ``before``: those older than this one."""
    wanted = select(Campaign).order_by(Campaign.id.desc()).limit(limit)
    return session.scalars(wanted if before is None else wanted.where(Campaign.id < before)).all()


def progress(session: Session, campaign_id: int, *, now: datetime) -> Progress:
    meant, left_out = _MEMBERS(session, campaign=campaign_id).fetchone()
    by_state = select(Letter.state, func.count()).where(Letter.campaign_id == campaign_id).group_by(Letter.state)
    letters = {state: count for state, count in session.execute(by_state)}  # noqa: C416
    by_fallback = _BY_FALLBACK(session, campaign=campaign_id).fetchone()[0]
    return Progress(meant, left_out, letters, by_fallback, drafting.is_gathering(session, campaign_id, now=now))


def approve_all(session: Session, campaign_id: int, *, by: str, now: datetime) -> Approved:
    """Approve every draft whose recipient agreed to offers, or, of service letters, every one. A draft to somebody
    nobody asked stays one, with the reason ``no_consent``: a person has to read and approve it alone."""
    campaign = _held(session, campaign_id)
    if campaign.state in (CampaignState.STOPPED, CampaignState.DONE):
        raise Refused("Рассылка закончена: одобрять в ней нечего.")
    due = now if campaign.state == CampaignState.SENDING else None
    needs_consent = campaign.purpose != sending.SERVICE
    approved = _APPROVE(session, campaign=campaign_id, by=by, due=due, now=now, needs_consent=needs_consent).rowcount
    waiting = _NOT_APPROVED(session, campaign=campaign_id, reason=NO_CONSENT, now=now).rowcount if needs_consent else 0
    if due is not None and approved:
        sending.wake(session, at=now, now=now)
    return Approved(approved, waiting)


def start(session: Session, campaign_id: int, *, now: datetime) -> int:
    """Let the approved letters go, at the door's and the mailbox's pace; how many. Raises Refused while drafts are
    written, or when nothing was approved."""
    campaign = _held(session, campaign_id)
    if campaign.state == CampaignState.DRAFTING:
        raise Refused("Письма ещё пишутся. Отправить можно, когда все черновики готовы.")
    if campaign.state != CampaignState.READY:
        raise Refused("Рассылка уже начата или закончена.")
    count: int = _START(session, campaign=campaign_id, now=now).rowcount
    if count < 1:
        raise Refused("Ни одно письмо не одобрено.")
    campaign.state, campaign.started_at = CampaignState.SENDING, now
    sending.wake(session, at=now, now=now)
    return count


def stop(session: Session, campaign_id: int, *, now: datetime) -> int:
    """Take back everything that was not handed to the gateway yet; how many letters that were to go. What the gateway
    has goes."""
    campaign = _held(session, campaign_id)
    if campaign.state in (CampaignState.STOPPED, CampaignState.DONE) and not _at_the_door(session, campaign_id):
        raise Refused("Рассылка уже закончена.")
    approved: int = _DROP(session, campaign=campaign_id, reason=STOPPED, now=now, state="approved").rowcount
    for state in ("draft", "writing"):
        _DROP(session, campaign=campaign_id, reason=STOPPED, now=now, state=state)
    # last: who was handing letters to the door has done so once they could be dropped
    taken_back = [id for id in _at_the_door(session, campaign_id) if _take_back(session, id, now)]
    campaign.state, campaign.ended_at = CampaignState.STOPPED, now
    return approved + len(taken_back)


def finish(session: Session, campaign_id: int, *, now: datetime) -> None:
    """Nobody will read the drafts that are left: they are dropped, and the campaign is done. Raises Refused while
    letters wait to go."""
    campaign = _held(session, campaign_id)
    if campaign.state != CampaignState.SENDING:
        raise Refused("Завершить можно рассылку, которая отправляется.")
    if _APPROVED_LEFT(session, campaign=campaign_id).fetchone()[0]:
        raise Refused("Одобренные письма ещё ждут отправки. Чтобы они не ушли, остановите рассылку.")
    for state in ("draft", "writing"):
        _DROP(session, campaign=campaign_id, reason=STOPPED, now=now, state=state)
    campaign.state, campaign.ended_at = CampaignState.DONE, now


def go_on_drafting(session: Session, campaign_id: int, *, now: datetime) -> None:
    """Have the drafts that are missing written, when that was cut off."""
    if _held(session, campaign_id).state != CampaignState.DRAFTING:
        raise Refused("Черновики этой рассылки уже готовы.")
    drafting.ask_again(session, campaign_id, now=now)


def left_out(session: Session, campaign_id: int) -> dict[str, int]:
    """How many members get no letter, by the reason."""
    counted = (
        select(CampaignMember.left_out, func.count())
        .where(CampaignMember.campaign_id == campaign_id, CampaignMember.left_out.is_not(None))
        .group_by(CampaignMember.left_out)
    )
    return {reason or "": count for reason, count in session.execute(counted)}


def next_draft(session: Session, campaign_id: int, *, after: int) -> int | None:
    """The draft that follows a letter, the first one again behind the last."""
    row = _NEXT_DRAFT(session, campaign=campaign_id, after=after).fetchone()
    return None if row is None else int(row[0])


def next_written(session: Session, campaign_id: int, *, after: int) -> int | None:
    """The letter with words that follows another."""
    found: int | None = _BESIDE(session, campaign=campaign_id, letter=after).fetchone()[3]
    return found


def place_of(session: Session, campaign_id: int, letter_id: int) -> tuple[int, int, int | None, int | None]:
    """Of the campaign's letters that have words: the how manieth it is, of how many, and which stand beside it."""
    number, of, before, after = _BESIDE(session, campaign=campaign_id, letter=letter_id).fetchone()
    return number, of, before, after


def mark(session: Session) -> str:
    """Changes whenever something in the list of campaigns does."""
    return "-".join(str(part) for part in _MARK(session).fetchone())


def mark_of_one(session: Session, campaign_id: int) -> str:
    """Changes whenever something on the campaign's page does."""
    row = _MARK_OF_ONE(session, campaign=campaign_id).fetchone()
    return "" if row is None else "-".join(str(part) for part in row)


def _as_asked_for(plan: Plan) -> LetterAsked:
    """What each of its letters will be asked for as; the recipient stands for all of them."""
    told = {
        "recipient_id": 1,
        "context": plan.context,
        "tone": plan.tone,
        "purpose": plan.purpose,
        "products": list(plan.products),
        "include_sales_data": plan.include_sales_data,
        "user_id": plan.user_id,
    }
    try:
        return LetterAsked.model_validate(told)
    except ValidationError as error:
        raise Refused(f"Такую рассылку не начать: {error.errors()[0]['msg']}") from None


def _held(session: Session, campaign_id: int) -> Campaign:
    campaign = session.get(Campaign, campaign_id, with_for_update=True, populate_existing=True)
    if campaign is None:
        raise NotFound(_NO_CAMPAIGN)
    return campaign


def _at_the_door(session: Session, campaign_id: int) -> list[int]:
    return [row[0] for row in _AT_THE_DOOR(session, campaign=campaign_id).fetchall()]


def _take_back(session: Session, letter_id: int, now: datetime) -> bool:
    if not door.withdraw(session, sending.about(letter_id), STOPPED, now):
        return False
    _TAKEN_BACK(session, letter=letter_id, reason=STOPPED, now=now)
    return True


_MEMBERS = Statement("""
    select count(case when left_out is null then 1 end), count(left_out)
    from campaign_members where campaign_id = :campaign""")
_BY_FALLBACK = Statement("select count(*) from letters where campaign_id = :campaign and engine = 'fallback'")
_APPROVE = Statement("""
    update letters set state = 'approved', reason = null, approved_by = :by, approved_at = :now, due_at = :due,
        updated_at = :now
    where campaign_id = :campaign and state = 'draft' and exists (
        select 1 from persons p where p.id = letters.person_id and p.email is not null
            and (p.consent = 'given' or not :needs_consent))""")
_NOT_APPROVED = Statement("""
    update letters set reason = :reason, updated_at = :now where campaign_id = :campaign and state = 'draft'""")
_START = Statement("""
    update letters set due_at = :now, updated_at = :now where campaign_id = :campaign and state = 'approved'""")
_DROP = Statement("""
    update letters set state = 'dropped', reason = :reason, due_at = null, updated_at = :now
    where campaign_id = :campaign and state = :state""")
_TAKEN_BACK = Statement("""
    update letters set state = 'dropped', reason = :reason, updated_at = :now where id = :letter""")
_APPROVED_LEFT = Statement("select count(*) from letters where campaign_id = :campaign and state = 'approved'")
_AT_THE_DOOR = Statement("""
    select l.id from letters l
    join outreach_verdicts v on v.about = 'letter:' || l.id and v.verdict = 'write' and v.fate is null
    where l.campaign_id = :campaign and l.state = 'sent' order by l.id""")
_NEXT_DRAFT = Statement("""
    select id from letters where campaign_id = :campaign and state = 'draft'
    order by case when id > :after then 0 else 1 end, id limit 1""")
_BESIDE = Statement("""
    select count(case when id <= :letter then 1 end), count(*), max(case when id < :letter then id end),
        min(case when id > :letter then id end)
    from letters where campaign_id = :campaign and version > 0""")
_MARK = Statement("""
    select (select count(*) from campaigns), (select max(coalesce(ended_at, started_at, created_at)) from campaigns), (
        select max(updated_at) from letters where campaign_id is not null), (select max(id) from campaign_members)""")
_MARK_OF_ONE = Statement("""
    select c.state, (select count(*) from campaign_members where campaign_id = :campaign), l.count, l.latest, l.fate_at
    from campaigns c, (
        select count(*) as count, max(l.updated_at) as latest, max(v.fate_at) as fate_at
        from letters l left join outreach_verdicts v on v.about = 'letter:' || l.id and v.verdict = 'write'
        where l.campaign_id = :campaign) l
    where c.id = :campaign""")
