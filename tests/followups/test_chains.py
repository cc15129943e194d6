"""Silent and undecided customers are written to again, five times at most, and whoever must not be is left alone."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.followups import plan
from saudager.followups.models import FollowUp
from saudager.followups.replies import Reply, read_closely
from saudager.followups.understanding import Understood
from saudager.followups.writing import is_near_duplicate
from saudager.preview import look_ahead
from saudager.providers.llm import Answered, Task, Verdict
from saudager.providers.llm.scripted import ScriptedModel
from saudager.rehearsal import Shop

pytestmark = pytest.mark.slow

CLIENT = Verdict(is_client=True, confidence=1.0, reasoning="спрашивает цену")
NOON = datetime(2026, 3, 11, 7, 0, tzinfo=UTC)
"""Wednesday, 12:00 in Almaty; the shop's clock begins here."""
Asked = Callable[..., Awaitable[Shop]]


@pytest.fixture
def asked(open_shop: Any) -> Asked:
    """A shop in which a customer has asked something and was answered, at noon."""

    async def make(*lines: str, model: ScriptedModel | None = None, **settings: Any) -> Shop:
        shop: Shop = await open_shop(model=model or ScriptedModel(everybody=CLIENT), **settings)
        for line in lines or ("Сколько стоит окно?",):
            await shop.customer_says(line)
            await shop.time_passes(seconds=30)
        return shop

    return make


async def jump_to(shop: Shop, moment: datetime) -> None:
    """Let all the time up to the moment go by at once, then what fell due in it be done."""
    shop.clock.move_to(moment)
    await shop.time_passes(minutes=2)


async def chain_of(shop: Shop) -> FollowUp:
    return await shop.app.db.read(_last_chain)


def _last_chain(session: Session) -> FollowUp:
    return session.scalars(select(FollowUp).order_by(FollowUp.id.desc()).limit(1)).one()


def touches(shop: Shop) -> list[str]:
    """What the customer got after the first answer."""
    return shop.answers()[1:]


async def test_a_customer_who_is_silent_for_a_day_is_written_to_once(asked: Asked):
    shop = await asked()
    await shop.time_passes(hours=23)
    assert touches(shop) == []
    await shop.time_passes(hours=2)
    assert len(touches(shop)) == 1
    chain = await chain_of(shop)
    assert (chain.touch_number, chain.is_completed, chain.stop_reason) == (2, False, None)


@pytest.mark.both_kinds
async def test_five_touches_go_on_days_1_3_7_14_and_30_all_different_and_then_no_more(asked: Asked):
    shop = await asked()
    answered = shop.clock.now()
    for number, day in enumerate((1, 3, 7, 14, 30)):
        await jump_to(shop, answered + timedelta(days=day, hours=-1))
        assert len(touches(shop)) == number
        await shop.time_passes(hours=1)
        assert len(touches(shop)) == number + 1
    await jump_to(shop, answered + timedelta(days=70))
    assert len(touches(shop)) == 5
    assert len(set(touches(shop))) == 5
    assert not any(is_near_duplicate(text, touches(shop)[:n]) for n, text in enumerate(touches(shop)))
    chain = await chain_of(shop)
    assert (chain.is_completed, chain.stop_reason) == (True, "completed_5_touches")


async def test_the_model_writes_each_touch_for_its_number_from_the_prompt(asked: Asked):
    seen: list[Task] = []

    def write(task: Task) -> str:
        seen.append(task)
        return ("Остались ли у вас вопросы по окну?", "Расскажу, чем отличаются профили, если хотите?")[len(seen) - 1]

    shop = await asked(model=ScriptedModel(["Окна бывают разные."], everybody=CLIENT, writes=write))
    await shop.time_passes(hours=25)
    await jump_to(shop, NOON + timedelta(hours=73))
    assert touches(shop) == ["Остались ли у вас вопросы по окну?", "Расскажу, чем отличаются профили, если хотите?"]
    assert "Касание № 1" in seen[0].instructions and "Касание № 2" in seen[1].instructions
    assert "Окна бывают разные." in seen[0].instructions and "Сколько стоит окно?" in seen[0].instructions
    assert [line.text for line in seen[1].lines][-1] == "Остались ли у вас вопросы по окну?"


async def test_a_touch_that_repeats_an_earlier_one_is_vetoed(asked: Asked):
    model = ScriptedModel(["Окна бывают разные."], everybody=CLIENT, writes=lambda task: "Остались ли вопросы по окну?")
    shop = await asked(model=model)
    await shop.time_passes(hours=25)
    await jump_to(shop, NOON + timedelta(hours=73))
    first, second = touches(shop)
    assert first == "Остались ли вопросы по окну?"
    assert not is_near_duplicate(second, [first])


async def test_a_touch_with_a_price_no_document_holds_is_not_sent(asked: Asked):
    model = ScriptedModel(["Окна бывают разные."], everybody=CLIENT, writes=lambda task: "Окно за 9 900 ₸, берёте?")
    shop = await asked(model=model)
    await shop.time_passes(hours=25)
    (touch,) = touches(shop)
    assert "9 900" not in touch


@pytest.mark.both_kinds
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("Да, давайте", "client_said_yes"),
        ("Нет, не надо", "client_said_no"),
        ("А какие цвета бывают?", "client_responded"),
        ("Подумаю ещё", "client_responded"),
    ],
)
async def test_any_answer_stops_the_chain_with_its_reason(asked: Asked, answer: str, reason: str):
    shop = await asked()
    await shop.time_passes(hours=25)
    await shop.customer_says(answer)
    await shop.settles()
    chain = await shop.app.db.read(_ended)
    assert chain.stop_reason == reason


def _ended(session: Session) -> FollowUp:
    return session.scalars(select(FollowUp).where(FollowUp.is_completed)).one()


async def test_after_a_yes_or_a_no_nobody_is_written_to(asked: Asked):
    for answer in ("Да, давайте", "Нет, спасибо, не надо"):
        shop = await asked("Сколько стоит окно?", answer)
        before = shop.answers()
        await shop.time_passes(hours=27)
        assert shop.answers() == before


async def test_an_undecided_customer_is_written_to_and_the_prompt_says_why(asked: Asked):
    seen: list[Task] = []
    model = ScriptedModel(everybody=CLIENT, writes=lambda task: seen.append(task) or "Возвращаюсь к вашему вопросу.")
    shop = await asked("Сколько стоит окно?", "ок, подумаю", model=model)
    await shop.time_passes(hours=25)
    assert shop.answers()[-1] == "Возвращаюсь к вашему вопросу."
    assert "не решил" in seen[0].instructions


async def test_somebody_who_is_no_customer_is_never_written_to(asked: Asked):
    stranger = Verdict(is_client=False, confidence=1.0, reasoning="реклама")
    shop = await asked(model=ScriptedModel(everybody=stranger))
    await shop.time_passes(hours=27)
    assert shop.answers() == []


async def test_a_customer_a_person_has_taken_over_is_left_to_him(asked: Asked):
    shop = await asked()
    await shop.person_says("Это Асель, я сама вам всё посчитаю")
    await shop.time_passes(hours=27)
    assert touches(shop) == []
    assert (await chain_of(shop)).stop_reason == "taken_over"


async def test_a_person_who_writes_between_two_touches_ends_the_chain(asked: Asked):
    shop = await asked()
    await shop.time_passes(hours=25)
    await shop.person_says("Это Асель, я сама вам всё посчитаю")
    await shop.time_passes(hours=27)
    assert len(touches(shop)) == 1
    assert (await chain_of(shop)).stop_reason == "taken_over"


@pytest.mark.both_kinds
async def test_a_customer_who_bought_is_left_alone(asked: Asked):
    shop = await asked()
    contact = await shop.contact()
    await shop.app.db.run(plan.purchased, contact.id, at=shop.clock.now(), now=shop.clock.now())
    await shop.time_passes(hours=27)
    assert touches(shop) == []
    assert (await chain_of(shop)).stop_reason == "purchased"


async def test_a_last_word_that_never_reached_the_customer_begins_no_chain(asked: Asked):
    shop = await asked()
    await shop.app.db.run(_never_arrived)
    await shop.time_passes(hours=27)
    assert touches(shop) == []
    assert (await chain_of(shop)).stop_reason == "not_delivered"


def _never_arrived(session: Session) -> None:
    from saudager.conversations.models import Message

    for message in session.scalars(select(Message).where(Message.author == "bot")):
        message.delivery_state = "failed"


async def test_what_was_written_before_the_account_was_connected_begins_no_chain(open_shop: Any):
    shop: Shop = await open_shop(model=ScriptedModel(everybody=CLIENT))
    old = shop.clock.now() - timedelta(days=3)
    await shop.customer_says("Сколько стоит окно?", sent_at=old)
    await shop.time_passes(hours=27)
    assert shop.answers() == []


@pytest.mark.both_kinds
async def test_touches_wait_for_the_hours_in_which_customers_may_be_written_to(asked: Asked):
    shop = await asked(outreach_hours="15:00-16:00")
    await shop.time_passes(hours=26)  # 14:00 the next day
    assert touches(shop) == []
    assert (await chain_of(shop)).held_reason == "quiet_hours"
    await shop.time_passes(hours=2)
    assert len(touches(shop)) == 1


async def test_a_late_touch_is_never_within_a_day_of_the_one_before(asked: Asked):
    shop = await asked(follow_up_intervals=(24, 48))
    await shop.time_passes(hours=20)
    await shop.app.db.run(_hold_until, NOON + timedelta(hours=46))
    await shop.time_passes(hours=27)  # touch 1 goes at hour 46
    assert len(touches(shop)) == 1
    await shop.time_passes(hours=22)  # touch 2 was due at hour 48
    assert len(touches(shop)) == 1
    await shop.time_passes(hours=3)
    assert len(touches(shop)) == 2


def _hold_until(session: Session, moment: datetime) -> None:
    session.scalars(select(FollowUp)).one().next_touch_at = moment


async def test_after_a_time_in_which_nothing_ran_one_touch_goes_and_not_the_backlog(asked: Asked):
    shop = await asked()
    shop.clock.move_to(NOON + timedelta(days=8))  # nobody worked meanwhile
    await shop.time_passes(hours=1)
    assert len(touches(shop)) == 1
    assert (await chain_of(shop)).touch_number == 4
    await shop.time_passes(hours=23)
    assert len(touches(shop)) == 1


async def test_a_customer_who_writes_while_a_touch_waits_to_leave_does_not_get_it(asked: Asked):
    shop = await asked()
    await shop.time_passes(hours=23)
    await shop.customer_says("А доставка есть?")
    await shop.time_passes(hours=2)
    assert len(shop.answers()) == 2  # both are answers, no touch between


async def test_a_contact_has_one_chain_at_a_time(asked: Asked):
    shop = await asked("Сколько стоит окно?", "А дверь?", "А ручка?")
    chains = await shop.app.db.read(lambda session: session.scalars(select(FollowUp)).all())
    assert len(chains) == 1


async def test_where_the_rules_are_not_sure_a_model_says_what_the_answer_was(asked: Asked):
    asked_of: list[Task] = []

    class Reader(ScriptedModel):
        async def extract(self, task: Task, into: Any) -> Any:
            if into is Understood:
                asked_of.append(task)
                return Answered(Understood(reply=Reply.NO), self.name)
            return await super().extract(task, into)

    unsure = "мы уже улетели отдыхать, так что не до окон пока что нам тут"
    assert not read_closely(unsure, "").sure
    shop = await asked("Сколько стоит окно?", unsure, model=Reader(everybody=CLIENT))
    before = shop.answers()
    await shop.time_passes(hours=27)
    assert shop.answers() == before
    assert (await chain_of(shop)).stop_reason == "client_said_no"
    assert asked_of[0].lines[0].text == unsure


@pytest.mark.both_kinds
async def test_of_many_due_at_once_no_more_go_than_a_number_may_send_in_a_day(open_shop: Any):
    shop: Shop = await open_shop(model=ScriptedModel(everybody=CLIENT), outreach_per_day=3)
    chats = [f"7701200000{number}@c.us" for number in range(5)]
    for chat in chats:
        await shop.customer_says("Сколько стоит окно?", chat=chat)
    await shop.time_passes(minutes=1)
    await shop.time_passes(hours=24)
    assert sum(len(shop.answers(chat)) - 1 for chat in chats) == 3
    await shop.time_passes(hours=24)
    assert [len(shop.answers(chat)) for chat in chats] == [2] * 5


async def test_a_touch_the_cloud_api_does_not_take_is_held_as_window_closed_and_shown_in_the_preview(asked: Asked):
    shop = await asked()
    shop.phone.window = timedelta(hours=24)
    await shop.time_passes(hours=25)
    assert touches(shop) == []
    chain = await chain_of(shop)
    assert (chain.touch_number, chain.held_reason, chain.is_completed) == (1, "window_closed", False)
    ahead = await look_ahead(shop.app, days=3)
    assert ("wait", "window_closed") in [(one.verdict, one.reason) for one in ahead.planned]
    await shop.time_passes(hours=30)
    assert touches(shop) == []


async def test_with_a_template_chosen_for_it_the_touch_goes_outside_the_window(asked: Asked):
    shop = await asked(follow_up_template="come_back/ru")
    shop.phone.window = timedelta(hours=24)
    await shop.time_passes(hours=25)
    assert len(touches(shop)) == 1
    assert shop.phone.templates[-1] == {"name": "come_back", "language": "ru"}
