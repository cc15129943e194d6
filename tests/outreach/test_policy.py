"""Every cell of the table of rules: which class of message passes, waits or stops, at which rule."""

from datetime import UTC, datetime, timedelta

import pytest

from saudager.attention import Why
from saudager.bootstrap import SIMULATOR
from saudager.contracts import MessageClass
from saudager.conversations import merging
from saudager.outreach import accounts, consent
from tests.outreach.ledger import CHATS, FOLLOW_UP, MARKETING, SERVICE, UNASKED, Ledger, wish_to, write_to_only_chat

pytestmark = [pytest.mark.both_kinds, pytest.mark.slow]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NEXT_MORNING = datetime(2026, 3, 12, 5, tzinfo=UTC)  # ten o'clock in Kazakhstan
EVERY_CLASS = tuple(MessageClass)


@pytest.fixture
async def ledger(open_shop):
    return Ledger(await open_shop())


async def answers(ledger, contact, classes=UNASKED, **wanted):
    """What the rules say to each class, in order."""
    verdicts = [await ledger.judge(contact, message_class, **wanted) for message_class in classes]
    return [(verdict.may, verdict.reason) for verdict in verdicts]


async def test_nothing_in_the_way_lets_every_class_go(ledger):
    assert await answers(ledger, await ledger.customer(), EVERY_CLASS) == [("write", None)] * 5


@pytest.mark.parametrize(
    ("wish", "stopped"),
    [
        (consent.EVERYTHING, (SERVICE, FOLLOW_UP, MARKETING)),
        (consent.OFFERS, (FOLLOW_UP, MARKETING)),
        (consent.RESUME, ()),
    ],
)
async def test_who_wishes_to_hear_less_is_written_less(ledger, wish, stopped):
    contact = await ledger.customer()
    await ledger.run(consent.note, contact, consent.OFFERS, "не надо", ledger.now - HOUR)
    await ledger.run(consent.note, contact, wish, "его слова", ledger.now)
    expected = [("refuse", "opted_out") if cls in stopped else ("write", None) for cls in UNASKED]
    assert await answers(ledger, contact) == expected
    assert await answers(ledger, contact, [MessageClass.REPLY]) == [("write", None)]
    standing = await ledger.shop.app.db.read(consent.standing, contact)
    assert standing == (None if wish == consent.RESUME else wish)


async def test_quiet_hours_hold_everything_but_replies_until_morning(ledger):
    contact = await ledger.customer()
    await ledger.shop.time_passes(hours=9)  # nine in the evening
    assert await answers(ledger, contact) == [("wait", "quiet_hours")] * 3
    assert await answers(ledger, contact, [MessageClass.REPLY, MessageClass.ALERT]) == [("write", None)] * 2
    assert (await ledger.judge(contact, SERVICE)).until == NEXT_MORNING
    await ledger.shop.time_passes(hours=13)
    assert await answers(ledger, contact) == [("write", None)] * 3


async def test_a_number_of_no_known_zone_is_never_written_to_unasked(ledger):
    contact = await ledger.customer("447700900123@c.us")
    assert await answers(ledger, contact) == [("refuse", "unknown_zone")] * 3
    assert await answers(ledger, contact, [MessageClass.REPLY]) == [("write", None)]


async def test_follow_ups_and_offers_wait_a_day_after_our_last_unasked_message(ledger):
    contact = await ledger.customer()
    await ledger.wrote_unasked(contact, ago=2 * HOUR, message_class=SERVICE, channel="email", account="shop@example.kz")
    assert await answers(ledger, contact) == [("write", None), ("wait", "cooldown"), ("wait", "cooldown")]
    assert (await ledger.judge(contact, FOLLOW_UP)).until == ledger.now + 22 * HOUR
    await ledger.shop.time_passes(hours=22)
    assert await answers(ledger, contact) == [("write", None)] * 3


async def test_three_unanswered_messages_stop_offers_and_nothing_else(ledger):
    contact = await ledger.customer(wrote=9 * DAY)
    await ledger.wrote_unasked(contact, ago=2 * DAY, times=2)
    await ledger.wrote_unasked(contact, ago=2 * DAY, times=3, message_class=SERVICE)  # want no answer
    assert await answers(ledger, contact) == [("write", None)] * 3
    await ledger.wrote_unasked(contact, ago=2 * DAY)
    assert await answers(ledger, contact) == [("write", None), ("write", None), ("refuse", "three_unanswered")]
    await ledger.customer(wrote=DAY)
    assert await answers(ledger, contact) == [("write", None)] * 3


async def test_first_contacts_of_a_day_are_counted_for_service_and_offers(ledger):
    await ledger.run(_begun, ledger.now - 30 * DAY)
    for chat in CHATS[1:20]:
        known = await ledger.customer(chat, wrote=None)
        await ledger.wrote_unasked(known, ago=HOUR, times=2, first_contact=True)
    stranger, other = await ledger.customer(wrote=None), await ledger.customer(CHATS[30], wrote=None)
    assert await answers(ledger, stranger) == [("write", None)] * 3  # nineteen people, however often
    await ledger.wrote_unasked(other, ago=HOUR, first_contact=True)
    held = ("wait", "first_contacts_today")
    assert await answers(ledger, stranger) == [held, ("write", None), held]
    assert (await ledger.judge(stranger, SERVICE)).until == NEXT_MORNING
    assert await answers(ledger, other, [SERVICE]) == [("write", None)]  # he has been met today
    assert await answers(ledger, await ledger.customer(CHATS[31])) == [("write", None)] * 3
    assert (await ledger.judge(stranger, SERVICE)).first_contact is True


async def test_history_counts_as_having_written_but_a_line_to_another_number_does_not(ledger):
    old = await ledger.customer(history=True)
    elsewhere = await ledger.customer(CHATS[1], account="another number")
    assert (await ledger.judge(old, MARKETING)).first_contact is False
    assert (await ledger.judge(elsewhere, MARKETING)).first_contact is True


@pytest.mark.parametrize(
    ("age", "setting", "allowed"),
    [
        (None, 20, 5),
        (timedelta(0), 20, 5),
        (timedelta(days=6, hours=23), 20, 5),
        (timedelta(days=7), 20, 10),
        (timedelta(days=13, hours=23), 20, 10),
        (timedelta(days=14), 20, 20),
        (None, 1, 1),
        (None, 0, 0),
    ],
)
async def test_a_new_number_warms_up(open_shop, age, setting, allowed):
    ledger = Ledger(await open_shop(first_contacts_per_day=setting))
    if age is not None:
        await ledger.run(_begun, ledger.now - age)
    state = await ledger.run(accounts.state, SIMULATOR, ledger.shop.app.settings, ledger.now, hold=True)
    assert state.first_contact_allowance == allowed


async def test_a_restricted_number_begins_no_conversation_for_a_week(ledger):
    known, stranger = await ledger.customer(), await ledger.customer(CHATS[1], wrote=None)
    await ledger.run(accounts.refuse_first_contacts, SIMULATOR, ledger.now)
    held = ("wait", "no_first_contacts")
    assert await answers(ledger, stranger) == [held, ("write", None), held]
    assert (await ledger.judge(stranger, MARKETING)).until == ledger.now + 7 * DAY
    assert await answers(ledger, known) == [("write", None)] * 3
    await ledger.shop.time_passes(days=7)
    assert await answers(ledger, stranger) == [("write", None)] * 3


async def test_the_daily_cap_of_a_number_holds_all_classes_until_the_shops_next_day(open_shop):
    ledger = Ledger(await open_shop(outreach_per_day=2))
    contact, other = await ledger.customer(), await ledger.customer(CHATS[1])
    await ledger.wrote_unasked(other, ago=13 * HOUR)  # yesterday by the shop's clock
    await ledger.wrote_unasked(other, ago=11 * HOUR)
    assert await answers(ledger, contact) == [("write", None)] * 3
    await ledger.wrote_unasked(other, ago=HOUR)
    assert await answers(ledger, contact) == [("wait", "daily_cap")] * 3
    assert await answers(ledger, contact, account="another number") == [("write", None)] * 3
    assert (await ledger.judge(contact, SERVICE)).until == NEXT_MORNING
    await ledger.shop.time_passes(hours=22)
    assert await answers(ledger, contact) == [("write", None)] * 3


async def test_three_times_the_busiest_day_of_the_month_puts_the_brake_on_follow_ups_and_offers(open_shop):
    ledger = Ledger(await open_shop(outreach_per_day=1000))
    contact, other = await ledger.customer(), await ledger.customer(CHATS[1])
    await ledger.wrote_unasked(other, ago=31 * DAY, times=60)  # too long ago to count
    await ledger.wrote_unasked(other, ago=5 * DAY, times=40)
    await ledger.wrote_unasked(other, ago=4 * DAY, times=20)
    await ledger.wrote_unasked(other, ago=HOUR, times=119)
    assert await answers(ledger, contact) == [("write", None)] * 3
    await ledger.wrote_unasked(other, ago=HOUR)
    assert await answers(ledger, contact) == [("write", None), ("wait", "breaker"), ("wait", "breaker")]
    assert (await ledger.judge(contact, MARKETING)).until is None


async def test_a_new_shop_may_write_a_hundred_before_the_brake(open_shop):
    ledger = Ledger(await open_shop(outreach_per_day=1000))
    contact, other = await ledger.customer(), await ledger.customer(CHATS[1])
    await ledger.wrote_unasked(other, ago=HOUR, times=99)
    assert await answers(ledger, contact, [MARKETING]) == [("write", None)]
    await ledger.wrote_unasked(other, ago=HOUR)
    assert await answers(ledger, contact, [MARKETING]) == [("wait", "breaker")]


async def test_the_brake_stays_on_until_a_person_lets_go_and_then_a_whole_allowance_may_go(open_shop):
    ledger = Ledger(await open_shop(outreach_per_day=1000))
    contact, other = await ledger.customer(), await ledger.customer(CHATS[1])
    await ledger.wrote_unasked(other, ago=HOUR, times=100)
    assert (await ledger.write(contact, MARKETING)).reason == "breaker"
    assert (await ledger.write(contact, FOLLOW_UP)).reason == "breaker"
    assert [(entry.kind, entry.about) for entry in await ledger.shop.desk()] == [(Why.OUTREACH, f"account:{SIMULATOR}")]
    await ledger.shop.time_passes(days=3)
    assert await answers(ledger, contact, [MARKETING]) == [("wait", "breaker")]
    await ledger.wrote_unasked(other, ago=HOUR, times=300)
    await ledger.run(accounts.resume, SIMULATOR, ledger.now)
    assert await ledger.shop.desk() == []
    assert await answers(ledger, contact, [MARKETING]) == [("write", None)]
    await ledger.wrote_unasked(other, ago=timedelta(0), times=300)
    waits = wish_to(contact, MARKETING)
    for _ in range(2):
        assert await answers(ledger, contact, [MARKETING], about=waits.about) == [("wait", "breaker")]
    await ledger.write(contact, MARKETING, about=waits.about)
    assert len(await ledger.shop.desk()) == 1


async def test_the_longest_wait_counts_and_a_refusal_before_any(ledger):
    contact = await ledger.customer()
    await ledger.wrote_unasked(contact, ago=HOUR)
    await ledger.shop.time_passes(hours=9)
    verdict = await ledger.judge(contact, FOLLOW_UP)
    assert (verdict.reason, verdict.until) == ("cooldown", datetime(2026, 3, 12, 6, tzinfo=UTC))
    await ledger.run(consent.note, contact, consent.EVERYTHING, "стоп", ledger.now)
    assert (await ledger.judge(contact, FOLLOW_UP)).reason == "opted_out"


async def test_a_wait_ends_in_open_hours(ledger):
    contact = await ledger.customer()
    await ledger.wrote_unasked(contact, ago=17 * HOUR)
    assert (await ledger.judge(contact, FOLLOW_UP)).until == ledger.now + 7 * HOUR
    late = await ledger.customer(CHATS[1])
    await ledger.wrote_unasked(late, ago=14 * HOUR)
    assert (await ledger.judge(late, FOLLOW_UP)).until == NEXT_MORNING


async def test_what_failed_or_was_taken_back_counts_for_nothing(open_shop):
    ledger = Ledger(await open_shop(outreach_per_day=1))
    contact = await ledger.customer()
    await ledger.wrote_unasked(contact, ago=HOUR, fate="withdrawn", counted_at=None)
    await ledger.wrote_unasked(contact, ago=HOUR, fate="failed", counted_at=None)
    assert await answers(ledger, contact) == [("write", None)] * 3


async def test_a_wish_and_what_was_written_follow_a_contact_who_proves_to_be_another(ledger):
    known, other = await ledger.customer(), await ledger.customer(CHATS[1])
    await ledger.run(consent.note, other, consent.OFFERS, "без рекламы", ledger.now)
    await ledger.wrote_unasked(other, ago=HOUR)
    merge = await ledger.run(lambda session: merging.merge(session, known, other, now=ledger.now).id)
    assert await answers(ledger, known) == [("write", None), ("refuse", "opted_out"), ("refuse", "opted_out")]
    await ledger.run(merging.undo, merge, now=ledger.now)
    assert await answers(ledger, known) == [("write", None)] * 3
    assert (await ledger.judge(other, MARKETING)).reason == "opted_out"


async def test_a_verdict_is_kept_with_its_reason_and_once_while_it_says_the_same(ledger):
    contact = await ledger.customer()
    wanted = wish_to(contact, MARKETING)
    await ledger.wrote_unasked(contact, ago=HOUR)
    for _ in range(3):
        await ledger.write(contact, MARKETING, about=wanted.about)
    await ledger.run(consent.note, contact, consent.OFFERS, "без рекламы", ledger.now)
    await ledger.write(contact, MARKETING, about=wanted.about)
    await ledger.run(consent.note, contact, consent.RESUME, "можно", ledger.now)
    await ledger.write(contact, MARKETING, about=wanted.about)
    kept = [row for row in await ledger.verdicts() if row.about == wanted.about]
    assert [(row.verdict, row.reason) for row in kept] == [
        ("wait", "cooldown"),
        ("refuse", "opted_out"),
        ("wait", "cooldown"),
    ]
    assert kept[0].until == ledger.now + 23 * HOUR


async def test_a_batch_that_shares_the_numbers_day_keeps_its_caps_to_the_message(open_shop):
    ledger = Ledger(await open_shop(outreach_per_day=3, first_contacts_per_day=1))
    contacts = [await ledger.customer(chat, wrote=None) for chat in CHATS[:2]]
    contacts += [await ledger.customer(chat) for chat in CHATS[2:6]]
    verdicts = await ledger.run(_write_all, contacts, ledger.shop.app.settings, ledger.now)
    reasons = [verdict.reason for verdict in verdicts]
    assert reasons == [None, "first_contacts_today", None, None, "daily_cap", "daily_cap"]


def _begun(session, at):
    accounts._HOLD(session, account=SIMULATOR)
    accounts._BEGIN(session, account=SIMULATOR, begun_at=at)


def _write_all(session, contacts, settings, now):
    state = accounts.state(session, SIMULATOR, settings, now)
    return [
        write_to_only_chat(session, wish_to(contact, MARKETING), "Скидка", settings=settings, now=now, state=state)
        for contact in contacts
    ]
