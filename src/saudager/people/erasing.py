"""A person wants to be forgotten: his name is gone at once, his words within minutes, in both services, for good."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.attention import Attention
from saudager.automation import journeys
from saudager.calls.models import CallStatus, ScheduledCall
from saudager.conversations import merging, refusals, search, turns
from saudager.conversations.models import Case, Contact, Conversation, Identity, Outcome
from saudager.errors import NotFound, Refused
from saudager.followups import plan
from saudager.followups.rules import Stop
from saudager.letters import tasks as letter_tasks
from saudager.letters.models import Letter, LetterState
from saudager.orders import triggers
from saudager.outreach import consent
from saudager.outreach.models import Consent, OutreachVerdict, SuppressedAddress
from saudager.people import belongings
from saudager.people.belongings import BELONGINGS, Whose
from saudager.people.models import Erasure
from saudager.queues import forgetting, tasks
from saudager.sales.models import Consent as AboutOffers
from saudager.sales.models import Deal, Person
from saudager.trust.models import Draft, State

ERASE = "erase_person"
ERASED = "erased"
DIGITS = 4
_UNSENT = (LetterState.WRITING, LetterState.DRAFT, LetterState.APPROVED)


def confirmation(phone: str | None, names: Iterable[tuple[str, str]]) -> str:
    """What is typed to confirm: the last four digits of his number, or the last four signs of another name of his."""
    known = phone or next((value for _, value in names), "")
    return known.partition("@")[0][-DIGITS:]


def ask(session: Session, contact_id: int, typed: str, *, now: datetime) -> int:
    """Forget a contact and whoever was merged into him; returns the number of the erasure.

    At once nobody can find, answer or write to him, and if he writes he is new. What he said is emptied by a task.
    A wish not to be written to outlives him as a hash. Raises Refused when ``typed`` is not the confirmation.
    """
    contact = session.get(Contact, contact_id)
    if contact is None or contact.erased_at is not None:
        raise NotFound(f"Контакта {contact_id} нет.")
    whose = belongings.whose(session, merging.everybody(session, contact_id))
    his = session.scalars(
        select(Identity).where(Identity.contact_id.in_(whose.contacts)).order_by(Identity.kind.desc())
    )
    names = [(one.kind, one.value) for one in his]
    if typed.strip() != confirmation(contact.phone_number, names):
        raise Refused("Последние четыре знака не совпали. Ничего не стёрто.")
    persons = _in_companies(session, whose)
    told = {("email", one.email or "") for one in persons} | {("phone", one.phone or "") for one in persons}
    names += sorted(name for name in told - set(names) if name[1])
    erasure = _note(session, contact, whose, now=now)
    _keep_wish(session, contact_id, names, persons, now=now)
    _end_everything(session, whose, now=now)
    _take_names(session, whose, now=now)
    tasks.enqueue(session, ERASE, task_id=f"{ERASE}:{erasure.id}", now=now, erasure_id=erasure.id)
    return erasure.id


async def erase(app: App, task_id: str, erasure_id: int) -> None:
    """The rest of it, in transactions of a few hundred rows each. Begun again after a crash it ends the same."""
    erasure = await app.db.read(_read, erasure_id)
    if erasure is None:
        return
    whose = await app.db.read(belongings.whose, erasure.contacts)
    for belonging in BELONGINGS:
        after: int | None = 0
        while after is not None:
            after = await app.db.run(belongings.empty, belonging, whose, after=after)
        await app.db.run(tasks.report_progress, task_id, belonging.name)
    await _forget_letters(app, erasure, whose)
    is_first = True
    while await app.db.run(search.forget_what_is_gone, begin=is_first):
        is_first = False
    await app.db.run(_done, erasure_id, now=app.clock.now())


def going_on(session: Session, contact_id: int) -> Erasure | None:
    """The contact's erasure, while it is not over."""
    found = select(Erasure).where(Erasure.contact_id == contact_id, Erasure.done_at.is_(None))
    return session.scalars(found).first()


def _note(session: Session, contact: Contact, whose: Whose, *, now: datetime) -> Erasure:
    phones, chats = belongings.reached_at(session, whose)
    erasure = Erasure(contact_id=contact.id, contacts=list(whose.contacts), phones=phones, chats=chats, asked_at=now)
    session.add(erasure)
    session.flush()
    return erasure


def _in_companies(session: Session, whose: Whose) -> list[Person]:
    """The persons he is in companies, linked with him, for the names that tell so are about to go."""
    persons = list(session.scalars(select(Person).where(Person.id.in_(belongings.persons_of(whose)))))
    for person in persons:
        person.contact_id = person.contact_id or whose.contacts[0]
    return persons


def _keep_wish(
    session: Session, contact_id: int, names: Sequence[tuple[str, str]], persons: Sequence[Person], *, now: datetime
) -> None:
    addresses = [value for kind, value in names if kind == "email"]
    session.execute(delete(SuppressedAddress).where(SuppressedAddress.address.in_(addresses)))
    wish = consent.standing(session, contact_id)
    if wish is not None:
        found = select(Consent).where(Consent.contact_id == contact_id).order_by(Consent.id.desc()).limit(1)
        refusals.remember(session, names, wish, session.scalars(found).one().said_at)
    elif refused := [one.consent_at or now for one in persons if one.consent == AboutOffers.REFUSED]:
        refusals.remember(session, names, consent.OFFERS, max(refused))
    else:
        refusals.forget(session, names)


def _end_everything(session: Session, whose: Whose, *, now: datetime) -> None:
    """Nothing is said to him, waited for or reminded of any more."""
    for conversation_id in whose.conversations:
        if open_lines := turns.unanswered(session, conversation_id):
            turns.close(session, open_lines, Outcome.SILENT, reason=ERASED, now=now)
    for one in whose.contacts:
        plan.stop(session, one, Stop.ERASED, now=now)
        triggers.forget_buyer(session, one, ERASED, now=now)
        journeys.stop_all(session, one, ERASED, now=now)
    session.execute(
        update(Draft)
        .where(Draft.conversation_id.in_(whose.conversations), Draft.state == State.WAITING)
        .values(state=State.OVERTAKEN, decided_at=now)
    )
    his = whose.contacts
    for case in session.scalars(select(Case).where(Case.contact_id.in_(his), Case.closed_at.is_(None))).all():
        case.closed_at = now
    for deal in session.scalars(select(Deal).where(Deal.contact_id.in_(his), Deal.closed_at.is_(None))).all():
        deal.closed_at, deal.outcome = now, ERASED
    session.execute(
        update(Letter)
        .where(Letter.person_id.in_(belongings.persons_of(whose)), Letter.state.in_(_UNSENT))
        .values(state=LetterState.DROPPED, reason=ERASED, updated_at=now)
    )
    session.execute(
        update(ScheduledCall)
        .where(ScheduledCall.contact_id.in_(his), ScheduledCall.status == CallStatus.BOOKED)
        .values(status=CallStatus.CANCELLED, updated_at=now)
    )
    session.execute(
        update(OutreachVerdict)
        .where(OutreachVerdict.contact_id.in_(his), OutreachVerdict.verdict == "write", OutreachVerdict.fate.is_(None))
        .values(fate="withdrawn", fate_at=now, reason=ERASED, counted_at=None)
    )


def _take_names(session: Session, whose: Whose, *, now: datetime) -> None:
    session.execute(delete(Identity).where(Identity.contact_id.in_(whose.contacts)))
    for conversation_id in whose.conversations:
        conversation = session.get_one(Conversation, conversation_id)
        conversation.chat, conversation.unread = f"{ERASED}:{conversation_id}", 0
    for contact in session.scalars(select(Contact).where(Contact.id.in_(whose.contacts))).all():
        contact.erased_at = now
        contact.phone_number = contact.name = contact.full_name = contact.business_name = None


async def _forget_letters(app: App, erasure: Erasure, whose: Whose) -> None:
    """Handled messages keep their texts for days, alerts to the merchant quote him: whatever names him goes."""
    names = [*erasure.phones, *erasure.chats]
    alerts = await app.db.read(_alerts, whose)
    written = await app.db.read(_letter_tasks, whose)
    await forgetting.forget_letters(app.db, names, (*alerts, *written), before=erasure.asked_at)
    await app.db.run(_clear_desk, names)
    await app.gateway.erase(erasure.phones, erasure.chats, quoting=alerts)


def _alerts(session: Session, whose: Whose) -> tuple[str, ...]:
    """How the ids of alerts about him begin."""
    his = {
        "case": select(Case.id).where(Case.contact_id.in_(whose.contacts)),
        "deal": select(Deal.id).where(Deal.contact_id.in_(whose.contacts)),
        "call": select(ScheduledCall.id).where(ScheduledCall.contact_id.in_(whose.contacts)),
    }
    return tuple(f"alert:{kind}:{id}:" for kind, ids in his.items() for id in session.scalars(ids))


def _letter_tasks(session: Session, whose: Whose) -> list[str]:
    """The tasks that were to write to him."""
    return letter_tasks.about(session, session.scalars(belongings.persons_of(whose)).all())


def _clear_desk(session: Session, names: Sequence[str]) -> None:
    """Letters nobody could read lie on the desk under their own ids."""
    for entry in session.scalars(select(Attention).where(Attention.about.startswith("queue:"))).all():
        if any(name in f"{entry.about} {entry.reason}" for name in names):
            session.delete(entry)


def _read(session: Session, erasure_id: int) -> Erasure | None:
    erasure = session.get(Erasure, erasure_id)
    return None if erasure is None or erasure.done_at is not None else erasure


def _done(session: Session, erasure_id: int, *, now: datetime) -> None:
    erasure = session.get_one(Erasure, erasure_id)
    erasure.phones, erasure.chats, erasure.done_at = [], [], now
