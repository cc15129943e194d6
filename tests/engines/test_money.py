"""What hosted engines cost, for whom and on which day, and what happens when the day's money is spent."""

import asyncio
import logging
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from saudager.engines import spend
from saudager.errors import ConfigurationError
from saudager.providers.llm import FaultKind, Task
from tests.engines.conftest import HANG, NOON, Model, Open, day, until

LATE = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)
"""Half past one at night of the 21st in Almaty."""


async def test_tokens_and_money_are_counted_for_every_contact_engine_and_model(open_house: Open):
    gemini = Model("Раз.", FaultKind.SERVER, "Три.", cost="0.0025", tokens=(1000, 50, 800))
    house = await open_house(gemini=gemini, openai=Model(cost="0.01"))
    await house.decide(7)
    await house.decide(7)
    house.pass_by(seconds=5)
    await house.decide(8)
    await house.app.model.write(Task("Напиши."))
    rows = [
        (row.contact_id, row.engine, row.model, row.calls, row.tokens_in, row.tokens_out, row.tokens_cached)
        for row in await house.spending()
    ]
    assert rows == [
        (0, "gemini", "gemini-3.7-flash", 1, 1000, 50, 800),
        (7, "gemini", "gemini-3.7-flash", 2, 1000, 50, 800),
        (7, "openai", "gpt-5.4-mini", 1, 100, 10, 0),
        (8, "gemini", "gemini-3.7-flash", 1, 1000, 50, 800),
    ]
    assert [row.micro_usd for row in await house.spending()] == [2500, 2500, 10000, 2500]
    by_contact = await house.app.db.read(spend.by_contact, day("2026-11-20"))
    assert {contact: total.usd for contact, total in by_contact.items()} == {
        0: Decimal("0.0025"),
        7: Decimal("0.0125"),
        8: Decimal("0.0025"),
    }
    by_day = await house.app.db.read(spend.by_day, day("2026-11-01"))
    assert list(by_day) == [day("2026-11-20")]
    assert (by_day[day("2026-11-20")].calls, by_day[day("2026-11-20")].usd) == (5, Decimal("0.0175"))


async def test_an_answer_does_not_wait_for_a_count_that_cannot_be_written_and_the_count_is_made_up_for(
    open_house: Open,
):
    def rename(session: Session, old: str, new: str) -> None:
        session.execute(text(f"alter table {old} rename to {new}"))

    house = await open_house(gemini=Model(FaultKind.AUTH), openai=Model())
    await house.app.db.run(rename, "spend", "mislaid")
    assert await house.answered_by() == "openai"
    assert await house.desk() == {}
    await house.app.db.run(rename, "mislaid", "spend")
    assert await house.answered_by() == "openai"
    assert [(row.engine, row.calls) for row in await house.spending()] == [("gemini", 1), ("openai", 2)]
    assert list(await house.desk()) == ["engine:gemini"]


async def test_a_day_is_the_shops_day(open_house: Open):
    house = await open_house(gemini=Model(), at=LATE)
    await house.decide()
    assert [row.day for row in await house.spending()] == [day("2026-11-21")]


@pytest.mark.parametrize("name", ["openrouter", "gemini", "openai"])
async def test_a_vendor_that_tells_no_cost_is_priced_by_the_list_with_cached_tokens_cheaper(
    open_house: Open, name: str
):
    async def cost(*tokens: int) -> Decimal:
        house = await open_house(**{name: Model(cost=None, tokens=tokens)})
        (call,) = (await house.decide()).calls
        assert call.cost is not None
        return call.cost

    into, out, cached = await cost(1000, 0, 0), await cost(0, 1000, 0), await cost(1000, 0, 1000)
    assert 0 < cached < into < out
    assert await cost(1000, 500, 600) == into * 4 / 10 + cached * 6 / 10 + out / 2


async def test_the_vendors_own_word_on_the_cost_stands(open_house: Open):
    house = await open_house(openrouter=Model(cost="0.5"))
    assert (await house.decide()).calls[0].cost == Decimal("0.5")


async def test_the_merchants_price_goes_before_the_list(open_house: Open):
    model = Model(cost=None, tokens=(1_000_000, 1_000_000, 0))
    house = await open_house(gemini=model, model_prices="other=9/9, gemini-3.7-flash=1/2.5")
    assert (await house.decide()).calls[0].cost == Decimal("3.5")


async def test_a_model_on_ones_own_server_costs_nothing_unless_a_price_is_set(open_house: Open):
    house = await open_house(compatible=Model(cost=None))
    assert (await house.decide()).calls[0].cost == 0
    house = await open_house(compatible=Model(cost=None, tokens=(2_000_000, 0, 0)), model_prices="own-model=0.5/1")
    assert (await house.decide()).calls[0].cost == 1


async def test_a_snapshot_the_list_does_not_know_costs_what_the_set_model_costs(open_house: Open):
    house = await open_house(gemini=Model(cost=None), openai=Model())
    known = (await house.decide()).calls[0]
    house = await open_house(gemini=Model(cost=None, answers_as="unheard-of-42"))
    call = (await house.decide()).calls[0]
    assert (call.model, call.cost) == ("unheard-of-42", known.cost)


async def test_a_call_nobody_knows_the_price_of_is_counted_as_such(open_house: Open):
    house = await open_house(gemini=Model(cost=None), gemini_model="unheard-of")
    assert (await house.decide()).calls[0].cost is None
    (row,) = await house.spending()
    assert (row.calls, row.unpriced_calls, row.micro_usd, row.tokens_in) == (1, 1, 0, 100)


async def test_a_call_cut_off_costs_what_it_might_have_cost_and_a_dead_network_nothing(open_house: Open):
    house = await open_house(
        gemini=Model(HANG), deadline=0.1, engine_max_tokens=1000, model_prices="gemini-3.7-flash=0/1"
    )
    assert (await house.decide()).calls[0].cost == Decimal("0.001")
    house = await open_house(gemini=Model(FaultKind.CONNECT), compatible=Model(FaultKind.CONNECT))
    assert [call.cost for call in (await house.decide()).calls] == [None, 0]


def test_the_price_list_asks_nobody():
    program = """
import sys
def refuse(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        raise SystemExit(f"{event} {args}")
sys.addaudithook(refuse)
from datetime import datetime, UTC
from saudager.engines.prices import Prices
from saudager.providers.llm import Call
assert "genai_prices" not in sys.modules
print(Prices().of(Call("openai", "gpt-5.4-mini", 1_000_000, 0), at=datetime(2026, 11, 20, tzinfo=UTC)) > 0)
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (ran.stdout.strip(), ran.stderr) == ("True", "")


async def test_at_eighty_percent_of_the_days_money_a_person_is_warned(open_house: Open):
    house = await open_house(gemini=Model(cost="0.4"), daily_budget="1 USD")
    await house.decide()
    assert await house.desk() == {}
    await house.decide()
    assert "80 %" in (await house.desk())["engine:budget"]
    assert await house.answered_by() == "gemini"


async def test_when_the_days_money_is_spent_offline_answers_until_the_shops_midnight(
    open_house: Open, caplog: pytest.LogCaptureFixture
):
    gemini, openai = Model(cost="1.5"), Model()
    house = await open_house(gemini=gemini, openai=openai, daily_budget="3 USD")
    assert [await house.answered_by() for _ in range(4)] == ["gemini", "gemini", "offline", "offline"]
    assert openai.seen == []
    desk = await house.desk()
    assert list(desk) == ["engine:budget"]
    assert desk["engine:budget"].startswith("Дневной лимит 3 USD исчерпан: до полуночи отвечает офлайн-движок.")
    critical = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert len(critical) == 1
    house.pass_by(hours=11, minutes=59)
    assert await house.answered_by() == "offline"
    house.pass_by(minutes=1)
    assert await house.answered_by() == "gemini"
    assert await house.desk() == {}


async def test_what_was_spent_is_known_after_a_restart(open_house: Open):
    house = await open_house(gemini=Model(cost="3"), daily_budget="3 USD")
    await house.decide()
    gemini = Model()
    house = await open_house(gemini=gemini, daily_budget="3 USD")
    assert await house.answered_by() == "offline"
    assert gemini.seen == []
    house = await open_house(gemini=gemini, daily_budget="5 USD")
    assert await house.answered_by() == "gemini"
    assert await house.desk() == {}


async def test_what_another_process_spends_is_noticed(open_house: Open):
    one = await open_house(gemini=Model(cost="0.1"), daily_budget="3 USD")
    await one.decide()
    other = await open_house(gemini=Model(cost="2.9"), daily_budget="3 USD")
    await other.decide()
    assert await one.answered_by() == "gemini"
    assert await one.answered_by() == "offline"


async def test_a_cap_may_be_in_the_shops_currency(open_house: Open):
    house = await open_house(gemini=Model(cost="1.5"), daily_budget="1500 KZT", usd_rate=500)
    assert [await house.answered_by() for _ in range(3)] == ["gemini", "gemini", "offline"]
    assert "1500 KZT" in (await house.desk())["engine:budget"]


async def test_many_calls_at_once_pass_the_cap_by_one_at_most(open_house: Open):
    # 400 characters of question and 1000 tokens of answer at 1000 dollars a million: at most 1.2 dollars a call
    gemini = Model(cost="1", tokens=(0, 1000, 0))
    gemini.gate.clear()
    house = await open_house(
        gemini=gemini, daily_budget="5 USD", engine_max_tokens=1000, model_prices="gemini-3.7-flash=1000/1000"
    )
    asked = [asyncio.create_task(house.decide(instructions="и" * 400)) for _ in range(50)]
    await until(lambda: sum(task.done() for task in asked) == 45)
    assert gemini.under_way == 5
    gemini.gate.set()
    await asyncio.gather(*asked)
    assert await house.app.db.read(spend.spent_today, day("2026-11-20")) == 5
    assert await house.answered_by() == "offline"


async def test_what_was_reserved_for_a_failed_call_is_free_again(open_house: Open):
    gemini = Model(FaultKind.SERVER, "Хорошо.", cost="0.5")
    house = await open_house(gemini=gemini, daily_budget="1 USD", model_prices="gemini-3.7-flash=1000/1000")
    await house.decide()
    house.pass_by(seconds=5)
    assert [await house.answered_by() for _ in range(3)] == ["gemini", "gemini", "offline"]


async def test_a_model_that_costs_nothing_goes_on_when_the_money_is_spent(open_house: Open):
    house = await open_house(gemini=Model(cost="3"), compatible=Model(cost=None), daily_budget="3 USD")
    assert [await house.answered_by() for _ in range(2)] == ["gemini", "compatible"]
    assert "до полуночи отвечает Своя модель" in (await house.desk())["engine:budget"]


async def test_a_cap_that_cannot_count_a_model_refuses_to_start(open_house: Open):
    with pytest.raises(ConfigurationError, match=r"MODEL_PRICES .*unheard-of.*GEMINI_MODEL.*unheard-of=IN/OUT"):
        await open_house(gemini=Model(), gemini_model="unheard-of", daily_budget="3 USD")
    house = await open_house(
        gemini=Model(), gemini_model="unheard-of", daily_budget="3 USD", model_prices="unheard-of=1/2"
    )
    assert await house.answered_by() == "gemini"
    house = await open_house(gemini=Model(), gemini_model="unheard-of")
    assert await house.answered_by() == "gemini"


async def test_a_cap_of_nothing_keeps_every_paid_model_silent(open_house: Open):
    gemini = Model()
    house = await open_house(gemini=gemini, daily_budget="0 USD", at=NOON)
    assert await house.answered_by() == "offline"
    assert gemini.seen == []
