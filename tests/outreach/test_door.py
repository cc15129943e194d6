"""What is written waits its turn, goes once, and is taken back when it is no longer welcome."""

from datetime import timedelta

import pytest

from saudager.bootstrap import SIMULATOR
from saudager.contracts import DeliveryReport, DeliveryState
from saudager.conversations.models import Case, Conversation
from saudager.errors import FirstContactRefused, NotFound
from saudager.gateway import accounts as numbers
from saudager.outreach import accounts, consent, door, release
from saudager.providers.llm.scripted import ScriptedModel
from saudager.queues import table
from tests.outreach.ledger import CHATS, FOLLOW_UP, MARKETING, SERVICE, UNASKED, Ledger, wish_to

pytestmark = [pytest.mark.both_kinds, pytest.mark.slow]

CUSTOMER = CHATS[0]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
async def ledger(open_shop):
    return Ledger(await open_shop(model=ScriptedModel()))


async def fates(ledger):
    return [(row.fate, row.reason) for row in await ledger.verdicts() if row.verdict == "write"]


async def pause(ledger):
    """Nothing leaves the gateway for half an hour."""
    await ledger.run(numbers.hold_sends, SIMULATOR, until=ledger.now + HOUR / 2)


async def fill_the_way(ledger, *, free=0):
    """So many messages are at the gateway that there is room for ``free`` more."""
    other = await ledger.customer(CHATS[-1])
    await ledger.wrote_unasked(other, ago=HOUR, times=20 - free, fate="released", fate_at=ledger.now)


async def make_room(ledger):
    (first, *_) = [row for row in await ledger.verdicts() if row.fate == "released"]
    await ledger.run(_is_sent, first.about, now=ledger.now)
    await ledger.shop.settles()


async def test_what_may_go_reaches_the_customer_and_stands_in_the_conversation(ledger):
    contact = await ledger.customer()
    assert (await ledger.write(contact, FOLLOW_UP, "Ещё думаете об окнах?")).may == "write"
    await ledger.shop.settles()
    assert ledger.shop.answers(CUSTOMER) == ["Ещё думаете об окнах?"]
    line = (await ledger.shop.messages(CUSTOMER))[-1]
    assert (line.author, line.text, line.delivery_state, line.turn_id) == (
        "bot",
        "Ещё думаете об окнах?",
        "sent",
        None,
    )
    assert await fates(ledger) == [("sent", None)]


async def test_the_same_message_is_written_once_however_often_it_is_asked_for(ledger):
    contact = await ledger.customer()
    for _ in range(3):
        assert (await ledger.write(contact, FOLLOW_UP, about="follow_up:1:1")).may == "write"
        await ledger.shop.settles()
    assert len(ledger.shop.answers(CUSTOMER)) == 1
    assert len(await ledger.verdicts()) == 1


async def test_what_waits_keeps_its_place_and_goes_when_its_time_has_come(ledger):
    contact = await ledger.customer()
    await ledger.wrote_unasked(contact, ago=20 * HOUR)
    wanted = wish_to(contact, FOLLOW_UP)
    assert (await ledger.write(contact, FOLLOW_UP, about=wanted.about)).may == "wait"
    await ledger.shop.settles()
    assert ledger.shop.answers(CUSTOMER) == []
    await ledger.shop.time_passes(hours=4)
    assert (await ledger.write(contact, FOLLOW_UP, about=wanted.about)).may == "write"
    await ledger.shop.settles()
    assert len(ledger.shop.answers(CUSTOMER)) == 1


async def test_another_numbers_conversation_is_not_written_to(ledger):
    contact = await ledger.customer()
    with pytest.raises(NotFound):
        await ledger.write(contact, FOLLOW_UP, account="another number")
    assert await ledger.verdicts() == []


async def test_twenty_of_a_number_are_on_the_way_and_a_report_makes_room_for_the_next(ledger):
    await pause(ledger)
    for chat in CHATS[:25]:
        await ledger.write(await ledger.customer(chat), MARKETING)
    await ledger.shop.settles()
    assert (await ledger.waiting(), await ledger.waiting("outgoing_messages")) == (5, 20)
    await make_room(ledger)
    assert (await ledger.waiting(), await ledger.waiting("outgoing_messages")) == (4, 21)
    await ledger.shop.time_passes(hours=2)
    assert sum(len(ledger.shop.answers(chat)) for chat in CHATS[:25]) == 25


async def test_services_go_before_follow_ups_before_offers(ledger):
    await fill_the_way(ledger)
    for chat, message_class in zip(CHATS, (MARKETING, FOLLOW_UP, SERVICE), strict=False):
        await ledger.write(await ledger.customer(chat), message_class)
    gone = []
    ledger.shop.phone.on_sent = lambda line: gone.append(line.chat)
    await make_room(ledger)
    assert gone == CHATS[2::-1]


async def test_three_hundred_due_at_once_all_go_though_a_message_keeps_for_an_hour_only(open_shop):
    ledger = Ledger(await open_shop(sends_per_minute=2, outreach_per_day=1000, outreach_hours="00:00-23:59"))
    chats = CHATS[:300]
    await ledger.run(accounts.resume, SIMULATOR, ledger.now)
    for chat in chats:
        await ledger.write(await ledger.customer(chat), SERVICE)
    await ledger.shop.time_passes(hours=4)
    assert [chat for chat in chats if len(ledger.shop.answers(chat)) != 1] == []
    assert set(await fates(ledger)) == {("sent", None)}


@pytest.mark.parametrize("message_class", UNASKED)
async def test_what_the_customer_answered_while_it_waited_is_taken_back(ledger, message_class):
    await fill_the_way(ledger)
    await ledger.write(await ledger.customer(), message_class)
    await ledger.shop.time_passes(seconds=1)
    await ledger.customer(wrote=timedelta(0))
    await make_room(ledger)
    went = message_class is SERVICE
    assert len(ledger.shop.answers(CUSTOMER)) == went
    assert (await fates(ledger))[-1] == (("sent", None) if went else ("withdrawn", "client_responded"))
    assert await ledger.waiting() == 0


@pytest.mark.parametrize("how", ["typed", "case"])
async def test_what_waits_for_a_customer_whom_a_person_has_taken_over_is_taken_back(ledger, how):
    await fill_the_way(ledger)
    contact = await ledger.customer()
    await ledger.write(contact, FOLLOW_UP)
    await ledger.run(_take_over, contact, how, now=ledger.now)
    await make_room(ledger)
    assert ledger.shop.answers(CUSTOMER) == []
    assert (await fates(ledger))[-1] == ("withdrawn", "taken_over")


async def test_what_waits_for_a_customer_who_wishes_no_more_is_taken_back(ledger):
    await fill_the_way(ledger)
    contact = await ledger.customer()
    await ledger.write(contact, SERVICE)
    await ledger.run(consent.note, contact, consent.EVERYTHING, "не пишите мне", ledger.now)
    await make_room(ledger)
    assert ledger.shop.answers(CUSTOMER) == []
    assert (await fates(ledger))[-1] == ("withdrawn", "opted_out")


async def test_what_is_taken_back_by_whoever_wrote_it_never_goes_and_counts_for_nothing(ledger):
    await fill_the_way(ledger)
    contact = await ledger.customer()
    await ledger.write(contact, FOLLOW_UP, about="follow_up:1:1")
    assert await ledger.run(door.withdraw, "follow_up:1:1", "booked", ledger.now) is True
    await make_room(ledger)
    assert ledger.shop.answers(CUSTOMER) == []
    assert (await fates(ledger))[-1] == ("withdrawn", "booked")
    assert (await ledger.judge(contact, FOLLOW_UP)).may == "write"
    assert await ledger.run(door.withdraw, "follow_up:1:1", "booked", ledger.now) is False


async def test_what_is_at_the_gateway_cannot_be_taken_back(ledger):
    await pause(ledger)
    await ledger.write(await ledger.customer(), FOLLOW_UP, about="follow_up:1:1")
    await ledger.shop.settles()
    assert await ledger.run(door.withdraw, "follow_up:1:1", "booked", ledger.now) is False


async def test_what_waited_into_the_night_goes_in_the_morning(ledger):
    await ledger.shop.time_passes(hours=7, minutes=50)
    await fill_the_way(ledger)
    contact = await ledger.customer()
    await ledger.write(contact, FOLLOW_UP)
    await ledger.shop.time_passes(minutes=15)
    await make_room(ledger)
    await ledger.shop.time_passes(hours=13, minutes=54)
    assert ledger.shop.answers(CUSTOMER) == []
    assert (await ledger.judge(contact, FOLLOW_UP)).until == ledger.now + timedelta(days=1, minutes=1)
    await ledger.shop.time_passes(minutes=1)
    assert len(ledger.shop.answers(CUSTOMER)) == 1


async def test_more_than_one_look_deals_with_may_wait_for_the_morning_together(ledger):
    await ledger.shop.time_passes(hours=7, minutes=59)
    await fill_the_way(ledger)
    for chat in CHATS[:60]:
        await ledger.write(await ledger.customer(chat), SERVICE)
    await ledger.shop.time_passes(minutes=1)
    await make_room(ledger)
    assert (await ledger.waiting(), await ledger.waiting("outgoing_messages")) == (60, 0)
    await ledger.run(release.give_up, before=ledger.now + HOUR, letters_before=ledger.now, now=ledger.now)
    await ledger.shop.time_passes(hours=15)
    assert [len(ledger.shop.answers(chat)) for chat in CHATS[:60]] == [1] * 60


async def test_a_number_that_was_refused_a_first_contact_begins_no_more_and_keeps_what_waits(ledger):
    await ledger.run(accounts.state, SIMULATOR, ledger.shop.app.settings, ledger.now, hold=True)
    ledger.shop.phone.faults = iter([FirstContactRefused("error 463")])
    stranger, other = [await ledger.customer(chat, wrote=None) for chat in CHATS[:2]]
    await ledger.write(stranger, MARKETING)
    await ledger.shop.settles()
    assert (await fates(ledger))[-1][0] == "failed"
    assert (await ledger.judge(other, SERVICE)).reason == "no_first_contacts"
    assert (await ledger.judge(await ledger.customer(CHATS[2]), MARKETING)).may == "write"


async def test_a_first_contact_written_before_the_refusal_waits_it_out(ledger):
    await fill_the_way(ledger)
    await ledger.write(await ledger.customer(wrote=None), MARKETING)
    await ledger.run(accounts.refuse_first_contacts, SIMULATOR, ledger.now - 6 * DAY)
    await make_room(ledger)
    assert ledger.shop.answers(CUSTOMER) == []
    await ledger.shop.time_passes(hours=30)
    assert len(ledger.shop.answers(CUSTOMER)) == 1


async def test_a_message_nobody_reports_on_makes_room_after_two_hours(ledger):
    await fill_the_way(ledger)
    await ledger.write(await ledger.customer(), FOLLOW_UP)
    await ledger.shop.time_passes(hours=1, minutes=50)
    assert ledger.shop.answers(CUSTOMER) == []
    await ledger.shop.time_passes(minutes=40)
    assert len(ledger.shop.answers(CUSTOMER)) == 1


async def test_a_number_with_which_something_is_wrong_is_tried_with_one_message_at_a_time(ledger):
    await ledger.run(numbers.pause, SIMULATOR, "проверка", now=ledger.now)
    await ledger.shop.settles()
    for chat in CHATS[:5]:
        await ledger.write(await ledger.customer(chat), SERVICE)
    await ledger.shop.settles()
    assert (await ledger.waiting(), await ledger.waiting("outgoing_messages")) == (4, 1)
    await ledger.run(numbers.resume, SIMULATOR)
    await ledger.shop.settles()
    assert [len(ledger.shop.answers(chat)) for chat in CHATS[:5]] == [1] * 5


async def test_a_message_that_cannot_be_read_holds_up_no_other(ledger):
    await fill_the_way(ledger, free=5)
    await ledger.run(_publish_nonsense, now=ledger.now)
    await ledger.write(await ledger.customer(), FOLLOW_UP)
    await ledger.shop.time_passes(hours=1)
    assert len(ledger.shop.answers(CUSTOMER)) == 1


def _is_sent(session, about, *, now):
    report = DeliveryReport(id=f"{about}:sent", created_at=now, account=SIMULATOR, for_=about, state=DeliveryState.SENT)
    release.note_report(session, report, now=now)


def _take_over(session, contact, how, *, now):
    conversation = session.query(Conversation).filter_by(contact_id=contact).one()
    if how == "typed":
        conversation.silent_until = now + HOUR
    else:
        case = {"reason": "жалоба", "summary": "", "opened_at": now, "alerts": 0}
        session.add(Case(contact_id=contact, conversation_id=conversation.id, **case))


def _publish_nonsense(session, *, now):
    body = {"conversation_id": 1, "outgoing": {"account": SIMULATOR}}
    table.publish(session, door.QUEUE, body, id="nonsense", key="nonsense", now=now, rank=0, lot=SIMULATOR)
