"""A customer who wants a person gets one: the shop is called, the salesperson is silent, and nobody is forgotten."""

import httpx
import pytest
from sqlalchemy import select

from saudager import keys
from saudager.api import desk
from saudager.attention import Why
from saudager.conversations import cases
from saudager.conversations.models import Case
from saudager.errors import NotFound
from saudager.followups.models import FollowUp
from saudager.providers.llm import Action, Decision
from saudager.providers.llm.scripted import ScriptedModel
from saudager.rehearsal import CUSTOMER, Shop
from saudager.web import make_web

pytestmark = [pytest.mark.both_kinds, pytest.mark.slow]

OWNER = "77470000000"
ON_HIS_PHONE = f"{OWNER}@c.us"
PRICE = "Сколько стоит окно?"
PERSON = "Позовите живого человека"
UNKNOWN = Decision(reply="Уточню и напишу вам.", actions=[Action(kind="hand_over", detail="вес окна")])


@pytest.fixture
def shop_of(open_shop):
    """A shop whose owner has a phone, and one customer who has been answered once."""

    async def open_one(*replies, **values):
        model = ScriptedModel(["Здравствуйте! Какой размер нужен?", *replies])
        shop: Shop = await open_shop(model=model, **{"alert_numbers": (OWNER,)} | values)
        await _say(shop, PRICE)
        return shop

    return open_one


async def _say(shop, *lines, chat=CUSTOMER):
    before = len(shop.answers(chat))
    await shop.customer_says(*lines, chat=chat)
    await shop.time_passes(seconds=30)
    return shop.answers(chat)[before:]


async def _case(shop) -> Case:
    return await shop.app.db.read(lambda session: session.scalars(select(Case).order_by(Case.id.desc())).first())


async def test_who_asks_for_a_person_is_told_the_truth_and_the_owner_is_called(shop_of):
    shop = await shop_of()
    (said,) = await _say(shop, PERSON)
    assert said == (
        "Ваше сообщение передано сотруднику магазина. Сотрудники отвечают здесь с понедельника по пятницу, "
        "с 10:00 до 18:00."
    )
    (alert,) = shop.answers(ON_HIS_PHONE)
    assert "просит человека" in alert
    assert "+77010000001" in alert and PERSON in alert and PRICE in alert
    assert [entry.kind for entry in await shop.desk()] == [Why.HANDED_OVER]
    case = await _case(shop)
    assert (case.reason, case.owner, case.alerts, case.closed_at) == ("просит человека", None, 1, None)
    turn = (await shop.turns())[-1]
    assert (turn.outcome, turn.trace["escalated"]) == ("answered", "просит человека")


async def test_no_model_is_asked_whether_a_person_is_wanted(shop_of):
    shop = await shop_of()
    asked = len(shop.app.model.briefings)
    await _say(shop, "верните деньги, стекло привезли разбитое")
    assert len(shop.app.model.briefings) == asked


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("I want to talk to a human", "passed to a member of our staff"),
        ("адаммен сөйлескім келеді", "дүкен қызметкеріне"),
        ("Привезли разбитое стекло, это безобразие", "Нам очень жаль"),
    ],
)
async def test_the_waiting_line_is_in_the_customers_language_and_sorry_where_it_should_be(shop_of, line, said):
    shop = await shop_of(working_hours_start=9, working_hours_end=17)
    (answer,) = await _say(shop, line)
    assert said in answer
    assert "9:00" in answer and "17:00" in answer


async def test_while_a_person_is_awaited_the_customers_lines_stay_open_and_are_answered_afterwards(shop_of):
    shop = await shop_of("Окно стоит по размеру.")
    await _say(shop, PERSON)
    assert await _say(shop, "Ну что там?", "Сколько стоит окно 150 на 150?") == []
    await shop.time_passes(hours=3)
    assert len(shop.answers()) == 2
    await shop.time_passes(hours=1)
    assert shop.answers()[2:] == ["Окно стоит по размеру."]
    assert shop.app.model.briefings[-1].new_lines == ["Ну что там?", "Сколько стоит окно 150 на 150?"]


async def test_the_owner_is_called_three_times_and_once_more_when_nobody_came(shop_of):
    shop = await shop_of()
    await _say(shop, PERSON)
    await shop.time_passes(minutes=29)
    assert len(shop.answers(ON_HIS_PHONE)) == 1
    await shop.time_passes(minutes=2)
    assert len(shop.answers(ON_HIS_PHONE)) == 2
    await shop.time_passes(hours=3)
    assert len(shop.answers(ON_HIS_PHONE)) == 3
    await shop.time_passes(hours=1)
    assert "снова отвечает продавец" in shop.answers(ON_HIS_PHONE)[3]
    await shop.time_passes(hours=24)
    assert len([line for line in shop.answers(ON_HIS_PHONE) if "Итоги" not in line]) == 4
    assert (await _case(shop)).closed_at is None
    assert [entry.kind for entry in await shop.desk()] == [Why.HANDED_OVER]


async def test_a_person_who_writes_has_the_case_and_nobody_is_called_again(shop_of):
    shop = await shop_of()
    await _say(shop, PERSON)
    await shop.person_says("Здравствуйте, это Асель. Привезём в среду в 15:00")
    await shop.time_passes(hours=3)
    assert len(shop.answers(ON_HIS_PHONE)) == 1
    assert (await _case(shop)).owner == cases.BY_PHONE
    assert await shop.desk() == []


async def test_the_case_ends_when_the_persons_silence_ends_with_what_he_said(shop_of):
    shop = await shop_of("Да, в среду.")
    await _say(shop, PERSON)
    await shop.time_passes(hours=1)
    await shop.person_says("Здравствуйте, это Асель")
    await shop.time_passes(hours=2)
    await shop.person_says("Привезём в среду в 15:00")
    await shop.time_passes(hours=3, minutes=59)
    assert (await _case(shop)).closed_at is None
    await shop.time_passes(minutes=2)
    case = await _case(shop)
    assert case.closed_at is not None
    assert case.outcome == "Человек написал: «Здравствуйте, это Асель», «Привезём в среду в 15:00»."
    assert await _say(shop, "Так когда привезёте?") == ["Да, в среду."]
    assert any("в среду" in said.text for said in shop.app.model.briefings[-1].history)


async def test_a_line_typed_before_the_case_began_takes_nothing(shop_of):
    shop = await shop_of()
    early = shop.phone.write(CUSTOMER, "Добрый день", by_human=True)
    await shop.time_passes(minutes=5)
    await _say(shop, PERSON)
    await shop.arrives(early)
    await shop.time_passes(minutes=40)
    assert (await _case(shop)).owner is None
    assert len(shop.answers(ON_HIS_PHONE)) == 2


async def test_the_customer_who_asks_again_later_calls_the_owner_again_in_the_same_case(shop_of):
    shop = await shop_of()
    await _say(shop, PERSON)
    first = await _case(shop)
    await shop.time_passes(hours=5)
    before = len(shop.answers(ON_HIS_PHONE))
    assert len(await _say(shop, "Мне нужен живой человек!")) == 1
    assert len(shop.answers(ON_HIS_PHONE)) == before + 1
    again = await _case(shop)
    assert again.id == first.id
    assert await _say(shop, PRICE) == []


async def test_without_the_owners_number_the_case_waits_on_the_desk(shop_of):
    shop = await shop_of(alert_numbers=())
    assert len(await _say(shop, PERSON)) == 1
    assert [entry.kind for entry in await shop.desk()] == [Why.HANDED_OVER]
    assert (await _case(shop)).alerts == 0
    await shop.time_passes(hours=5)
    assert shop.answers(ON_HIS_PHONE) == []


async def test_two_questions_in_a_row_without_an_answer_call_a_person(shop_of):
    shop = await shop_of(UNKNOWN, UNKNOWN)
    assert await _say(shop, "Сколько весит окно?") == ["Уточню и напишу вам."]
    assert shop.answers(ON_HIS_PHONE) == []
    (said,) = await _say(shop, "А створка сколько весит?")
    assert said.startswith("Уточню и напишу вам.\n\nВаше сообщение передано сотруднику")
    assert "дважды подряд не нашлось ответа" in shop.answers(ON_HIS_PHONE)[0]


async def test_an_answer_in_between_or_a_person_begins_the_count_anew(shop_of):
    shop = await shop_of(UNKNOWN, "Доставка есть.", UNKNOWN, UNKNOWN)
    await _say(shop, "Сколько весит окно?")
    await _say(shop, "А доставка есть?")
    await _say(shop, "Сколько весит створка?")
    await shop.person_says("Створка весит около десяти килограммов")
    await shop.time_passes(hours=5)
    assert await _say(shop, "А рама сколько весит?") == ["Уточню и напишу вам."]
    assert shop.answers(ON_HIS_PHONE) == []


async def test_nobody_writes_first_to_a_customer_who_waits_for_a_person(shop_of):
    shop = await shop_of()
    await _say(shop, PERSON)
    await shop.time_passes(hours=30)
    assert len(shop.answers()) == 2
    chains = await shop.app.db.read(lambda session: session.scalars(select(FollowUp)).all())
    assert {chain.stop_reason for chain in chains} == {"taken_over"}


async def test_a_word_that_only_sounds_like_it_calls_nobody(shop_of):
    shop = await shop_of("Есть стол на шестерых.", "Асель.")
    assert await _say(shop, "Нужен стол на 6 человек") == ["Есть стол на шестерых."]
    assert await _say(shop, "А кто менеджер проекта?") == ["Асель."]
    assert await shop.desk() == []


async def test_thanks_for_thanks_are_not_exchanged_for_ever(shop_of):
    shop = await shop_of("Пожалуйста! Пишите.", "Доставка есть.")
    assert await _say(shop, "Спасибо большое!") == ["Пожалуйста! Пишите."]
    assert await _say(shop, "И вам хорошего дня") == []
    assert await _say(shop, "👍") == []
    turn = (await shop.turns())[-1]
    assert (turn.outcome, turn.reason) == ("silent", "nothing_to_say")
    assert await shop.desk() == []
    assert await _say(shop, "А доставка есть?") == ["Доставка есть."]


async def test_a_yes_to_a_question_of_ours_is_not_taken_for_courtesy(shop_of):
    shop = await shop_of("Пожалуйста! Посчитать вам всё вместе?", "Вместе выходит недорого.")
    await _say(shop, "Спасибо")
    assert await _say(shop, "ок") == ["Вместе выходит недорого."]


async def test_a_machine_that_repeats_itself_is_answered_twice_and_shown_to_a_person(shop_of):
    shop = await shop_of("Чем помочь?", "Слушаю вас.", "Слушаю вас внимательно.")
    line = "Ваше обращение принято, ожидайте ответа специалиста в течение дня"
    assert await _say(shop, line) == ["Чем помочь?"]
    assert await _say(shop, line) == ["Слушаю вас."]
    assert await _say(shop, line) == []
    turn = (await shop.turns())[-1]
    assert (turn.outcome, turn.reason) == ("silent", "repeats_itself")
    assert [entry.kind for entry in await shop.desk()] == [Why.REPEATS_ITSELF]


async def test_the_same_line_three_times_before_we_answered_is_answered(shop_of):
    shop = await shop_of("Доставка есть.")
    assert await _say(shop, "А доставка есть?", "А доставка есть?", "А доставка есть?") == ["Доставка есть."]


async def test_who_asks_the_same_once_an_hour_is_answered(shop_of):
    shop = await shop_of("Доставка есть.", "Да, есть.", "Есть, конечно.")
    for answer in ("Доставка есть.", "Да, есть.", "Есть, конечно."):
        assert await _say(shop, "А доставка есть?") == [answer]
        await shop.time_passes(minutes=40)


@pytest.fixture
def ask(shop_of):
    """The desk's pages of a shop whose customer has asked for a person, with a key that opens them."""

    async def opened(scope=keys.Scope.DESK, **values):
        shop = await shop_of("Доставка есть.", **values)
        await _say(shop, PERSON)
        made = keys.new()
        await shop.app.db.run(keys.keep, made, "crm", [scope], now=shop.clock.now())
        web = make_web("test")
        web.include_router(desk.router(shop.app))
        http = httpx.AsyncClient(transport=httpx.ASGITransport(web), base_url="http://shop")
        http.headers["authorization"] = f"Bearer {made}"
        return shop, http

    return opened


async def test_open_cases_are_listed_to_who_has_a_key(ask):
    shop, http = await ask()
    async with http:
        (case,) = (await http.get("/cases")).json()
        assert case["reason"] == "просит человека"
        assert case["phone_number"] == "77010000001"
        assert case["owner"] is None and case["alerts"] == 1
        await shop.person_says("Здравствуйте!")
        await shop.settles()
        assert (await http.get("/cases")).json()[0]["owner"] == "phone"


async def test_another_scope_opens_no_case(ask):
    _, http = await ask(scope=keys.Scope.WATCH)
    async with http:
        assert (await http.get("/cases")).status_code == 401
        assert (await http.post("/cases/1/release")).status_code == 401


async def test_a_case_given_back_is_the_salespersons_again_at_once(ask):
    shop, http = await ask()
    await shop.person_says("Мы вернули вам деньги")
    assert await _say(shop, "А доставка есть?") == []
    async with http:
        (case,) = (await http.get("/cases")).json()
        released = await http.post(f"/cases/{case['id']}/release", json={"outcome": "Деньги вернули."})
        assert released.json()["outcome"] == "Деньги вернули. Человек написал: «Мы вернули вам деньги»."
        assert (await http.get("/cases")).json() == []
        assert (await http.post(f"/cases/{case['id']}/release")).status_code == 404
    await shop.time_passes(seconds=1)
    assert shop.answers()[-1] == "Доставка есть."
    assert await shop.desk() == []


async def test_a_case_can_be_given_back_without_a_word(ask):
    shop, http = await ask()
    async with http:
        (case,) = (await http.get("/cases")).json()
        assert (await http.post(f"/cases/{case['id']}/release")).json()["outcome"] == "Человек в чате не писал."
    assert await _say(shop, "А доставка есть?") == ["Доставка есть."]
    await shop.time_passes(hours=5)
    assert len(shop.answers(ON_HIS_PHONE)) == 1


async def test_what_is_not_open_cannot_be_given_back(shop_of):
    shop = await shop_of()
    with pytest.raises(NotFound):
        await shop.app.db.run(cases.release, 7, shop.clock.now())
