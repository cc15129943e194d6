"""Who asks us not to write is obeyed at once and told so once; he may change his mind; others are not silenced."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.followups.models import FollowUp
from saudager.outreach import consent
from saudager.providers.llm import Verdict
from saudager.providers.llm.scripted import ScriptedModel
from saudager.rehearsal import Shop

pytestmark = pytest.mark.slow

CLIENT = Verdict(is_client=True, confidence=1.0, reasoning="клиент")


@pytest.fixture
async def shop(open_shop: Any) -> Shop:
    """In which a customer has asked something."""
    opened: Shop = await open_shop(model=ScriptedModel(everybody=CLIENT))
    await say(opened, "Сколько стоит окно?")
    return opened


async def say(shop: Shop, line: str) -> list[str]:
    before = len(shop.answers())
    await shop.customer_says(line)
    await shop.time_passes(seconds=30)
    return shop.answers()[before:]


async def standing(shop: Shop) -> str | None:
    contact = await shop.contact()
    return await shop.app.db.read(consent.standing, contact.id)


def _stop(session: Session) -> str | None:
    return session.scalars(select(FollowUp).order_by(FollowUp.id)).first().stop_reason  # type: ignore[union-attr]


@pytest.mark.both_kinds
@pytest.mark.parametrize(
    ("words", "scope", "says"),
    [
        ("Больше не пишите мне", "everything", "больше не будем писать вам первыми"),
        ("Не присылайте рекламу, пожалуйста", "offers", "предложений и рекламы больше не будет"),
        ("Маған енді жазбаңыз", "everything", "бірінші жазбаймыз"),
        ("stop texting me", "everything", "will not write to you first"),
    ],
)
async def test_a_wish_is_obeyed_confirmed_and_ends_the_chain(shop: Shop, words: str, scope: str, says: str):
    (confirmed,) = await say(shop, words)
    assert says in confirmed
    assert await standing(shop) == scope
    before = shop.answers()
    await shop.time_passes(hours=27)
    assert shop.answers() == before


async def test_it_is_confirmed_once(shop: Shop):
    await say(shop, "Больше не пишите мне")
    assert await say(shop, "Не пишите мне больше") == []
    assert (await shop.turns())[-1].reason == "wish_noted_before"


async def test_a_wish_in_the_middle_of_a_chain_stops_it(shop: Shop):
    await shop.time_passes(hours=25)
    await say(shop, "Отпишите меня")
    assert await shop.app.db.read(_stop) == "opted_out"


async def test_a_question_beside_the_wish_is_answered_too(shop: Shop):
    (answer,) = await say(shop, "Рекламу мне не присылайте. А доставка у вас есть?")
    assert "рекламы больше не будет" in answer and "отвечаю по порядку" in answer


async def test_the_customer_may_change_his_mind(shop: Shop):
    await say(shop, "Больше не пишите мне")
    (answer,) = await say(shop, "Можете снова мне писать")
    assert "снова будем" in answer
    assert await standing(shop) is None


@pytest.mark.parametrize(
    "words",
    [
        "Стоп-сигнал есть?",
        "5 стопок бумаги, пожалуйста",
        "Не присылайте курьера сегодня",
        "Нет, спасибо",
        "Не звоните мне",
    ],
)
async def test_everyday_lines_silence_nobody(shop: Shop, words: str):
    await say(shop, words)
    assert await standing(shop) is None
