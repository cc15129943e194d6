"""A customer asks what it looks like: he gets pictures a person accepted, once, or hears that somebody will ask."""

import pytest
from sqlalchemy import select

from saudager.agent import drafting, picturing
from saudager.attention import Why
from saudager.contracts import Kind
from saudager.conversations import transcript
from saudager.errors import Rejected, Unanswered, Unreachable
from saudager.providers.llm import Action, Decision
from saudager.providers.llm.scripted import ScriptedModel
from saudager.rehearsal import CUSTOMER, Shop
from saudager.studio.models import Picture, PictureState, Verdict
from saudager.trust import ramp
from saudager.trust.models import Draft, Mode
from tests.studio.accepted import TABLE, drawn, judged, pictured

pytestmark = pytest.mark.slow

ASKS = "Пришлите фото белой Камри, пожалуйста"


def pictures(shop: Shop, chat: str = CUSTOMER) -> list[str]:
    """The captions of what the customer got besides words, oldest first."""
    return [line.text or "" for line in shop.phone.chat(chat) if line.from_us and line.kind is Kind.IMAGE]


def words(shop: Shop, chat: str = CUSTOMER) -> list[str]:
    return [line.text or "" for line in shop.phone.chat(chat) if line.from_us and line.kind is Kind.TEXT]


async def known(shop: Shop) -> None:
    """Somebody who is a customer already."""
    await shop.ask_as_customer("Здравствуйте")


@pytest.mark.both_kinds
async def test_who_asks_for_a_photo_gets_words_and_the_pictures_a_person_accepted(open_shop, storage):
    shop = await open_shop()
    await pictured(shop.app)
    await known(shop)
    said, first, second = await shop.ask_as_customer(ASKS)
    assert "картинке ниже" in said
    assert first.startswith("Toyota Camry 2021 white sedan, спереди\n")
    assert "иллюстрация, а не фото" in first
    assert second == "Toyota Camry 2021 white sedan, сбоку"
    got = [line for line in shop.phone.chat(CUSTOMER) if line.kind is Kind.IMAGE]
    assert await shop.phone.fetch_media(got[0].message_id) == (drawn(), "image/png")
    (turn,) = [turn for turn in await shop.turns() if turn.trace.get("pictures")]
    assert turn.outcome == "answered"


@pytest.mark.parametrize(
    ("asked", "said", "caption", "note"),
    [
        ("Ақ Камридің суретін жіберіңізші", "төмендегі суретте", "алдынан", "Бұл фото емес, иллюстрация"),
        ("Can you send me a photo of the white Camry?", "picture below", "front", "an illustration, not a photo"),
        ("А как выглядит белая камри спереди?", "картинке ниже", "спереди", "иллюстрация, а не фото"),
    ],
)
async def test_he_is_told_in_his_language_that_it_is_an_illustration(open_shop, asked, said, caption, note):
    shop = await open_shop()
    await pictured(shop.app, views=("front",))
    await known(shop)
    answer, picture = await shop.ask_as_customer(asked)
    assert said in answer
    assert picture.startswith(f"Toyota Camry 2021 white sedan, {caption}\n")
    assert note in picture


@pytest.mark.parametrize(
    ("verdict", "state"),
    [(None, PictureState.DRAWN), (None, PictureState.DOUBTFUL), (Verdict.REFUSED, PictureState.DRAWN)],
)
async def test_what_nobody_accepted_is_not_shown_and_a_person_is_asked(open_shop, verdict, state):
    shop = await open_shop()
    await pictured(shop.app, verdict=verdict, state=state)
    await known(shop)
    (said,) = await shop.ask_as_customer(ASKS)
    assert "уточню" in said
    assert pictures(shop) == []
    (asked,) = [entry for entry in await shop.desk() if entry.kind == Why.NO_ANSWER_FOUND]
    assert "Камри" in asked.reason


@pytest.mark.parametrize(
    "asked",
    [
        "Пришлите фото чёрной Камри",
        "Скиньте фото Короллы",
        "Покажите фото Камри 2018 года",
        "Можно посмотреть фото салона Камри?",
        "Пришлите фото стола Осло",
    ],
)
async def test_another_thing_another_colour_and_another_side_are_not_shown_in_its_place(open_shop, asked):
    shop = await open_shop()
    await pictured(shop.app)
    await pictured(shop.app, TABLE)
    await known(shop)
    (said,) = await shop.ask_as_customer(asked)
    assert "уточню" in said
    assert pictures(shop) == []


async def test_the_side_that_is_asked_for_is_shown(open_shop):
    shop = await open_shop()
    await pictured(shop.app, views=("front", "side", "rear"))
    await known(shop)
    _, picture = await shop.ask_as_customer("Пришлите фото тойоты камри сзади")
    assert picture.startswith("Toyota Camry 2021 white sedan, сзади")


async def test_the_thing_may_have_been_named_before(open_shop):
    shop = await open_shop()
    await pictured(shop.app, TABLE, views=("front",))
    await known(shop)
    await shop.ask_as_customer("Какая доставка у стола Дастархан?")
    _, picture = await shop.ask_as_customer("А пришлите фото")
    assert picture.startswith("Стол «Дастархан» белый, спереди")


async def test_no_more_than_three_go_at_once(open_shop):
    shop = await open_shop()
    await pictured(shop.app, views=("front", "side", "rear", "interior"))
    await known(shop)
    await shop.ask_as_customer(ASKS)
    assert len(pictures(shop)) == 3


async def test_what_messengers_do_not_take_is_made_a_jpeg_first(open_shop):
    shop = await open_shop()
    await pictured(shop.app, views=("front",), kind="WEBP")
    await known(shop)
    await shop.ask_as_customer(ASKS)
    (line,) = [line for line in shop.phone.chat(CUSTOMER) if line.kind is Kind.IMAGE]
    content, mime_type = await shop.phone.fetch_media(line.message_id)
    assert mime_type == "image/jpeg"
    assert content.startswith(b"\xff\xd8")


async def test_the_inbox_keeps_what_was_shown_and_the_model_reads_it_as_words(open_shop):
    shop = await open_shop()
    (path,) = await pictured(shop.app, views=("front",))
    await known(shop)
    await shop.ask_as_customer(ASKS)
    (line,) = [line for line in await shop.messages() if line.kind == Kind.IMAGE]
    assert line.media["path"] == path
    assert line.delivery_state == "sent"
    assert transcript.words(line).startswith("[картинка: Toyota Camry 2021 white sedan, спереди")


async def test_a_person_who_writes_meanwhile_takes_the_pictures_back(open_shop):
    shop = await open_shop(sends_per_minute=1)
    await pictured(shop.app)
    await known(shop)
    await shop.time_passes(minutes=5)
    await shop.customer_says(ASKS)
    while not pictures(shop):
        await shop.time_passes(seconds=5)
    await shop.person_says("Сейчас сам сниму и пришлю")
    await shop.time_passes(minutes=5)
    assert len(pictures(shop)) == 1
    states = [line.delivery_state for line in await shop.messages() if line.kind == Kind.IMAGE]
    assert states == ["sent", "withdrawn"]
    (turn,) = [turn for turn in await shop.turns() if turn.trace.get("pictures")]
    assert turn.outcome == "answered"


@pytest.mark.both_kinds
@pytest.mark.parametrize("arrived", [True, False])
async def test_a_picture_whose_answer_was_lost_goes_once(open_shop, storage, arrived):
    shop = await open_shop()
    await pictured(shop.app, views=("front",))
    await known(shop)
    send = shop.phone.send_picture

    async def lost(*args, **kwargs):
        shop.phone.send_picture = send
        if arrived:
            await send(*args, **kwargs)
        raise Unanswered("no answer within 30 s")

    shop.phone.send_picture = lost
    await shop.ask_as_customer(ASKS)
    await shop.time_passes(minutes=10)
    assert len(pictures(shop)) == 1
    assert [line.delivery_state for line in await shop.messages() if line.kind == Kind.IMAGE] == ["sent"]


async def test_a_messenger_that_cannot_be_had_is_tried_again_and_one_that_refuses_is_shown_to_a_person(open_shop):
    shop = await open_shop()
    await pictured(shop.app)
    await known(shop)
    shop.phone.faults = iter([None, Unreachable("no connection"), None, Rejected("unsupported image")])
    await shop.ask_as_customer(ASKS)
    await shop.time_passes(minutes=5)
    assert len(pictures(shop)) == 1
    (entry,) = [entry for entry in await shop.desk() if entry.kind == Why.NOT_DELIVERED]
    assert "unsupported image" in entry.reason
    (turn,) = [turn for turn in await shop.turns() if turn.trace.get("pictures")]
    assert turn.outcome == "answered"


async def test_a_file_that_is_gone_when_it_is_to_be_sent_is_shown_to_a_person(open_shop):
    shop = await open_shop(sends_per_minute=1)
    paths = await pictured(shop.app)
    await known(shop)
    await shop.time_passes(minutes=5)
    await shop.customer_says(ASKS)
    while not pictures(shop):
        await shop.time_passes(seconds=5)
    await shop.app.media.delete(paths[1])
    await shop.time_passes(minutes=5)
    assert len(pictures(shop)) == 1
    (entry,) = [entry for entry in await shop.desk() if entry.kind == Why.NOT_DELIVERED]
    assert "больше нет" in entry.reason


async def test_a_picture_that_is_refused_while_the_answer_is_thought_out_is_not_sent(open_shop, monkeypatch):
    shop = await open_shop()
    front, side = await pictured(shop.app)
    await known(shop)
    ready, refuses = picturing.ready, [side, front]

    async def ready_and_refused(app, turn, shown):
        made = await ready(app, turn, shown)
        if refuses:
            await judged(app, refuses.pop(0), Verdict.REFUSED)
        return made

    monkeypatch.setattr(picturing, "ready", ready_and_refused)
    (said,) = await shop.ask_as_customer(ASKS)
    assert "картинке ниже" not in said
    assert pictures(shop) == []


async def test_a_draft_sends_its_pictures_only_when_it_is_approved(open_shop):
    shop = await open_shop()
    paths = await pictured(shop.app)
    await known(shop)
    now = shop.clock.now()
    await shop.app.db.run(ramp.set_all, Mode.DRAFT, by="Асель", now=now)
    assert await shop.ask_as_customer(ASKS) == []
    (draft,) = await shop.app.db.read(lambda session: list(session.scalars(select(Draft))))
    await judged(shop.app, paths[1], Verdict.REFUSED)
    await shop.app.db.run(drafting.approve, draft.id, draft.text, shop.app.settings, by="Айгерим", now=shop.clock.now())
    await shop.time_passes(minutes=1)
    assert words(shop)[-1] == draft.text
    assert [one.partition("\n")[0] for one in pictures(shop)] == ["Toyota Camry 2021 white sedan, спереди"]


async def test_a_draft_sends_no_picture_that_was_drawn_anew_since(open_shop):
    shop = await open_shop()
    paths = await pictured(shop.app)
    await known(shop)
    await shop.app.db.run(ramp.set_all, Mode.DRAFT, by="Асель", now=shop.clock.now())
    await shop.ask_as_customer(ASKS)
    (draft,) = await shop.app.db.read(lambda session: list(session.scalars(select(Draft))))

    def draw_anew(session):
        session.scalars(select(Picture).where(Picture.path == paths[1])).one().path = "pictures/another.png"

    await shop.app.db.run(draw_anew)
    await shop.app.db.run(drafting.approve, draft.id, draft.text, shop.app.settings, by="Айгерим", now=shop.clock.now())
    await shop.time_passes(minutes=1)
    assert [one.partition("\n")[0] for one in pictures(shop)] == ["Toyota Camry 2021 white sedan, спереди"]
    assert [entry for entry in await shop.desk() if entry.kind == Why.NOT_DELIVERED] == []


async def test_by_mail_the_pictures_lie_in_the_letter(open_shop):
    shop = await open_shop()
    await pictured(shop.app)
    await shop.mail_arrives("marat@example.kz", ASKS, subject="Камри")
    await shop.time_passes(minutes=5)
    letters = shop.letters("marat@example.kz")
    assert [[file.mime_type for file in letter.enclosures] for letter in letters] == [["image/png", "image/png"]]


async def test_a_model_that_claims_a_photo_it_did_not_send_is_stopped(open_shop):
    shop = await open_shop(
        model=ScriptedModel(["Здравствуйте!", "Отправил вам фото белой Камри.", "Уточню и напишу вам."])
    )
    await pictured(shop.app)
    await known(shop)
    assert (await shop.ask_as_customer(ASKS))[-1] == "Уточню и напишу вам."
    assert pictures(shop) == []


async def test_a_model_that_sends_a_picture_may_say_so(open_shop):
    shows = Decision(reply="Отправил вам картинку белой Камри.", actions=[Action(kind="send_picture", detail="Камри")])
    shop = await open_shop(model=ScriptedModel(["Здравствуйте!", shows]))
    await pictured(shop.app, views=("front",))
    await known(shop)
    said, picture = await shop.ask_as_customer(ASKS)
    assert said == "Отправил вам картинку белой Камри."
    assert picture.startswith("Toyota Camry")
    assert "send_picture можно показать: Toyota Camry 2021 white sedan" in shop.app.model.briefings[-1].instructions


async def test_the_phone_for_trying_out_tells_which_lines_are_pictures(open_shop):
    shop = await open_shop()
    await pictured(shop.app, views=("front",))
    await known(shop)
    await shop.ask_as_customer(ASKS)
    lines = await shop.app.gateway.simulated(shop.account.name, CUSTOMER)
    (sent,) = [line.outgoing_id for line in await shop.messages() if line.kind == Kind.IMAGE]
    assert [line.picture for line in lines if line.picture] == [sent]
