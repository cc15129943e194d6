"""A gateway in a process of its own tells the shop's people when no agent is heard of any more."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta

import httpx
import pytest

from saudager.api import office
from saudager.gateway import absence
from saudager.operators import troubles
from saudager.operators.roles import Role
from saudager.providers.gateway.http import HttpGateway
from saudager.web import make_web
from tests.conftest import OpenShop
from tests.operators.postal_shop import AIGUL, PostalShop

MERCHANT = "77010007777"
pytestmark = [pytest.mark.both_kinds, pytest.mark.slow]


@pytest.fixture
async def post(open_shop: OpenShop) -> AsyncIterator[PostalShop]:
    async with AsyncExitStack() as stack:
        post = await PostalShop.opened(open_shop, stack, alert_numbers=(MERCHANT,))
        await post.hire_with_address(role=Role.OWNER, language="en")
        yield post


async def agent_is_there(post: PostalShop) -> None:
    """It calls, over HTTP, as every minute."""
    app, web = post.shop.app, make_web("test")
    web.include_router(office.router(app.gateway, "secret"))
    gateway = HttpGateway("http://gateway", "secret", clock=app.clock, transport=httpx.ASGITransport(web))
    await gateway.hear(await app.db.read(troubles.last_words, app.settings))
    await gateway.close()


async def minutes_pass(post: PostalShop, number: int) -> None:
    for _ in range(number):
        post.shop.clock.move_to(post.shop.clock.now() + timedelta(minutes=1))
        await post.shop.app.db.run(absence.look, (), now=post.shop.clock.now())
    await post.shop.settles()


async def test_an_agent_that_is_silent_for_ten_minutes_is_told_once_by_phone_and_mail(post: PostalShop) -> None:
    await minutes_pass(post, 30)  # none was ever there
    assert await absence.missing(post.shop.app) == []
    for _ in range(15):
        await agent_is_there(post)
        await minutes_pass(post, 1)
    assert post.shop.answers(f"{MERCHANT}@c.us") == []
    await minutes_pass(post, 40)
    (told,) = post.shop.answers(f"{MERCHANT}@c.us")
    assert told.startswith("Тёплый Дом\n• Продавец не отвечает: клиентам никто не пишет, консоль закрыта\n")
    (letter,) = await post.letters(AIGUL)
    assert letter["subject"] == "The program is not well"
    assert "The salesperson does not answer" in letter.get_content()
    (missing,) = await absence.missing(post.shop.app)
    assert missing.says == "the agent has not been heard of since 07:44 UTC"
    await agent_is_there(post)
    assert await absence.missing(post.shop.app) == []
    await minutes_pass(post, 12)
    assert len(post.shop.answers(f"{MERCHANT}@c.us")) == 2


async def test_no_paused_number_tells_it(post: PostalShop) -> None:
    await agent_is_there(post)
    await post.shop.app.gateway.pause(post.shop.account.name, "переезжаем")
    await minutes_pass(post, 12)
    assert len(await post.letters(AIGUL)) == 1
    assert post.shop.answers(f"{MERCHANT}@c.us") == []
