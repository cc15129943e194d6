"""The desk the letters lie on: begun, written, edited by a person, approved, dropped."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from saudager.errors import NotFound, Refused
from saudager.letters import facts, recipients, sending
from saudager.letters.models import Campaign, CampaignState, Letter, LetterState, LetterVersion
from saudager.letters.writing import Commission, Written
from saudager.sales.models import Company, Consent, Person

BY_HAND = "person"
"""The engine of a letter that a person edited."""
CANCELLED = "cancelled"
LONGEST_SUBJECT, LONGEST_BODY = 250, 20_000
_OPEN = (LetterState.DRAFT, LetterState.APPROVED, LetterState.FAILED)


@dataclass(frozen=True, slots=True)
class Row:
    """A letter in the list, and whom it is to."""

    letter: Letter
    person: Person
    company: Company


@dataclass(frozen=True, slots=True)
class Listed:
    """Letters, newest first, and what to ask for as ``after`` to get more."""

    rows: list[Row]
    next: int | None


def begin(
    session: Session,
    commission: Commission,
    *,
    campaign_id: int | None = None,
    task_id: str | None = None,
    now: datetime,
) -> int:
    """Lay an empty letter on the desk whose words are being found. Raises NotFound for an unknown recipient."""
    person = session.get(Person, commission.person_id)
    if person is None:
        raise NotFound(f"Получателя {commission.person_id} нет.")
    letter = Letter(
        person_id=person.id,
        company_id=person.company_id,
        campaign_id=campaign_id,
        user_id=commission.user_id,
        context=commission.context,
        tone=commission.tone,
        purpose=commission.purpose,
        products=list(commission.products),
        include_sales_data=commission.include_sales_data,
        language=commission.language or person.language or "",
        state=LetterState.WRITING,
        subject="",
        body="",
        key_points=[],
        facts=[],
        version=0,
        task_id=task_id,
        created_at=now,
        updated_at=now,
    )
    session.add(letter)
    session.flush()
    return letter.id


def begin_anew(
    session: Session, letter_id: int, commission: Commission, *, task_id: str | None = None, now: datetime
) -> None:
    """Have other words found for a letter; until then it keeps those it has. Raises Refused for one that is being
    written, gone or given up."""
    letter = held(session, letter_id)
    _require(letter, *_OPEN, deed="написать заново")
    letter.context, letter.tone, letter.purpose = commission.context, commission.tone, commission.purpose
    letter.products, letter.include_sales_data = list(commission.products), commission.include_sales_data
    letter.user_id, letter.language = commission.user_id, commission.language or letter.language
    letter.state, letter.reason, letter.task_id = LetterState.WRITING, None, task_id
    _touch(letter, now)


def commission_of(letter: Letter) -> Commission:
    """What the letter was asked for as."""
    return Commission(
        person_id=letter.person_id,
        context=letter.context,
        tone=letter.tone,
        purpose=letter.purpose,
        products=tuple(letter.products),
        include_sales_data=letter.include_sales_data,
        user_id=letter.user_id,
        language=letter.language or None,
    )


def store(session: Session, letter_id: int, written: Written, *, now: datetime) -> bool:
    """Put the words found on the desk as a draft; False when nobody waits for them any more."""
    letter = held(session, letter_id)
    if letter.state != LetterState.WRITING:
        return False
    _keep_version(session, letter)
    letter.subject, letter.body, letter.key_points = written.subject, written.body, list(written.key_points)
    letter.personalization = written.personalization.model_dump() if written.personalization else None
    letter.facts = facts.stored(written.facts)
    letter.year = None if written.year is None else [list(month) for month in written.year]
    letter.engine, letter.language = written.engine, written.language
    letter.state, letter.reason = LetterState.DRAFT, None
    letter.version += 1
    _touch(letter, now)
    return True


def failed(session: Session, letter_id: int, reason: str, *, now: datetime) -> None:
    """No words could be found. A letter that had some keeps them; one nobody waits for stays as it is."""
    letter = held(session, letter_id)
    if letter.state == LetterState.WRITING:
        letter.state = LetterState.DRAFT if letter.version else LetterState.FAILED
        letter.reason = reason
        _touch(letter, now)


def resume(session: Session, letter_id: int, *, now: datetime) -> None:
    """Words are being found again for a letter for which none could be."""
    letter = held(session, letter_id)
    if letter.state == LetterState.FAILED:
        letter.state, letter.reason = LetterState.WRITING, None
        _touch(letter, now)


def give_up(session: Session, letter_id: int, *, now: datetime) -> bool:
    """Wait for its words no longer: a new letter is dropped, another keeps those it has. False: they are there."""
    letter = held(session, letter_id)
    if letter.state != LetterState.WRITING:
        return False
    letter.state = LetterState.DRAFT if letter.version else LetterState.DROPPED
    letter.reason = None if letter.version else CANCELLED
    _touch(letter, now)
    return True


def edit(
    session: Session, letter_id: int, subject: str, body: str, *, seen: int | None = None, now: datetime
) -> Letter:
    """A person's own words; they wait for approval again. Raises Refused for a letter that is gone or being written,
    for an empty subject or body, and when its version is another than the one ``seen``. Figures nobody proves are
    marked on the page and not forbidden."""
    letter = held(session, letter_id)
    _require(letter, *_OPEN, deed="исправить")
    _require_seen(letter, seen)
    subject, body = " ".join(subject.split()), body.strip()
    if not subject or not body:
        raise Refused("У письма должны быть тема и текст.")
    if len(subject) > LONGEST_SUBJECT or len(body) > LONGEST_BODY:
        raise Refused(f"Тема не длиннее {LONGEST_SUBJECT} знаков, текст не длиннее {LONGEST_BODY}.")
    if (subject, body) != (letter.subject, letter.body):
        _keep_version(session, letter)
        letter.subject, letter.body, letter.engine = subject, body, BY_HAND
        letter.version += 1
        letter.state, letter.reason = LetterState.DRAFT, None
        _touch(letter, now)
    return letter


def approve(session: Session, letter_id: int, by: str, *, seen: int | None = None, now: datetime) -> None:
    """A person has read this very letter: let it go as soon as the door does; one of a campaign that has not begun
    waits for that. Approving twice changes nothing. Raises Refused for somebody without an address or who refused, for
    a letter that has no words, is gone or was given up, for one of a campaign that was stopped, and when its version is
    another than the one ``seen``."""
    letter = held(session, letter_id)
    _require_seen(letter, seen)
    if letter.state == LetterState.APPROVED:
        letter.approved_alone = True
        return
    _require(letter, LetterState.DRAFT, deed="одобрить")
    person = session.get_one(Person, letter.person_id)
    if not person.email:
        raise Refused("У получателя нет адреса почты.")
    if letter.purpose != sending.SERVICE and person.consent == Consent.REFUSED:
        raise Refused("Получатель отказался от предложений по почте.")
    letter.state, letter.reason = LetterState.APPROVED, None
    letter.approved_by, letter.approved_at, letter.approved_alone = by, now, True
    letter.due_at = now if _may_go(session, letter) else None
    letter.updated_at = now
    if letter.due_at is not None:
        session.flush()
        sending.wake(session, at=now, now=now)


def send(session: Session, letter_id: int, by: str, *, seen: int | None = None, now: datetime) -> None:
    """Approve this very letter if nobody has, and have the door asked at once. Raises Refused as ``approve`` does, and
    when its version is another than the one ``seen``."""
    approve(session, letter_id, by, seen=seen, now=now)
    letter = held(session, letter_id)
    letter.due_at, letter.updated_at = now, now
    session.flush()
    sending.wake(session, at=now, now=now)


def drop(session: Session, letter_id: int, by: str, *, now: datetime) -> None:
    """Nobody wants it any more; dropping twice changes nothing. Raises Refused for a letter that is gone."""
    letter = held(session, letter_id)
    if letter.state != LetterState.DROPPED:
        _require(letter, LetterState.WRITING, *_OPEN, deed="отменить")
        letter.state, letter.reason = LetterState.DROPPED, by
        _touch(letter, now)


def one(session: Session, letter_id: int) -> Letter:
    """Raises NotFound."""
    letter = session.get(Letter, letter_id)
    if letter is None:
        raise NotFound("Такого письма нет.")
    return letter


def held(session: Session, letter_id: int) -> Letter:
    """The same, and nobody else changes it until this transaction is over."""
    letter = session.get(Letter, letter_id, with_for_update=True, populate_existing=True)
    if letter is None:
        raise NotFound("Такого письма нет.")
    return letter


def whole(session: Session, letter_id: int) -> Row:
    """One letter and whom it is to. Raises NotFound."""
    letter = one(session, letter_id)
    return Row(letter, session.get_one(Person, letter.person_id), session.get_one(Company, letter.company_id))


def versions(session: Session, letter_id: int) -> Sequence[LetterVersion]:
    """What it said before, newest first."""
    earlier = select(LetterVersion).where(LetterVersion.letter_id == letter_id)
    return session.scalars(earlier.order_by(LetterVersion.version.desc())).all()


def listed(
    session: Session,
    *,
    state: str | None = None,
    person_id: int | None = None,
    company_id: int | None = None,
    campaign_id: int | None = None,
    query: str = "",
    after: int | None = None,
    limit: int = 50,
) -> Listed:
    """The newest letters first. ``query``: part of the subject, or of the recipient's or the company's name."""
    given = (
        (Letter.state, state),
        (Letter.person_id, person_id),
        (Letter.company_id, company_id),
        (Letter.campaign_id, campaign_id),
    )
    wanted: list[ColumnElement[bool]] = [column == value for column, value in given if value is not None]
    if after is not None:
        wanted.append(Letter.id < after)
    if words := query.strip():
        wanted.append(recipients.holds(session, words, Letter.subject, Person.name, Company.name))
    found = (
        select(Letter, Person, Company)
        .join(Person, Person.id == Letter.person_id)
        .join(Company, Company.id == Letter.company_id)
        .where(*wanted)
        .order_by(Letter.id.desc())
        .limit(limit + 1)
    )
    rows = [Row(*row) for row in session.execute(found)]
    return Listed(rows[:limit], rows[limit - 1].letter.id if len(rows) > limit else None)


def _may_go(session: Session, letter: Letter) -> bool:
    """Whether nothing but the door is to be waited for."""
    campaign = None if letter.campaign_id is None else session.get_one(Campaign, letter.campaign_id)
    if campaign is None:
        return True
    if campaign.state == CampaignState.STOPPED:
        raise Refused("Рассылка этого письма остановлена.")
    return campaign.state in (CampaignState.SENDING, CampaignState.DONE)


def _require(letter: Letter, *states: LetterState, deed: str) -> None:
    if letter.state not in states:
        raise Refused(f"Это письмо нельзя {deed}: оно {_WHERE[LetterState(letter.state)]}.")


def _require_seen(letter: Letter, seen: int | None) -> None:
    if seen is not None and letter.version != seen:
        raise Refused("Письмо тем временем изменилось: обновите страницу.")


def _keep_version(session: Session, letter: Letter) -> None:
    if letter.version:
        session.add(
            LetterVersion(
                letter_id=letter.id,
                version=letter.version,
                subject=letter.subject,
                body=letter.body,
                engine=letter.engine,
                written_at=letter.updated_at,
            )
        )


def _touch(letter: Letter, now: datetime) -> None:
    letter.updated_at, letter.approved_alone = now, False
    letter.approved_by = letter.approved_at = letter.due_at = None


_WHERE = {
    LetterState.WRITING: "сейчас пишется",
    LetterState.DRAFT: "ждёт одобрения",
    LetterState.APPROVED: "одобрено",
    LetterState.SENT: "уже отправлено",
    LetterState.REFUSED: "отклонено правилами рассылок",
    LetterState.DROPPED: "отменено",
    LetterState.FAILED: "не написано",
}
