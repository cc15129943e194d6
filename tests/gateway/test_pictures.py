"""A picture goes to a messenger as words do: once, found again when its answer was lost, and nothing but our own."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from saudager.contracts import Kind, Media, MessageClass, OutgoingMessage, lane_key
from saudager.gateway import outgoing_log
from saudager.queues import table
from tests.gateway.wappi_shop import CUSTOMER, WappiShop
from tests.studio.accepted import drawn

pytestmark = pytest.mark.slow

PATH = "pictures/kOyXmWl3bB-0_qa9ZrT4cUuE7vN1sDfg.png"
CAPTION = "Стол «Дастархан», спереди"
SHOWN = Media(path=PATH, mime_type="image/png", file_name="PRD-1.png")


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Faults are logged; a test that fails shows the log anyway."""
    logger = logging.getLogger("saudager")
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(logging.NOTSET)


async def send(shop: Any, media: Media, *, chat: str = CUSTOMER, content: bytes | None = None) -> None:
    """Have a picture published, its file put there before."""
    now = shop.clock.now()
    await shop.app.media.put(PATH, drawn() if content is None else content, mime_type="image/png", now=now)
    outgoing = OutgoingMessage(
        id="by-hand:1",
        created_at=now,
        account=shop.account_name,
        chat=chat,
        message_text=CAPTION,
        media=media,
        message_class=MessageClass.REPLY,
    )
    body, key = outgoing.model_dump_json(by_alias=True, exclude_none=True), lane_key(shop.account_name, chat)
    told = {"id": outgoing.id, "key": key, "rank": outgoing.rank, "lot": shop.account_name, "now": now}
    await shop.app.db.run(table.publish, outgoing_log.QUEUE, body, **told)
    await shop.settles()


@pytest.mark.both_kinds
@pytest.mark.parametrize("fault", ["ok", "500", "hang", "hang_after", "cut_before", "cut_after", "garbage", "429"])
async def test_it_arrives_once_whatever_the_messenger_answers_and_is_never_taken_for_a_persons(
    open_wappi_shop, wappi, fault
):
    shop: WappiShop = await open_wappi_shop(timeout=0.1, polling_interval=30)
    wappi.customer_writes(CUSTOMER, "Здравствуйте")
    await shop.time_passes(minutes=1)
    wappi.fail("img/send", fault)
    await send(shop, SHOWN)
    await shop.time_passes(minutes=4)
    assert shop.answers().count(CAPTION) == 1
    (file,) = wappi.files.values()
    assert (file.content, file.mime_type, file.name) == (drawn(), "image/png", "PRD-1.png")
    (row,) = [row for row in await shop.log() if row.message_text == CAPTION]
    assert (row.queue_status, row.kind, row.author) == ("sent", Kind.IMAGE, "bot")
    assert "human" not in [message.author for message in await shop.messages()]


async def test_a_shop_that_is_stopped_while_it_sends_looks_first_when_it_is_back(open_wappi_shop, wappi):
    shop: WappiShop = await open_wappi_shop(timeout=0.1, polling_interval=30)
    wappi.customer_writes(CUSTOMER, "Здравствуйте")
    await shop.time_passes(minutes=1)
    wappi.fail("img/send", "cut_after")
    await send(shop, SHOWN)
    await shop.stops()
    await shop.starts()
    await shop.time_passes(minutes=4)
    assert shop.answers().count(CAPTION) == 1


@pytest.mark.parametrize(
    "path",
    ["../saudager.db", "pictures/../../saudager.db", f"ab/{'a' * 64}.png", "/etc/passwd", "pictures/none.png", ""],
)
async def test_nothing_but_a_picture_of_the_shops_own_ever_leaves(open_wappi_shop, wappi, path):
    shop: WappiShop = await open_wappi_shop()
    await send(shop, Media(path=path, mime_type="image/png"))
    await shop.time_passes(minutes=1)
    assert wappi.sent == []
    (row,) = await shop.log()
    assert row.queue_status == "failed"


@pytest.mark.parametrize(
    ("mime_type", "content"),
    [
        ("image/webp", drawn("WEBP")),
        ("image/png", drawn("WEBP")),
        ("image/png", drawn() + bytes(5 * 1024 * 1024)),
        (None, b"?"),
    ],
    ids=["webp", "webp by another name", "too large", "unknown"],
)
async def test_what_no_messenger_takes_is_not_even_tried(open_wappi_shop, wappi, mime_type, content):
    shop: WappiShop = await open_wappi_shop()
    await send(shop, Media(path=PATH, mime_type=mime_type), content=content)
    await shop.time_passes(minutes=1)
    assert wappi.asked_for("img/send") == []
    assert ["5 МБ" in reason for reason in await shop.dead(outgoing_log.QUEUE)] == [True]


async def test_where_no_pictures_are_taken_the_words_go_with_a_link(open_talks_shop, kommo):
    shop = await open_talks_shop()
    chat = f"{kommo.begins_a_talk('Алия Серикова')}@talk"
    await send(shop, SHOWN.model_copy(update={"link": "https://shop.example/pictures/a.png"}), chat=chat)
    await shop.time_passes(minutes=1)
    assert shop.answers() == [f"{CAPTION}\nhttps://shop.example/pictures/a.png"]
    await shop.told(kommo.shows(kommo.sent[0]))
    assert "human" not in [message.author for message in await shop.messages(chat)]


async def test_without_a_link_nothing_goes_there_and_it_is_said_why(open_talks_shop, kommo):
    shop = await open_talks_shop()
    await send(shop, SHOWN, chat=f"{kommo.begins_a_talk('Алия Серикова')}@talk")
    await shop.time_passes(minutes=1)
    assert shop.answers() == []
    assert ["не передаёт картинок" in reason for reason in await shop.dead(outgoing_log.QUEUE)] == [True]
