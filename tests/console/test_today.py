"""The first page shows what needs a person, what the day came to, and how it has been going."""

import pytest

from saudager import attention
from saudager.attention import Why
from tests.console.conftest import Console, OpenConsole


@pytest.fixture
async def console(open_console: OpenConsole) -> Console:
    return await open_console(daily_budget="3 USD")


async def _ask(console: Console, why: Why, about: str, reason: str = "Посмотрите") -> int:
    await console.app.db.run(attention.ask, why, about, reason, now=console.shop.clock.now())
    return (await console.app.db.read(attention.waiting))[-1].id


async def test_a_shop_that_has_just_opened_says_how_the_page_fills(console: Console) -> None:
    seen = await console.sees("/console/today")
    assert "Никто не ждёт." in seen
    assert "За это время здесь ничего не было." in seen
