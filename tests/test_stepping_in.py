"""A person writes from the console, takes a conversation over and gives it back: he always wins, and says it once."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from saudager.agent import stepping_in, suggesting
from saudager.attention import Why
from saudager.conversations import cases
from saudager.errors import NotFound, Refused
from saudager.gateway import accounts, intake
from saudager.providers.channels import Line
from saudager.providers.llm import Action, Decision
from saudager.providers.llm.scripted import ScriptedModel
from saudager.rehearsal import CUSTOMER, Shop

pytestmark = [pytest.mark.both_kinds, pytest.mark.slow]

PRICE = "Сколько стоит окно?"
SILENCE = timedelta(hours=4)


@pytest.fixture
def shop_of(open_shop):
    """A shop with one customer who has been answered once."""

    async def open_one(*replies, **values) -> Shop:
        shop: Shop = await open_shop(model=ScriptedModel(["Здравствуйте! Какой размер?", *replies]), **values)
        await shop.customer_says(PRICE)
        await shop.time_passes(seconds=30)
        return shop

    return open_one


async def _conversation(shop: Shop) -> int:
    return (await shop.messages())[0].conversation_id


async def _writes(shop: Shop, text: str, *, once: str = "1", operator: str = "Асель") -> bool:
    return await shop.app.db.run(
        stepping_in.write,
        await _conversation(shop),
        text,
        once=once,
        operator=operator,
        silence=SILENCE,
        now=shop.clock.now(),
    )


async def _takes(shop: Shop) -> None:
    conversation, now = await _conversation(shop), shop.clock.now()
    await shop.app.db.run(stepping_in.take_over, conversation, operator="Асель", silence=SILENCE, now=now)


async def _gives_back(shop: Shop, outcome: str = "") -> None:
    conversation, now = await _conversation(shop), shop.clock.now()
    await shop.app.db.run(stepping_in.release, conversation, outcome=outcome, now=now)


async def test_a_line_of_an_operator_reaches_the_customer_and_silences_the_salesperson(shop_of):
    shop = await shop_of()
    await shop.customer_says("А 1500 на 1500?")
    await shop.settles()
    assert await _writes(shop, "Здравствуйте, это Асель. Посчитаю и напишу.")
    await shop.time_passes(minutes=5)
    assert shop.answers()[1:] == ["Здравствуйте, это Асель. Посчитаю и напишу."]
    line = (await shop.messages())[-1]
    assert (line.author, line.written_by, line.delivery_state) == ("human", "Асель", "sent")
    turn = (await shop.turns())[-1]
    assert (turn.outcome, turn.reason) == ("withdrawn", "person_spoke")
    await shop.customer_says("Спасибо, жду")
    await shop.time_passes(hours=3)
    assert len(shop.answers()) == 2


async def test_the_same_form_posted_twice_is_one_line(shop_of):
    shop = await shop_of()
    assert await _writes(shop, "Добрый день", once="form")
    assert not await _writes(shop, "Добрый день", once="form")
    await shop.time_passes(minutes=1)
    assert shop.answers()[1:] == ["Добрый день"]


async def test_what_the_salesperson_had_on_its_way_is_withdrawn_and_the_persons_line_goes_first(shop_of):
    shop = await shop_of("Окно стоит по размеру.", sends_per_minute=1)
    await shop.customer_says("А 1500 на 1500?")
    held = shop.clock.now() + timedelta(minutes=3)
    await shop.app.db.run(accounts.hold_sends, shop.account.name, until=held)
    await shop.time_passes(seconds=30)
    assert (await shop.turns())[-1].outcome == "answered"
    await _writes(shop, "Отвечу сама")
    await shop.time_passes(minutes=10)
    assert shop.answers()[1:] == ["Отвечу сама"]
    assert (await shop.turns())[-1].outcome == "withdrawn"


async def test_a_line_typed_on_the_phone_does_not_withdraw_the_one_from_the_console(shop_of):
    shop = await shop_of()
    await shop.app.db.run(accounts.hold_sends, shop.account.name, until=shop.clock.now() + timedelta(minutes=3))
    await _writes(shop, "Из консоли")
    await shop.person_says("С телефона")
    await shop.time_passes(minutes=10)
    assert "Из консоли" in shop.answers()


async def test_the_echo_of_an_operators_line_is_no_new_line(shop_of):
    shop = await shop_of()
    await _writes(shop, "Здравствуйте, это Асель")
    await shop.time_passes(minutes=1)
    sent: Line = shop.phone.chat(CUSTOMER)[-1]
    await shop.arrives(sent)
    await shop.time_passes(minutes=1)
    assert [line.text for line in await shop.messages() if line.author == "human"] == ["Здравствуйте, это Асель"]


async def test_an_open_case_is_then_the_operators(shop_of):
    shop = await shop_of()
    await shop.customer_says("Позовите живого человека")
    await shop.time_passes(seconds=30)
    await _writes(shop, "Здравствуйте, это Асель")
    case = await shop.app.db.read(cases.of_conversation, await _conversation(shop))
    assert case.owner == "Асель"
    assert await shop.desk() == []
    await _gives_back(shop, "договорились о замере")
    assert await shop.app.db.read(cases.of_conversation, await _conversation(shop)) is None


async def test_taking_over_holds_back_an_answer_that_is_being_thought_out(shop_of):
    shop = await shop_of("Окно стоит по размеру.", "Окно стоит по размеру.")
    hold = shop.app.model.hold = asyncio.Event()
    await shop.customer_says("А 1500 на 1500?")
    moving = asyncio.create_task(shop.time_passes(seconds=10))
    while len(shop.app.model.briefings) < 2:
        await asyncio.sleep(0.01)
    await _takes(shop)
    hold.set()
    await moving
    await shop.time_passes(hours=3)
    assert len(shop.answers()) == 1
    await shop.time_passes(hours=1, minutes=1)
    assert len(shop.answers()) == 2


async def test_given_back_the_salesperson_answers_at_once_what_waits(shop_of):
    shop = await shop_of("Окно стоит по размеру.")
    await _takes(shop)
    await shop.customer_says("А 1500 на 1500?")
    await shop.time_passes(minutes=10)
    assert len(shop.answers()) == 1
    await _gives_back(shop)
    await shop.time_passes(seconds=5)
    assert shop.answers()[1:] == ["Окно стоит по размеру."]


async def test_given_back_while_the_persons_line_still_waits_to_leave_a_later_question_is_answered(shop_of):
    shop = await shop_of("Окно стоит по размеру.", sends_per_minute=20)
    await shop.app.db.run(accounts.hold_sends, shop.account.name, until=shop.clock.now() + timedelta(seconds=9))
    await _writes(shop, "Здравствуйте, это Асель")
    await shop.time_passes(seconds=2)
    await _gives_back(shop)
    await shop.customer_says("А 1500 на 1500?")
    await shop.time_passes(minutes=2)
    assert shop.answers()[1:] == ["Здравствуйте, это Асель", "Окно стоит по размеру."]
    assert [turn.outcome for turn in await shop.turns()] == ["answered", "answered"]


async def test_a_question_that_came_unseen_just_before_the_persons_line_is_shown_to_a_person(shop_of):
    shop = await shop_of("Окно стоит по размеру.", sends_per_minute=20)
    conversation, now = await _conversation(shop), shop.clock.now()
    question = shop.phone.write(CUSTOMER, "А 1500 на 1500?")

    def cross(session: Session) -> None:
        intake.take(session, shop.account, [question], hears=False, now=now)
        stepping_in.write(session, conversation, "Это Асель", once="1", operator="Асель", silence=SILENCE, now=now)
        stepping_in.release(session, conversation, outcome="", now=now)

    await shop.app.db.run(cross)
    await shop.time_passes(minutes=2)
    assert shop.answers()[1:] == ["Это Асель"]
    assert (await shop.turns())[-1].outcome == "withdrawn"
    assert [entry.kind for entry in await shop.desk()] == [Why.NOT_DELIVERED]


async def test_a_person_who_answered_and_gave_back_at_once_is_not_asked_to_look_again(shop_of):
    shop = await shop_of("Окно стоит по размеру.", sends_per_minute=20)
    await shop.customer_says("А 1500 на 1500?")
    await shop.app.db.run(accounts.hold_sends, shop.account.name, until=shop.clock.now() + timedelta(minutes=3))
    await shop.time_passes(minutes=1)
    await _writes(shop, "Отвечу сама")
    await _gives_back(shop)
    await shop.time_passes(minutes=10)
    assert shop.answers()[1:] == ["Отвечу сама"]
    assert (await shop.turns())[-1].outcome == "withdrawn"
    assert await shop.desk() == []


async def test_a_line_that_cannot_be_delivered_is_shown_to_a_person(shop_of):
    shop = await shop_of()
    await shop.app.db.run(accounts.pause, shop.account.name, "номер отключён", now=shop.clock.now())
    await _writes(shop, "Добрый день")
    await shop.time_passes(hours=3)
    assert len(shop.answers()) == 1
    assert Why.UNSETTLED in [entry.kind for entry in await shop.desk()] or Why.NOT_DELIVERED in [
        entry.kind for entry in await shop.desk()
    ]


async def test_an_empty_line_and_an_unknown_conversation_are_refused(shop_of):
    shop = await shop_of()
    with pytest.raises(Refused, match="пустое"):
        await _writes(shop, " \r\n ")
    with pytest.raises(NotFound):
        await shop.app.db.run(stepping_in.take_over, 999, operator="Асель", silence=SILENCE, now=shop.clock.now())
    assert len(await shop.messages()) == 2


async def test_a_suggestion_is_written_and_nothing_is_sent_or_done(shop_of):
    book = Decision(reply="Записали вас на завтра.", actions=[Action(kind="stop_offers", detail="")])
    shop = await shop_of("Окно стоит по размеру.", book, "Напишу, когда посчитаем.")
    await _takes(shop)
    await shop.customer_says("А 1500 на 1500?")
    await shop.time_passes(minutes=1)
    said = await suggesting.suggest(shop.app, await _conversation(shop))
    assert said == "Окно стоит по размеру."
    await suggesting.suggest(shop.app, await _conversation(shop))
    await shop.time_passes(minutes=10)
    assert len(shop.answers()) == 1
    assert (await shop.messages())[-1].turn_id is None
