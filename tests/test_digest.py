"""Every evening and every Monday the merchant hears what came of it all, and the figures are right."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from saudager.agent import digest
from saudager.bootstrap import SIMULATOR
from saudager.calls.models import CallStatus, ScheduledCall
from saudager.clock import MovableClock
from saudager.conversations.models import Contact, Conversation
from saudager.engines import spend
from saudager.outreach.models import Consent, OutreachVerdict
from saudager.providers.llm import Call
from saudager.providers.llm.scripted import ScriptedModel
from saudager.rehearsal import CUSTOMER, Shop

pytestmark = [pytest.mark.both_kinds, pytest.mark.slow]

OWNER = "77470000000"
ON_HIS_PHONE = f"{OWNER}@c.us"
SECOND, THIRD, FOURTH = (f"7701000000{number}@c.us" for number in (2, 3, 4))
PRICE = "Здравствуйте, сколько стоит окно?"


@pytest.fixture
def monday():
    """Monday, 16 March 2026, 12:00 in Almaty."""
    return MovableClock(datetime(2026, 3, 16, 7, 0, tzinfo=UTC))


@pytest.fixture
async def shop(open_shop, monday) -> Shop:
    return await open_shop(
        model=ScriptedModel(lambda briefing: "Рады помочь. Оформляем заказ?"), clock=monday, alert_numbers=(OWNER,)
    )


async def _say(shop, *lines, chat=CUSTOMER):
    await shop.customer_says(*lines, chat=chat)
    await shop.time_passes(seconds=30)


def _digests(shop):
    return [line for line in shop.answers(ON_HIS_PHONE) if line.startswith("Итоги")]


async def _to(shop, hour, *, day=16):
    """The clock of Almaty shows so much."""
    await shop.time_passes(
        seconds=(datetime(2026, 3, day, hour - 5, 0, 30, tzinfo=UTC) - shop.clock.now()).total_seconds()
    )


async def _each_thing_once(shop):
    """Five customers of whom each does one thing."""
    await _say(shop, PRICE)
    await _say(shop, "Да, давайте")
    await _say(shop, PRICE, "Позовите человека", chat=SECOND)

    await _say(shop, PRICE, chat=THIRD)

    def happened(session, *, now):
        chat = session.scalars(select(Conversation).where(Conversation.chat == THIRD)).one()
        third = session.get_one(Contact, chat.contact_id)
        session.add_all(
            [
                OutreachVerdict(
                    about="follow_up:99:1",
                    contact_id=third.id,
                    account=SIMULATOR,
                    channel="whatsapp",
                    message_class="follow_up",
                    verdict="write",
                    first_contact=False,
                    decided_at=now,
                ),
                ScheduledCall(
                    contact_id=third.id,
                    conversation_id=chat.id,
                    scheduled_at=now + timedelta(days=1),
                    timezone="Asia/Almaty",
                    minutes=30,
                    status=CallStatus.BOOKED,
                    created_at=now,
                    updated_at=now,
                ),
                Consent(contact_id=third.id, wish="offers", words="не пишите", said_at=now),
            ]
        )
        spend.note(session, [Call("gemini", "m", cost=Decimal("0.25"))], third.id, now.date())

    await shop.app.db.run(happened, now=shop.clock.now())
    await shop.time_passes(seconds=1)
    await _say(shop, "А доставка есть?", chat=THIRD)


async def test_the_evening_tells_each_thing_that_happened(shop):
    await _each_thing_once(shop)
    await _to(shop, 19)
    assert _digests(shop) == [
        "Итоги за сутки, 16 марта\n"
        "Написали клиентов: 3, из них ответили: 3\n"
        "Напомнили о себе: 1, вернулись: 1\n"
        "Новых сделок: 1\n"
        "Назначено звонков: 1\n"
        "Передано людям: 1, ещё ждут: 1\n"
        "Попросили больше не писать: 1\n"
        "Потрачено на модели: 0.25 $"
    ]


async def test_monday_morning_tells_the_week_that_ended(shop):
    await _each_thing_once(shop)
    await _to(shop, 9, day=23)
    (week,) = [line for line in _digests(shop) if line.startswith("Итоги недели")]
    assert week.splitlines()[0] == "Итоги недели, по 22 марта"
    assert "Написали клиентов: 3, из них ответили: 3" in week
    assert "Новых сделок: 1" in week
    assert "Потрачено на модели: 0.25 $" in week


async def test_the_next_evening_counts_nothing_twice(shop):
    await _each_thing_once(shop)
    await shop.person_says("Здравствуйте!", chat=SECOND)
    await _to(shop, 19)
    before = await shop.app.db.read(
        digest.count,
        *(datetime(2026, 3, day, 14, tzinfo=UTC) for day in (16, 17)),
        days=(date(2026, 3, 17), date(2026, 3, 17)),
    )
    assert before.nothing


async def test_a_case_that_still_waits_is_told_of_every_evening(shop):
    await _say(shop, PRICE, "Позовите человека")
    await _to(shop, 19)
    await _to(shop, 19, day=17)
    assert _digests(shop)[1] == "Итоги за сутки, 17 марта\nПередано людям: 0, ещё ждут: 1"


async def test_an_evening_without_news_is_silent(shop):
    await _to(shop, 19)
    await _to(shop, 10, day=23)
    assert _digests(shop) == []


async def test_who_is_no_customer_is_not_counted(shop):
    await _say(shop, "Здравствуйте, предлагаем вам услуги продвижения в Instagram", chat=FOURTH)
    await _to(shop, 19)
    assert _digests(shop) == []


async def test_nobody_is_told_without_a_number(open_shop, monday):
    shop = await open_shop(model=ScriptedModel(), clock=monday)
    await _say(shop, PRICE)
    assert await digest.daily_digest(shop.app, "by hand") is False


async def test_follow_ups_are_counted_on_their_evening_and_who_came_back_on_his(shop):
    await _say(shop, PRICE)
    await _to(shop, 19, day=17)
    await _to(shop, 19, day=18)
    await _say(shop, "А доставка есть?")
    await _to(shop, 12, day=19)
    await _say(shop, "А гарантия какая?")
    await _to(shop, 19, day=19)
    await _say(shop, "А замер платный?")
    await _to(shop, 19, day=20)
    assert [line.splitlines()[1:] for line in _digests(shop)] == [
        ["Написали клиентов: 1, из них ответили: 1"],
        ["Напомнили о себе: 1, вернулись: 0"],
        ["Написали клиентов: 1, из них ответили: 1", "Напомнили о себе: 0, вернулись: 1"],
        ["Написали клиентов: 1, из них ответили: 1"],
    ]
