"""The list of conversations shows every contact once, in order, and a search finds him by what was said."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from saudager import attention
from saudager.agent import stepping_in
from saudager.attention import Why
from saudager.conversations import cases, listing, merging
from saudager.conversations.models import Contact, Conversation
from saudager.errors import NotFound
from saudager.providers.llm.scripted import ScriptedModel
from saudager.rehearsal import CUSTOMER, Shop

pytestmark = pytest.mark.both_kinds


def _chat(number: int) -> str:
    return f"770100000{number:02}@c.us"


@pytest.fixture
async def shop(open_shop) -> Shop:
    return await open_shop(model=ScriptedModel())


async def _arrive(shop: Shop, *chats: str, text: str = "Сколько стоит окно?", **line) -> None:
    for chat in chats:
        await shop.customer_says(text, chat=chat, **line)
        await shop.time_passes(minutes=1)
    await shop.settles()


async def _page(shop: Shop, view: str = "all", query: str | None = None, **more) -> listing.Listed:
    values = {"after": None, "operator": "Айгуль", "now": shop.clock.now()} | more
    return await shop.app.db.read(listing.page, view=view, query=query, **values)


async def _phones(shop: Shop, view: str = "all", query: str | None = None) -> list[str | None]:
    return [row.phone for row in (await _page(shop, view, query)).rows]


async def _counts(shop: Shop) -> dict[str, int]:
    return await shop.app.db.read(listing.counts, operator="Айгуль", now=shop.clock.now())


async def _mark(shop: Shop) -> str:
    return await shop.app.db.read(listing.inbox_mark, now=shop.clock.now())


async def _conversation(shop: Shop, chat: str = CUSTOMER) -> Conversation:
    return await shop.app.db.read(
        lambda session: session.scalars(select(Conversation).where(Conversation.chat == chat)).one()
    )


async def _judge(shop: Shop, chat: str, is_client: bool | None) -> None:
    def judge(session) -> None:
        query = select(Contact).join(Conversation, Conversation.contact_id == Contact.id)
        session.scalars(query.where(Conversation.chat == chat)).one().is_client = is_client

    await shop.app.db.run(judge)


async def test_every_contact_is_listed_once_however_the_pages_are_cut(shop):
    chats = [_chat(number) for number in range(7)]
    await _arrive(shop, *chats)
    listed, after = [], None
    while True:
        page = await _page(shop, after=after, limit=3)
        listed += [row.phone for row in page.rows]
        if (after := page.next) is None:
            break
    assert listed == [chat.removesuffix("@c.us") for chat in reversed(chats)]


async def test_a_contact_of_two_channels_is_one_row_of_the_latest_with_all_that_is_unread(shop):
    await _arrive(shop, _chat(1), _chat(2), _chat(3))
    kept, merged = await _conversation(shop, _chat(3)), await _conversation(shop, _chat(1))
    await shop.app.db.run(merging.merge, kept.contact_id, merged.contact_id, now=shop.clock.now())
    rows = (await _page(shop)).rows
    assert [(row.conversation_id, row.unread) for row in rows] == [
        (kept.id, 2),
        ((await _conversation(shop, _chat(2))).id, 1),
    ]
    assert (await _counts(shop))["all"] == 2
    await shop.app.db.run(listing.mark_read, kept.id, now=shop.clock.now())
    assert await _phones(shop, "unread") == [_chat(2).removesuffix("@c.us")]


async def test_a_line_is_unread_once_however_often_it_is_edited(shop):
    (line,) = await shop.customer_says("Сколько стоит окно?")
    for text in ("Сколько стоит дверь?", "Сколько стоит зеркало?"):
        await shop.settles()
        await shop.arrives(replace(line, text=text, edited=True))
    await shop.settles()
    (row,) = (await _page(shop)).rows
    assert row.unread == 1


async def test_who_writes_has_read_and_the_salesperson_has_not(shop):
    await _arrive(shop, CUSTOMER)
    await shop.time_passes(minutes=2)
    assert (await _counts(shop))["unread"] == 1
    await shop.person_says("Двенадцать тысяч")
    await shop.settles()
    assert (await _counts(shop))["unread"] == 0
    await _arrive(shop, CUSTOMER, text="Спасибо, беру")
    assert (await _counts(shop))["unread"] == 1


async def test_who_is_handed_over_waits_until_somebody_has_him(shop):
    await _arrive(shop, _chat(1), _chat(2))
    conversation = await _conversation(shop, _chat(1))
    began = shop.clock.now()
    await shop.app.db.run(cases.open_case, conversation, "просит человека", "", shop.app.settings, began)
    (row,) = (await _page(shop, "waiting")).rows
    assert (row.phone, row.state, row.waiting_since) == ("77010000001", "waits_for_person", began)

    def take(session) -> None:
        cases.of_conversation(session, conversation.id).owner = "Айгуль"
        attention.settle(session, Why.HANDED_OVER, f"conversation:{conversation.id}", now=began)

    await shop.app.db.run(take)
    assert await _phones(shop, "waiting") == []
    (row,) = (await _page(shop, "mine")).rows
    assert (row.phone, row.state, row.waiting_since) == ("77010000001", "person", None)
    assert (await _page(shop, "mine", operator="Бота")).rows == []


async def test_whom_an_operator_answers_is_his_for_as_long_as_the_salesperson_is_silent(shop):
    await _arrive(shop, CUSTOMER)
    conversation, silence = (await _conversation(shop)).id, timedelta(hours=4)
    write = {"once": "1", "operator": "Айгуль", "silence": silence, "now": shop.clock.now()}
    await shop.app.db.run(stepping_in.write, conversation, "Сейчас посчитаю", **write)
    assert await _phones(shop, "mine") == ["77010000001"]
    assert (await _page(shop, "mine", operator="Бота")).rows == []
    assert (await _counts(shop))["unread"] == 0
    await shop.time_passes(hours=5)
    assert await _phones(shop, "mine") == []


async def test_each_view_lists_its_own(shop):
    chats = [_chat(number) for number in range(4)]
    await _arrive(shop, *chats, text="Здравствуйте")
    for chat, is_client in zip(chats, (True, True, False, None), strict=True):
        await _judge(shop, chat, is_client)
    await shop.person_says("Добрый день", chat=_chat(1))
    await shop.settles()
    assert await _phones(shop, "salesperson") == ["77010000000"]
    assert await _phones(shop, "not_clients") == ["77010000002"]
    assert await _phones(shop, "unclear") == ["77010000003"]
    states = {row.phone: row.state for row in (await _page(shop)).rows}
    assert [states[f"7701000000{number}"] for number in range(4)] == ["answering", "silent", "not_client", "unclear"]


async def test_a_line_is_found_by_its_words_the_last_of_them_begun(shop):
    await _arrive(shop, _chat(1), text="Нужны чёрные пластиковые окна, срочно!")
    await _arrive(shop, _chat(2), text="Терезе қажет")
    assert await _phones(shop, query="окна плас") == ["77010000001"]
    assert await _phones(shop, query="ЧЕРНЫЕ") == ["77010000001"]
    assert await _phones(shop, query="кажет") == ["77010000002"]
    assert await _phones(shop, query="окна двери") == []
    (row,) = (await _page(shop, query="окна")).rows
    assert (row.last_text, row.last_author) == ("Нужны чёрные пластиковые окна, срочно!", "customer")


@pytest.mark.parametrize(
    "query", ['"', "'", "окна' or 1", 'NEAR("окна")', "окна*", "line:окна", "%", "\\", "-окна", "&|!"]
)
async def test_what_is_typed_into_the_search_is_words_and_no_command(shop, query):
    await _arrive(shop, _chat(1), text="Нужны окна")
    assert await _phones(shop, query=query) in ([], ["77010000001"])


async def test_a_contact_is_found_by_any_digits_of_his_number_and_by_his_name(shop):
    await _arrive(shop, _chat(12), name="Айгүл Сатпаева")
    await _arrive(shop, _chat(34), name="Пётр")
    for query in ("0012", "+7 701 000-00-12", "8 701 000 00 12", "айгул", "сатп айг", "АЙГҮЛ"):
        assert await _phones(shop, query=query) == ["77010000012"], query
    assert await _phones(shop, query="петр") == ["77010000034"]
    assert await _phones(shop, query="99") == []


async def test_a_search_follows_what_becomes_of_a_line(shop):
    (line,) = await shop.customer_says("Нужна дверь")
    await shop.settles()
    assert await _phones(shop, query="дверь") == ["77010000001"]
    await shop.arrives(replace(line, text="Нужно зеркало", edited=True))
    await shop.settles()
    assert await _phones(shop, query="дверь") == []
    assert await _phones(shop, query="зеркало") == ["77010000001"]
    await shop.arrives(replace(line, deleted=True))
    await shop.settles()
    assert await _phones(shop, query="зеркало") == []


async def test_a_search_is_cut_into_pages_that_new_lines_do_not_shift(shop):
    await _arrive(shop, *[_chat(number) for number in range(5)], text="Нужна дверь")
    first = await _page(shop, query="дверь", limit=2)
    await _arrive(shop, _chat(0), _chat(9), text="Где дверь?")
    second = await _page(shop, query="дверь", limit=2, after=first.next)
    third = await _page(shop, query="дверь", limit=2, after=second.next)
    found = [row.phone for page in (first, second, third) for row in page.rows]
    assert found == [f"7701000000{number}" for number in (4, 3, 2, 1, 0)]
    assert third.next is None


async def test_the_mark_changes_when_the_list_does_and_only_then(shop):
    await _arrive(shop, CUSTOMER)
    await shop.time_passes(minutes=2)
    seen = await _mark(shop)
    assert await _mark(shop) == seen
    conversation = await _conversation(shop)

    def silence(session) -> None:
        session.get_one(Conversation, conversation.id).silent_until = shop.clock.now() + timedelta(hours=1)

    for change in (
        lambda: shop.app.db.run(listing.mark_read, conversation.id, now=shop.clock.now()),
        lambda: shop.app.db.run(silence),
        lambda: shop.time_passes(hours=1, minutes=1),
        lambda: shop.app.db.run(attention.ask, Why.TURN_FAILED, "conversation:1", "", now=shop.clock.now()),
        lambda: shop.customer_says("Алло?"),
    ):
        await change()
        await shop.settles()
        assert await _mark(shop) != seen
        seen = await _mark(shop)


@pytest.mark.parametrize("after", ["x", "1", "1.2.3.4", "1.x", "9" * 40 + ".1"])
@pytest.mark.parametrize("query", [None, "окно"])
async def test_a_page_nobody_gave_is_not_found(shop, after, query):
    with pytest.raises(NotFound):
        await _page(shop, query=query, after=after)
