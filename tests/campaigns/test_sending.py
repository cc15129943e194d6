"""Approved letters go once, by the one door, to whoever may get them; the others wait or are refused with a reason."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.clock import MovableClock
from saudager.contracts import OutgoingMail
from saudager.conversations.models import Contact, Conversation, Identity
from saudager.gateway.models import Account
from saudager.letters import sending
from saudager.letters.models import Letter, LetterState
from saudager.outreach import accounts, consent, door
from saudager.outreach.models import OutreachVerdict, SuppressedAddress
from saudager.queues import tasks
from saudager.sales import people as sales_people
from saudager.sales.models import Consent, Person
from tests.campaigns import people
from tests.conftest import OpenShop

IVAN = "ivan@techcom.example"


async def _letter(app: App, email: str | None = IVAN, **known: Any) -> int:
    of_person = {name: known.pop(name) for name in ("consent", "name", "contact_id") if name in known}

    def make(session: Session) -> int:
        person = people.person(session, email, now=app.clock.now(), **of_person)
        return people.letter(session, person, now=app.clock.now(), **known)

    return await app.db.run(make)


async def _state(app: App, id: int) -> tuple[str, str | None]:
    letter = await app.db.read(lambda session: session.get_one(Letter, id))
    return letter.state, letter.reason


def _written(session: Session) -> Sequence[OutgoingMail]:
    """What the door has taken, oldest first."""
    bodies = session.connection().exec_driver_sql(
        "select body from queue_messages where queue = 'outreach' order by id"
    )
    read = [json.loads(body) if isinstance(body, str) else body for (body,) in bodies]
    return [one for one in map(door.outgoing_of, read) if isinstance(one, OutgoingMail)]


@pytest.mark.both_kinds
async def test_a_letter_goes_to_its_person_with_both_parts_and_a_way_out(app: App) -> None:
    id = await _letter(app)

    assert await sending.send_due(app, "test") == 1

    (letter,) = await app.db.read(_written)
    assert (letter.id, letter.account, letter.recipient) == (f"letter:{id}", people.MAILBOX, IVAN)
    assert (letter.subject, letter.recipient_name, letter.message_class) == ("Итоги года", "Иван Петров", "marketing")
    assert letter.text.startswith(people.BODY)
    assert letter.html is not None
    assert letter.unsubscribe is not None
    assert letter.unsubscribe.startswith("https://shop.example/u/")
    assert letter.unsubscribe in letter.text
    assert [picture.name for picture in letter.pictures] == ["year.png"]
    assert await _state(app, id) == ("sent", None)


@pytest.mark.both_kinds
async def test_its_conversation_is_with_the_contact_of_the_address(app: App) -> None:
    id = await _letter(app)
    await sending.send_due(app, "test")

    def read(session: Session) -> None:
        letter = session.get_one(Letter, id)
        conversation = session.get_one(Conversation, letter.conversation_id)
        contact = session.get_one(Contact, conversation.contact_id)
        assert (conversation.account, conversation.chat) == (people.MAILBOX, IVAN)
        assert (contact.name, contact.business_name) == ("Иван Петров", "ТОО «Ivan»")
        assert session.get_one(Identity, ("email", IVAN)).contact_id == contact.id
        assert session.get_one(Person, letter.person_id).contact_id == contact.id
        assert letter.sent_at == app.clock.now()

    await app.db.read(read)


async def test_somebody_known_by_his_phone_gets_his_address_added(app: App) -> None:
    def buyer(session: Session) -> int:
        contact = Contact(phone_number="77010000009", created_at=app.clock.now(), updated_at=app.clock.now())
        session.add(contact)
        session.flush()
        session.add(Identity(kind="phone", value="77010000009", contact_id=contact.id))
        session.flush()
        return contact.id

    contact = await app.db.run(buyer)
    await _letter(app, contact_id=contact)

    await sending.send_due(app, "test")

    owner = await app.db.read(lambda session: session.get_one(Identity, ("email", IVAN)).contact_id)
    assert owner == contact


async def test_a_letter_is_handed_in_once_however_often_it_is_asked_for(app: App) -> None:
    await _letter(app)

    assert await sending.send_due(app, "test") + await sending.send_due(app, "again") == 1
    assert len(await app.db.read(_written)) == 1


@pytest.mark.both_kinds
async def test_many_letters_go_in_batches(app: App) -> None:
    for number in range(120):
        await _letter(app, f"person{number}@firm.example", year=None)

    assert await sending.send_due(app, "test") == 120
    assert len({letter.recipient for letter in await app.db.read(_written)}) == 120


async def test_what_is_not_approved_or_not_due_stays(app: App) -> None:
    waiting = [
        await _letter(app, "a@firm.example", state=LetterState.DRAFT),
        await _letter(app, "b@firm.example", due_at=None),
        await _letter(app, "c@firm.example", due_at=app.clock.now() + timedelta(hours=2)),
    ]

    assert await sending.send_due(app, "test") == 0
    assert [(await _state(app, id))[0] for id in waiting] == ["draft", "approved", "approved"]
    assert await app.db.read(sending.next_due) == app.clock.now() + timedelta(hours=2)


async def test_without_an_address_it_is_refused(app: App) -> None:
    id = await _letter(app, None)

    assert await sending.send_due(app, "test") == 0
    assert await _state(app, id) == ("refused", "no_email")


@pytest.mark.both_kinds
async def test_without_a_mailbox_it_waits_and_says_so(app: App) -> None:
    id = await _letter(app)
    await app.db.run(
        lambda session: session.execute(
            update(Account)
            .where(Account.name == people.MAILBOX)
            .values(disconnected_at=app.clock.now(), is_default=False)
        )
    )

    assert await sending.send_due(app, "test") == 0
    assert await _state(app, id) == ("approved", "no_mailbox")

    await app.db.run(
        lambda session: session.execute(
            update(Account).where(Account.name == people.MAILBOX).values(disconnected_at=None, is_default=True)
        )
    )
    assert isinstance(app.clock, MovableClock)
    app.clock.move_to(app.clock.now() + timedelta(hours=1))
    assert await sending.send_due(app, "test") == 1


@pytest.mark.parametrize(
    ("consent_given", "alone", "purpose", "fate"),
    [
        ("given", False, "offer", ("sent", None)),
        (None, True, "offer", ("sent", None)),
        (None, False, "offer", ("refused", "no_consent")),
        ("refused", True, "offer", ("refused", "no_consent")),
        ("refused", False, "service", ("sent", None)),
    ],
    ids=["agreed", "a person read it", "approved with others", "refused", "service"],
)
async def test_consent_decides_about_offers(
    app: App, consent_given: str | None, alone: bool, purpose: str, fate: tuple[str, str | None]
) -> None:
    id = await _letter(app, consent=consent_given, approved_alone=alone, purpose=purpose)

    await sending.send_due(app, "test")

    assert await _state(app, id) == fate


async def test_a_service_letter_has_no_way_out_of_offers(app: App) -> None:
    await _letter(app, purpose="service")
    await sending.send_due(app, "test")

    (letter,) = await app.db.read(_written)
    assert (letter.unsubscribe, letter.message_class) == (None, "service")


@pytest.mark.parametrize("reason", ["bounced", "complained"])
async def test_an_address_that_takes_no_mail_gets_none(app: App, reason: str) -> None:
    id = await _letter(app)
    await app.db.run(lambda session: session.add(SuppressedAddress(address=IVAN, reason=reason, since=app.clock.now())))

    await sending.send_due(app, "test")

    assert await _state(app, id) == ("refused", reason)


async def test_who_asked_in_a_chat_not_to_be_written_to_is_not_written_to_by_mail(app: App) -> None:
    """Also when his address belongs to another contact."""

    def two(session: Session) -> int:
        now = app.clock.now()
        his, other = (Contact(created_at=now, updated_at=now) for _ in range(2))
        session.add_all([his, other])
        session.flush()
        session.add(Identity(kind="phone", value="77010000009", contact_id=his.id))
        session.add(Identity(kind="email", value=IVAN, contact_id=other.id))
        session.flush()
        consent.note(session, his.id, consent.EVERYTHING, "не пишите", now)
        return his.id

    id = await _letter(app, contact_id=await app.db.run(two))

    await sending.send_due(app, "test")

    assert await _state(app, id) == ("refused", "opted_out")


async def test_at_night_it_waits_for_the_morning(app: App) -> None:
    assert isinstance(app.clock, MovableClock)
    app.clock.move_to(app.clock.now().replace(hour=20))
    id = await _letter(app)

    assert await sending.send_due(app, "test") == 0

    due = await app.db.read(sending.next_due)
    assert due is not None
    assert due.astimezone(app.settings.zone).hour == 10
    assert await _state(app, id) == ("approved", "quiet_hours")
    app.clock.move_to(due)
    assert await sending.send_due(app, "test") == 1


async def test_the_days_allowance_of_a_mailbox_is_kept_to_the_letter(app: App) -> None:
    app.settings = app.settings.model_copy(update={"mail_per_day": 3})
    for number in range(5):
        await _letter(app, f"person{number}@firm.example")

    assert await sending.send_due(app, "test") == 3

    waiting = await app.db.read(
        lambda session: session.execute(select(Letter.state, Letter.reason).where(Letter.sent_at.is_(None))).all()
    )
    assert [tuple(row) for row in waiting] == [("approved", "daily_cap")] * 2
    assert isinstance(app.clock, MovableClock)
    await app.db.run(lambda session: session.execute(update(OutreachVerdict).values(fate="sent")))
    app.clock.move_to(app.clock.now() + timedelta(days=1))
    assert await sending.send_due(app, "test") == 2


async def test_while_the_mailbox_is_stopped_letters_wait(app: App) -> None:
    id = await _letter(app)
    await app.db.run(accounts.stop, people.MAILBOX, app.clock.now())

    assert await sending.send_due(app, "test") == 0
    assert await _state(app, id) == ("approved", "breaker")


async def test_two_letters_to_one_address_are_a_day_apart(app: App) -> None:
    first = await _letter(app)

    def another(session: Session) -> int:
        to = session.get_one(Person, session.get_one(Letter, first).person_id)
        return people.letter(session, to, now=app.clock.now())

    second = await app.db.run(another)

    assert await sending.send_due(app, "test") == 1
    assert await _state(app, second) == ("approved", "cooldown")


@pytest.mark.both_kinds
async def test_the_held_out_get_no_offers(app: App) -> None:
    app.settings = app.settings.model_copy(update={"holdout_share": 0.5})
    for number in range(20):
        await _letter(app, f"person{number}@firm.example", year=None)

    sent = await sending.send_due(app, "test")

    refused = await app.db.read(
        lambda session: session.scalars(select(Letter.reason).where(Letter.state == LetterState.REFUSED)).all()
    )
    assert set(refused) == {"held_out"}
    assert sent + len(refused) == 20
    assert 0 < sent < 20


async def test_a_letter_edited_while_it_is_drawn_goes_as_it_is_then(app: App) -> None:
    """The one that was drawn is stale and is not handed in."""
    id = await _letter(app)
    (due,) = await app.db.read(sending._due, now=app.clock.now())
    ours = await sending.mailboxes(app)
    links = sending.Links(app.vault, app.settings.public_url)

    def edit(session: Session) -> None:
        letter = session.get_one(Letter, id)
        letter.subject, letter.version = "Новая тема", 2

    await app.db.run(edit)
    shown = sending._shown([due], ours, links)
    assert await app.db.run(sending._hand_in, shown, ours, links, app.settings, now=app.clock.now()) == (0, 0)

    await sending.send_due(app, "test")
    (letter,) = await app.db.read(_written)
    assert letter.subject == "Новая тема"


async def test_sending_is_asked_for_within_a_minute_of_the_moment(app: App) -> None:
    now = app.clock.now()

    def ask(session: Session) -> None:
        for _ in range(2):
            sending.wake(session, at=now, now=now)
            sending.wake(session, at=now + timedelta(hours=1), now=now)

    await app.db.run(ask)

    asked = await app.db.read(lambda session: tasks.under_way(session, sending.TASK, now=now))
    assert len(asked) == 2


async def test_the_ledger_knows_letters_by_name(app: App) -> None:
    id = await _letter(app)
    await sending.send_due(app, "test")

    about = await app.db.read(lambda session: session.scalars(select(OutreachVerdict.about)).all())
    assert list(about) == [f"letter:{id}"]


@pytest.mark.parametrize(("purpose", "went"), [("offer", 0), ("service", 1)])
async def test_who_is_noted_to_refuse_while_a_letter_waits_at_the_door_gets_no_offer(
    open_shop: OpenShop, purpose: str, went: int
) -> None:
    shop = await open_shop(public_url="https://shop.example", mail_per_minute=0)
    id = await _letter(shop.app, purpose=purpose)
    ours, links = await sending.mailboxes(shop.app), sending.Links(shop.app.vault, shop.app.settings.public_url)
    shown = sending._shown(await shop.app.db.read(sending._due, now=shop.clock.now()), ours, links)

    def hand_in(session: Session) -> None:
        person = session.get_one(Letter, id).person_id
        sending._hand_in(session, shown, ours, links, shop.app.settings, now=shop.clock.now())
        sales_people.decide(session, person, Consent.REFUSED, now=shop.clock.now())

    await shop.app.db.run(hand_in)
    await shop.settles()

    assert len(shop.mail.delivered) == went


@pytest.mark.both_kinds
async def test_a_letter_that_cannot_be_shown_goes_back_to_the_desk_and_holds_up_no_other(app: App) -> None:
    broken = await _letter(app, "broken@firm.example", year=[["2025-01", "много"]])
    whole = await _letter(app)

    assert await sending.send_due(app, "test") == 1

    assert await _state(app, whole) == ("sent", None)
    state, reason = await _state(app, broken)
    assert state == "draft"
    assert reason is not None
    assert "не удалось оформить" in reason
