"""The first page shows what needs a person, what the day came to, and how it has been going."""

import json
from datetime import timedelta

import pytest

from saudager import attention
from saudager.attention import Why
from saudager.operators import audit
from saudager.overview import days
from saudager.providers.llm.scripted import ScriptedModel
from tests.console.conftest import Console, OpenConsole

pytestmark = pytest.mark.slow

TODAY = "/console/today"


@pytest.fixture
async def console(open_console: OpenConsole) -> Console:
    return await open_console(model=ScriptedModel(), daily_budget="3 USD")


async def _ask(console: Console, why: Why, about: str, reason: str = "Посмотрите на это") -> int:
    await console.app.db.run(attention.ask, why, about, reason, now=console.shop.clock.now())
    return (await console.app.db.read(attention.waiting))[-1].id


async def _write(console: Console, *texts: str, name: str = "Айгүл") -> int:
    """A customer writes and is answered; his contact."""
    await console.shop.customer_says(*texts, name=name)
    await console.shop.time_passes(minutes=1)
    return (await console.shop.contact()).id


def _numbers(seen: str) -> str:
    return seen[seen.index("День в цифрах") : seen.index("Как идут дела")]


async def test_a_shop_that_has_just_opened_says_how_the_page_fills(console: Console) -> None:
    seen = await console.sees(TODAY)
    assert "Никто не ждёт." in seen
    assert "Ответов ещё не было." in seen
    assert "За это время здесь ничего не было." in seen


@pytest.mark.both_kinds
async def test_who_waits_is_shown_with_his_name_and_what_is_to_be_done(console: Console) -> None:
    await _write(console, "Сколько стоит окно?")
    await _ask(console, Why.NOT_DELIVERED, "conversation:1", "Номер заблокирован")
    await _ask(console, Why.ACCOUNT, "account:wappi", "Телефон не в сети")
    await console.shop.time_passes(minutes=7)
    seen = await console.sees(TODAY)
    assert "Не дошло до клиента 1 Айгүл ждёт 7 мин Номер заблокирован Открыть Посмотрел" in seen
    assert "Подключения 1 ждёт 7 мин Телефон не в сети Подключения Посмотрел" in seen
    page = (await console.get(TODAY)).text
    assert 'href="/console/inbox/1"' in page
    assert 'href="/console/connections"' in page


@pytest.mark.both_kinds
async def test_what_was_looked_at_goes_off_the_desk_and_comes_back(console: Console) -> None:
    entry = await _ask(console, Why.DOCUMENT, "prices", "Цены расходятся")
    told = await console.post(f"{TODAY}/desk/{entry}/looked")
    assert f"{TODAY}/desk/{entry}/back" in told.headers["hx-trigger"]
    assert "Цены расходятся" not in await console.sees(f"{TODAY}/desk")
    assert (await console.post(f"{TODAY}/desk/{entry}/looked")).status_code == 404
    await console.post(f"{TODAY}/desk/{entry}/back")
    assert "Цены расходятся" in await console.sees(f"{TODAY}/desk")
    deeds = [entry.action for entry in await console.app.db.read(audit.listed)]
    assert deeds == ["desk.put_back", "desk.looked"]


async def test_who_waits_for_an_answer_is_not_looked_away(console: Console) -> None:
    entry = await _ask(console, Why.HANDED_OVER, "conversation:1")
    assert f"{TODAY}/desk/{entry}/looked" not in (await console.get(TODAY)).text
    refused = await console.post(f"{TODAY}/desk/{entry}/looked")
    assert 400 <= refused.status_code < 500
    assert "Посмотрите на это" in await console.sees(f"{TODAY}/desk")


@pytest.mark.both_kinds
async def test_a_person_says_who_is_writing(console: Console) -> None:
    contact = await _write(console, "Здравствуйте")
    await _ask(console, Why.UNCLEAR_CONTACT, "conversation:1", "Непонятно, кто это")
    assert "Покупатель Не покупатель Открыть" in await console.sees(TODAY)
    said = await console.post(f"{TODAY}/who/{contact}?is_client=false")
    judged = await console.shop.contact()
    assert (judged.is_client, judged.classified_by) == (False, "person")
    assert "Никто не ждёт." in await console.sees(TODAY)
    await console.post(json.loads(said.headers["hx-trigger"])["told"]["undo"])
    assert (await console.shop.contact()).is_client is None
    assert "Непонятно, кто это" in await console.sees(TODAY)


async def test_who_may_only_look_changes_nothing(console: Console) -> None:
    entry = await _ask(console, Why.DOCUMENT, "prices")
    viewer = await console.another(role="viewer", name="Зритель")
    assert "Посмотрел" not in await viewer.sees(TODAY)
    assert (await viewer.post(f"{TODAY}/desk/{entry}/looked")).status_code == 403
    assert (await viewer.post(f"{TODAY}/who/1?is_client=true")).status_code == 403


async def test_the_day_is_counted_and_set_beside_the_usual(console: Console) -> None:
    for _ in range(2):
        await _write(console, "Сколько стоит окно?", "А дверь?")
        await console.shop.time_passes(days=7)
    await _write(console, "Сколько стоит зеркало?")
    numbers = _numbers(await (await console.another()).sees(TODAY))
    assert "Написали клиенты 1 обычно за такой день 2" in numbers
    assert "Ответил продавец 1 обычно за такой день 1" in numbers
    assert "Ждут ответа 2 с девять из десяти не дольше 2 с" in numbers
    assert "Потрачено на модели 0 $ не больше 3 $ в день" in numbers


@pytest.mark.both_kinds
async def test_a_night_without_the_product_is_made_up_for(console: Console) -> None:
    await _write(console, "Сколько стоит окно?")
    console.shop.clock.move_to(console.shop.clock.now() + timedelta(days=3))
    now, zone = console.shop.clock.now(), console.app.settings.zone
    assert len(await console.app.db.read(days.to_count, zone, now=now)) == 3
    await console.app.db.run(days.ask_for_missing, zone, now=now)
    await console.shop.settles()
    assert await console.app.db.read(days.to_count, zone, now=now) == []
    figures = await console.app.db.read(days.period, 7, zone, now=now)
    assert [day.lines for day in figures] == [0, 0, 0, 1, 0, 0, 0]


@pytest.mark.parametrize("period", [7, 30, 90])
async def test_charts_tell_the_same_in_a_picture_and_in_a_table(console: Console, period: int) -> None:
    await _write(console, "Сколько стоит окно?")
    page = await console.get(f"{TODAY}?days={period}")
    seen = console.text(page)
    assert page.text.count('role="img"') == page.text.count("Числами") == 3
    assert "Клиенты написали 1, от магазина ушло 1." in seen
    assert "11 мар. 1 1" in seen
    assert "Из 1 новых контактов купили или договорились 0." in seen
    assert "style=" not in page.text


@pytest.mark.both_kinds
async def test_follow_ups_are_told_by_what_they_came_to(console: Console) -> None:
    await _write(console, "Сколько стоит окно?")
    await console.shop.time_passes(hours=30)
    await console.shop.customer_says("Нет, спасибо, уже не нужно")
    await console.shop.time_passes(days=1)
    seen = await console.sees(TODAY)
    assert "касание 1 0 0 1 0 0" in seen


async def test_what_customers_write_is_words_and_no_markup(console: Console) -> None:
    await _write(console, "Сколько стоит окно?", name="<script>alert(1)</script>")
    await _ask(console, Why.TURN_FAILED, "conversation:1", "<img src=x onerror=alert(1)>")
    page = (await console.get(TODAY)).text
    assert "<script>alert" not in page
    assert "<img" not in page


async def test_of_very_many_those_who_wait_longest_are_shown(console: Console) -> None:
    for number in range(30):
        await _ask(console, Why.TURN_FAILED, f"conversation:{number}", f"Беседа {number:02}")
        await console.shop.time_passes(seconds=1)
    seen = await console.sees(TODAY)
    assert "Остались без ответа 30" in seen
    assert "Беседа 00" in seen
    assert "Беседа 29" not in seen
    assert "Показаны те, кто ждёт дольше всех." in seen
