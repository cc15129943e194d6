"""Where a shop does not trust its salesperson yet, a person sends the answers: each once, and none is forgotten."""

import asyncio

import pytest
from sqlalchemy import select

from saudager.agent import drafting
from saudager.attention import Why
from saudager.conversations import cases
from saudager.errors import NotFound, Refused
from saudager.followups.models import FollowUp
from saudager.providers.llm import Action, Decision, Verdict
from saudager.providers.llm.scripted import ScriptedModel
from saudager.rehearsal import Shop
from saudager.sales.models import Deal
from saudager.trust import ramp
from saudager.trust.models import Draft, Mode
from saudager.trust.topics import Topic

pytestmark = pytest.mark.both_kinds

PRICE = "Сколько стоит окно?"
BUYER = Verdict(is_client=True, confidence=0.95, reasoning="Спрашивает цену.")


@pytest.fixture
def shop_of(open_shop):
    """A shop whose answers on every topic, or on those named, wait for a person."""

    async def open_one(*replies, topics=tuple(Topic), **values) -> Shop:
        shop: Shop = await open_shop(model=ScriptedModel(replies, everybody=BUYER), **values)
        for topic in topics:
            await shop.app.db.run(ramp.set_mode, topic, Mode.DRAFT, ramp=True, by="Асель", now=shop.clock.now())
        return shop

    return open_one


async def _say(shop: Shop, *lines: str) -> None:
    await shop.customer_says(*lines)
    await shop.time_passes(seconds=30)


async def _drafts(shop: Shop) -> list[Draft]:
    return await shop.app.db.read(lambda session: list(session.scalars(select(Draft).order_by(Draft.id))))


async def _approve(shop: Shop, draft: Draft, text: str | None = None, by: str = "Асель") -> None:
    said = draft.text if text is None else text
    await shop.app.db.run(drafting.approve, draft.id, said, shop.app.settings, by=by, now=shop.clock.now())
    await shop.time_passes(seconds=5)


async def test_an_answer_waits_on_the_desk_and_the_customer_hears_nothing(shop_of):
    shop = await shop_of("Какой размер?")
    await _say(shop, PRICE)
    assert shop.answers() == []
    (draft,) = await _drafts(shop)
    assert (draft.text, draft.topic, draft.state) == ("Какой размер?", "price", "waiting")
    (turn,) = await shop.turns()
    assert (turn.outcome, turn.reason, turn.trace["model"]) == ("silent", "draft_waiting", "scripted")
    assert [(entry.kind, entry.about) for entry in await shop.desk()] == [
        (Why.DRAFT, f"conversation:{draft.conversation_id}")
    ]


async def test_approved_it_is_said_once_and_is_the_turns_answer(shop_of):
    shop = await shop_of("Какой размер?")
    await _say(shop, PRICE)
    (draft,) = await _drafts(shop)
    await _approve(shop, draft)
    assert shop.answers() == ["Какой размер?"]
    (turn,) = await shop.turns()
    assert (turn.outcome, turn.reason) == ("answered", None)
    line = (await shop.messages())[-1]
    assert (line.author, line.written_by, line.turn_id, line.delivery_state) == ("bot", "Асель", turn.id, "sent")
    (draft,) = await _drafts(shop)
    assert (draft.state, draft.decided_by, draft.agreement) == ("sent", "Асель", 1.0)
    assert await shop.desk() == []


async def test_of_two_operators_who_approve_at_once_the_second_is_told_who_was_first(shop_of):
    shop = await shop_of("Какой размер?")
    await _say(shop, PRICE)
    (draft,) = await _drafts(shop)
    both = await asyncio.gather(_approve(shop, draft), _approve(shop, draft, by="Марат"), return_exceptions=True)
    (refused,) = [one for one in both if one is not None]
    assert isinstance(refused, Refused) and "уже отправил" in str(refused)
    await shop.time_passes(minutes=1)
    assert shop.answers() == ["Какой размер?"]


async def test_edited_it_is_the_operators_own_line_and_the_salesperson_goes_on(shop_of):
    shop = await shop_of("Какой размер?", "Доставим завтра утром.")
    await _say(shop, PRICE)
    (draft,) = await _drafts(shop)
    await _approve(shop, draft, "Добрый день!\r\nКакой вам нужен размер?")
    assert shop.answers() == ["Добрый день!\nКакой вам нужен размер?"]
    line = (await shop.messages())[-1]
    assert (line.author, line.written_by) == ("human", "Асель")
    (draft,) = await _drafts(shop)
    assert draft.state == "edited" and 0 < draft.agreement < 0.9
    await _say(shop, "А доставка?")
    assert len(await _drafts(shop)) == 2


async def test_what_follows_an_answer_follows_an_approved_draft(shop_of):
    shop = await shop_of("Оформляем заказ?", "Отлично, оформляю.")
    await _say(shop, PRICE)
    assert await _rows(shop, FollowUp) == []
    await _approve(shop, (await _drafts(shop))[0])
    assert len(await _rows(shop, FollowUp)) == 1
    await _say(shop, "Да, оформляйте")
    assert await _rows(shop, Deal) == []
    await _approve(shop, (await _drafts(shop))[1])
    assert len(await _rows(shop, Deal)) == 1


async def test_a_newer_line_overtakes_the_draft_and_the_new_one_covers_both(shop_of):
    shop = await shop_of("Какой размер?", "Какой размер? Доставка есть.")
    await _say(shop, PRICE)
    await _say(shop, "А доставка есть?")
    first, second = await _drafts(shop)
    assert (first.state, second.state) == ("overtaken", "waiting")
    assert shop.app.model.briefings[-1].new_lines == [PRICE, "А доставка есть?"]
    with pytest.raises(Refused, match="заменён"):
        await _approve(shop, first)
    await _approve(shop, second)
    assert shop.answers() == ["Какой размер? Доставка есть."]
    assert [(turn.outcome, turn.reason) for turn in await shop.turns()] == [
        ("silent", "draft_overtaken"),
        ("answered", None),
    ]


async def test_a_draft_is_not_sent_while_a_newer_line_waits_for_its_answer(shop_of):
    shop = await shop_of("Какой размер?", "Какой размер? Доставка есть.")
    await _say(shop, PRICE)
    (draft,) = await _drafts(shop)
    await shop.customer_says("А доставка есть?")
    await shop.settles()
    with pytest.raises(Refused, match="написал ещё"):
        await _approve(shop, draft)
    await shop.time_passes(minutes=1)
    assert shop.answers() == []


async def test_rejected_nothing_is_said_and_the_reason_is_kept(shop_of):
    shop = await shop_of("Какой размер?")
    await _say(shop, PRICE)
    (draft,) = await _drafts(shop)
    await shop.app.db.run(drafting.reject, draft.id, "это наш сотрудник", by="Асель", now=shop.clock.now())
    await shop.time_passes(hours=1)
    assert shop.answers() == []
    (draft,) = await _drafts(shop)
    assert (draft.state, draft.reason, draft.agreement) == ("rejected", "это наш сотрудник", 0.0)
    assert (await shop.turns())[0].reason == "draft_rejected"
    assert await shop.desk() == []


async def test_a_person_who_answers_on_the_phone_settles_the_draft_and_it_is_measured(shop_of):
    shop = await shop_of("Какой размер вам нужен?")
    await _say(shop, PRICE)
    await shop.person_says("Какой размер вам нужен?")
    await shop.time_passes(minutes=1)
    (draft,) = await _drafts(shop)
    assert (draft.state, draft.agreement, draft.sent_text) == ("person_wrote", 1.0, "Какой размер вам нужен?")
    assert await shop.desk() == []
    with pytest.raises(Refused, match="ответил человек"):
        await _approve(shop, draft)
    assert (await shop.turns())[0].outcome == "withdrawn"


async def test_a_topic_that_is_trusted_is_answered_at_once(shop_of):
    shop = await shop_of("Доставим бесплатно.", "Какой размер?", topics=(Topic.PRICE,))
    await _say(shop, "Вы доставляете в пригород?")
    assert shop.answers() == ["Доставим бесплатно."] or len(shop.answers()) == 1
    await _say(shop, PRICE)
    assert len(shop.answers()) == 1
    assert [draft.topic for draft in await _drafts(shop)] == ["price"]


async def test_an_approval_that_is_cut_off_leaves_the_draft_waiting(shop_of):
    shop = await shop_of("Какой размер?")
    await _say(shop, PRICE)
    (draft,) = await _drafts(shop)

    def cut_off(session):
        drafting.approve(session, draft.id, draft.text, shop.app.settings, by="Асель", now=shop.clock.now())
        raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        await shop.app.db.run(cut_off)
    await shop.time_passes(minutes=1)
    assert shop.answers() == []
    assert (await shop.turns())[0].reason == "draft_waiting"
    await _approve(shop, draft)
    assert shop.answers() == ["Какой размер?"]


async def test_an_answer_the_salesperson_may_give_covers_what_was_only_drafted(shop_of):
    shop = await shop_of("Какой размер?", "Какой размер? Доставка есть.")
    await _say(shop, PRICE)
    now = shop.clock.now()
    await shop.app.db.run(ramp.set_all, Mode.AUTOMATIC, by="Асель", now=now)
    await _say(shop, "А доставка есть?")
    assert shop.answers() == ["Какой размер? Доставка есть."]
    assert shop.app.model.briefings[-1].new_lines == [PRICE, "А доставка есть?"]
    assert [draft.state for draft in await _drafts(shop)] == ["overtaken"]
    assert await shop.desk() == []


async def test_who_is_handed_over_hears_so_at_once_and_the_models_words_stay_unsaid(shop_of):
    unknown = Decision(reply="Уточню и напишу вам.", actions=[Action(kind="hand_over", detail="вес")])
    shop = await shop_of(unknown, unknown)
    await _say(shop, "Сколько весит окно?")
    await _approve(shop, (await _drafts(shop))[0])
    await _say(shop, "А створка сколько весит?")
    assert shop.answers()[0] == "Уточню и напишу вам."
    (told,) = shop.answers()[1:]
    assert told.startswith("Ваше сообщение передано сотруднику")
    assert len(await shop.app.db.read(cases.waiting)) == 1


async def test_fixed_lines_go_out_by_themselves(shop_of):
    unknown = Decision(reply="Уточню и напишу вам.", actions=[Action(kind="hand_over", detail="вес")])
    shop = await shop_of(unknown)
    await _say(shop, "Позовите живого человека, пожалуйста")
    assert len(shop.answers()) == 1 and "передано сотруднику" in shop.answers()[0]
    assert await _drafts(shop) == []
    assert len(await shop.app.db.read(cases.waiting)) == 1


async def test_an_unknown_draft_and_an_empty_text_are_refused(shop_of):
    shop = await shop_of("Какой размер?")
    await _say(shop, PRICE)
    (draft,) = await _drafts(shop)
    with pytest.raises(Refused, match="пуст"):
        await _approve(shop, draft, "  \r\n")
    with pytest.raises(NotFound):
        await shop.app.db.run(drafting.reject, 999, "", by="Асель", now=shop.clock.now())
    assert (await _drafts(shop))[0].state == "waiting"


async def _rows(shop: Shop, table):
    return await shop.app.db.read(lambda session: list(session.scalars(select(table))))
