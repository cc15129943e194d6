"""The salesperson tried out: a real turn, of which nothing is stored and nothing is sent."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from saudager import promises
from saudager.agent import trial
from saudager.errors import ConfigurationError
from saudager.promises import Wording
from saudager.providers.llm import Action, Decision, Said
from saudager.providers.llm.scripted import ScriptedModel
from tests.conftest import OpenShop

PROMPT = "Коротко.\n{knowledge_base}\n{conversation_history}\n{new_message}\n{current_datetime}\n"
_TABLES = (
    "contacts",
    "conversations",
    "messages",
    "turns",
    "scheduled_calls",
    "call_offers",
    "consents",
    "cases",
    "prompt_versions",
    "open_questions",
    "attention",
    "queue_messages",
)


def _rows(session: Session) -> dict[str, Any]:
    return {name: session.scalar(text(f"select count(*) from {name}")) for name in _TABLES}


@pytest.mark.both_kinds
async def test_an_answer_comes_with_its_why_and_leaves_no_row(open_shop: OpenShop) -> None:
    shop = await open_shop(model=ScriptedModel(["Сделаем скидку 10 % на двери."]))
    wording = Wording(kind="discount", words="Скидка на двери", figure=10)
    await shop.app.db.run(promises.add, wording, by="Марат", now=shop.clock.now())
    before = await shop.app.db.read(_rows)
    tried = await trial.try_out(shop.app, [Said("customer", "Здравствуйте! Есть скидка на двери?")])
    assert tried.reply == "Сделаем скидку 10 % на двери."
    assert [one.place for one in tried.why.used] == ["Обещания магазина"]
    assert tried.why.who is not None
    assert tried.is_client is True
    assert await shop.app.db.read(_rows) == before


async def test_the_lines_before_are_the_history(open_shop: OpenShop) -> None:
    model = ScriptedModel(["Первый.", "Второй."])
    shop = await open_shop(model=model)
    lines = [Said("customer", "Двери есть?"), Said("us", "Есть."), Said("customer", "А окна?")]
    await trial.try_out(shop.app, lines, is_client=True)
    (briefing,) = model.briefings
    assert [said.text for said in briefing.history] == ["Двери есть?", "Есть."]
    assert briefing.new_lines == ["А окна?"]


async def test_an_unsaved_prompt_can_be_tried(open_shop: OpenShop) -> None:
    model = ScriptedModel(["Да."])
    shop = await open_shop(model=model)
    await trial.try_out(shop.app, [Said("customer", "Двери есть?")], is_client=True, drafts={"sales": PROMPT})
    assert model.briefings[0].instructions.startswith("Коротко.")
    with pytest.raises(ConfigurationError, match="knowledge_base"):
        await trial.try_out(shop.app, [Said("customer", "Двери есть?")], drafts={"sales": "Без полей."})


@pytest.mark.both_kinds
async def test_a_call_is_agreed_upon_and_not_booked(open_shop: OpenShop) -> None:
    shop = await open_shop()
    before = await shop.app.db.read(_rows)
    asked = [Said("customer", "Позвоните мне завтра в 15:00, пожалуйста")]
    tried = await trial.try_out(shop.app, asked, is_client=True)
    assert tried.reply is not None
    assert "15:00" in tried.reply
    assert await shop.app.db.read(_rows) == before


async def test_what_a_model_wants_done_is_done_for_show(open_shop: OpenShop) -> None:
    stop = Decision(reply="Хорошо, больше не напишу.", actions=[Action(kind="stop_offers")])
    shop = await open_shop(model=ScriptedModel([stop, stop]))
    before = await shop.app.db.read(_rows)
    tried = await trial.try_out(shop.app, [Said("customer", "Ладно, я подумаю сам")], is_client=True)
    assert [(deed.kind, deed.done) for deed in tried.why.deeds] == [("stop_offers", True)]
    assert await shop.app.db.read(_rows) == before


async def test_a_wish_for_no_more_messages_is_confirmed(open_shop: OpenShop) -> None:
    shop = await open_shop()
    tried = await trial.try_out(shop.app, [Said("customer", "Не пишите мне больше")], is_client=True)
    assert tried.reply is not None


async def test_a_stranger_is_left_in_peace_and_told_why(open_shop: OpenShop) -> None:
    shop = await open_shop()
    tried = await trial.try_out(shop.app, [Said("customer", "Мам, купи хлеба, я задержусь у бабушки")])
    assert (tried.reply, tried.why.reason) == (None, "not_a_client")
