"""The trust ramp as the merchant sees it, and switches it."""

import pytest

from saudager.agent import drafting
from saudager.operators import audit
from saudager.providers.llm import Verdict
from saudager.providers.llm.scripted import ScriptedModel
from saudager.trust import drafts, ramp
from saudager.trust.models import Mode
from saudager.trust.topics import Topic
from tests.console.conftest import Console, OpenConsole

pytestmark = pytest.mark.slow

BUYER = Verdict(is_client=True, confidence=0.95, reasoning="Спрашивает цену.")


async def _open(open_console: OpenConsole, role: str = "owner") -> Console:
    model = ScriptedModel(lambda briefing: "Какой вам нужен размер и профиль?", everybody=BUYER)
    return await open_console(role=role, model=model)


async def _draft(console: Console, number: int) -> None:
    await console.shop.customer_says("Сколько стоит окно?", chat=f"7701000{number:04}@c.us")
    await console.shop.time_passes(seconds=20)
    (draft,) = await console.app.db.read(drafts.waiting)
    now = console.shop.clock.now()
    await console.app.db.run(drafting.approve, draft.id, draft.text, console.app.settings, by="Марат", now=now)


async def test_every_topic_is_switched_at_once_and_one_alone(open_console: OpenConsole) -> None:
    console = await _open(open_console)
    assert (await console.get("/console/trust")).text.count(">отвечает сам<") == len(Topic)
    assert (await console.post("/console/trust", {"mode": "draft"})).status_code == 204
    assert (await console.get("/console/trust")).text.count(">на проверке<") == len(Topic)
    await console.post("/console/trust/delivery", {"mode": "automatic"})
    seen = await console.sees("/console/trust")
    assert (await console.get("/console/trust")).text.count(">на проверке<") == len(Topic) - 1
    assert "Ещё 20 черновиков без правок" in seen and "Так решил(а) Марат" in seen
    assert (await console.post("/console/trust/weather", {"mode": "draft"})).status_code == 404
    assert (await console.post("/console/trust/price", {"mode": "guess"})).status_code == 422
    switched, all_at_once = await console.app.db.read(audit.listed)
    assert (switched.about, all_at_once.about) == ("topic:delivery", "topic:all")


async def test_agreement_is_shown_with_its_bound_and_what_is_missing(open_console: OpenConsole) -> None:
    console = await _open(open_console)
    await console.app.db.run(ramp.set_all, Mode.DRAFT, by="Марат", now=console.shop.clock.now())
    for number in range(3):
        await _draft(console, number)
    page = await console.get("/console/trust")
    seen = console.text(page)
    assert "100 %, уверенно не ниже 44 % (нужно 80 %)" in seen
    assert "Ещё 17 черновиков без правок" in seen
    assert 'aria-label="Согласны с 3 черновиками из 3; доля не ниже 44 %"' in page.text
    assert "style=" not in page.text


async def test_a_topic_that_earned_it_is_news_until_somebody_has_seen_it(open_console: OpenConsole) -> None:
    console = await _open(open_console)
    await console.app.db.run(ramp.set_all, Mode.DRAFT, by="Марат", now=console.shop.clock.now())
    for number in range(20):
        await _draft(console, number)
    assert "Заслужил согласием" in await console.sees("/console/trust")
    assert len(await console.shop.desk()) == 1
    await console.post("/console/trust/price/seen")
    assert await console.shop.desk() == []


async def test_who_only_looks_cannot_switch(open_console: OpenConsole) -> None:
    console = await _open(open_console, role="viewer")
    assert "Всё проверять" not in await console.sees("/console/trust")
    assert (await console.post("/console/trust", {"mode": "draft"})).status_code == 403
