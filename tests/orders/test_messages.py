"""Where a buyer is written to, by what words, and that a process which dies over it costs nobody a message or two."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from saudager.conversations.models import Contact, Conversation
from saudager.errors import FirstContactRefused, Unreachable
from saudager.orders import opening, waiting
from saudager.orders.models import Order
from saudager.orders.opening import Numbers
from saudager.outreach import consent
from saudager.outreach.models import OutreachVerdict
from saudager.phones import chat_with
from saudager.preview import look_ahead
from saudager.providers.llm.scripted import ScriptedModel
from saudager.providers.marketplace import Stage
from tests.orders.counter import DAY, FIRST, HOUR, PHONE, Counter, tell_number

WRITTEN = ("written", None)


@pytest.fixture
async def counter(open_shop):
    return await Counter.open(await open_shop(model=ScriptedModel()))


class Deaf:
    """A gateway in another process that is not there."""

    async def accounts(self):
        raise Unreachable("gateway does not answer")


def only_order(session):
    return session.scalars(select(Order)).one()


async def fate(counter, about):
    query = select(OutreachVerdict).where(OutreachVerdict.about == about, OutreachVerdict.verdict == "write")
    return await counter.house.app.db.read(lambda session: session.scalars(query).one())


@pytest.mark.both_kinds
async def test_a_buyer_is_written_to_where_he_last_talked_to_us(counter):
    await counter.comes(Stage.PLACED)

    def find(session, *, ours, preferred=None):
        order = only_order(session)
        return opening.find(session, order.contact_id, PHONE, ours, preferred=preferred)

    def talks(session):
        contact = only_order(session).contact_id
        for account, chat, ago in (("waha:old", "77015550001@c.us", 5), ("waha:new", "88@lid", 2)):
            at = counter.now - ago * DAY
            session.add(Conversation(contact_id=contact, account=account, chat=chat, last_message_at=at, created_at=at))

    ours = Numbers(dict.fromkeys(("waha:old", "waha:new", "shops", "main")), "main")
    where = [await counter.run(find, ours=ours), await counter.run(find, ours=ours, preferred="shops")]
    assert [(place.account, place.chat) for place in where] == [
        ("main", chat_with(PHONE)),
        ("shops", chat_with(PHONE)),
    ]
    assert (await counter.run(find, ours=ours, preferred="gone")).account == "main"
    await counter.run(talks)
    place = await counter.run(find, ours=ours, preferred="shops")
    assert (place.account, place.chat) == ("waha:new", "88@lid")
    left = Numbers(dict.fromkeys(("waha:old", "main")), "main")
    assert (await counter.run(find, ours=left)).account == "waha:old"
    assert await counter.run(find, ours=Numbers({}, None)) is None


@pytest.mark.both_kinds
async def test_thanks_carry_an_offer_only_for_who_may_be_offered_something(counter):
    await counter.has_goods_that_go_together()
    await counter.comes(Stage.APPROVED)
    row = (await counter.rows())["POST_PURCHASE"]
    assert (row.message_class, row.offered) == ("marketing", ["descaler"])
    assert "Средство от накипи" in row.text and "стоп" in row.text
    await counter.comes(Stage.PLACED, "2", phone="77015550002")
    await counter.run(_refuses_offers, "77015550002", now=counter.now)
    await counter.moves(Stage.APPROVED, "2")
    row = (await counter.rows("2"))["POST_PURCHASE"]
    assert (row.state, row.message_class, row.offered) == ("written", "service", [])
    assert "накипи" not in row.text and "стоп" not in row.text


async def test_a_model_writes_it_and_its_name_is_kept(open_shop):
    model = ScriptedModel(writes=lambda task: f"Здравствуйте! Это «Тёплый Дом». Заказ № {FIRST} готов, ждём вас.")
    counter = await Counter.open(await open_shop(model=model))
    await counter.comes(Stage.READY)
    row = (await counter.rows())["ORDER_READY"]
    assert (row.engine, counter.got()) == ("scripted", [row.text])


@pytest.mark.both_kinds
async def test_what_a_process_had_claimed_that_died_is_written_later_and_once(counter):
    await counter.comes(Stage.READY, phone=None)
    await counter.run(_known_and_claimed, now=counter.now, settings=counter.house.app.settings)
    await counter.house.time_passes(minutes=5)
    assert counter.got() == []
    await counter.later(hours=1)
    assert await counter.became() == {"ORDER_READY": WRITTEN}
    await counter.later(hours=1)
    assert len(counter.got()) == 1


async def test_one_that_cannot_be_put_into_words_keeps_no_other_waiting(open_shop):
    def write(task):
        if "Асель" in task.instructions:
            raise ZeroDivisionError
        return "Здравствуйте! Ваш заказ готов, ждём вас."

    counter = await Counter.open(await open_shop(model=ScriptedModel(writes=write)))
    await counter.many_come(Stage.READY, [PHONE, "77015550002"], codes=(FIRST, "2"), names=("Асель Ким", "Болат"))
    assert await counter.became("2") == {"ORDER_READY": WRITTEN}
    assert await counter.became() == {"ORDER_READY": ("waiting", None)}
    await counter.later(hours=49)
    assert await counter.became() == {"ORDER_READY": ("stopped", "too_late")}


async def test_while_the_gateway_does_not_answer_what_is_due_waits_for_it(counter):
    app = counter.house.app
    gateway, app.gateway = app.gateway, Deaf()
    await counter.comes(Stage.READY)
    assert await counter.became() == {"ORDER_READY": ("waiting", None)}
    app.gateway = gateway
    await counter.house.time_passes(minutes=3)
    assert await counter.became() == {"ORDER_READY": WRITTEN}


async def test_a_number_that_wants_templates_gets_one_or_waits(open_shop):
    house = await open_shop(model=ScriptedModel(), ai_seller_templates="ORDER_DELIVERED=order_delivered/ru")
    house.phone.window = timedelta(hours=24)
    counter = await Counter.open(house)
    await counter.comes(Stage.READY)
    assert await counter.became() == {"ORDER_READY": ("waiting", "needs_template")}
    await counter.moves(Stage.DELIVERED)
    row = (await counter.rows())["ORDER_DELIVERED"]
    assert (row.state, row.engine) == ("written", "template")
    assert row.text == f"[шаблон order_delivered/ru: Асель, {FIRST}]"
    (sent,) = house.phone.templates
    assert sent == {
        "name": "order_delivered",
        "language": "ru",
        "components": [
            {"type": "body", "parameters": [{"type": "text", "text": "Асель"}, {"type": "text", "text": FIRST}]}
        ],
    }
    await house.customer_says("Спасибо!", chat=chat_with(PHONE))
    await house.time_passes(minutes=1)
    await counter.comes(Stage.READY, "2")
    assert (await counter.rows("2"))["ORDER_READY"].engine == "fallback"


async def test_a_first_contact_the_messenger_refuses_is_seen_and_not_tried_again(counter):
    counter.house.phone.faults = iter([FirstContactRefused("463")])
    await counter.comes(Stage.READY)
    row = (await counter.rows())["ORDER_READY"]
    assert row.state == "written"
    assert (await fate(counter, row.about)).fate == "failed"
    await counter.comes(Stage.READY, "2", phone="77015550002")
    assert await counter.became("2") == {"ORDER_READY": ("waiting", "no_first_contacts")}


@pytest.mark.both_kinds
async def test_what_is_foreseen_is_what_happens(counter):
    await counter.comes(Stage.DELIVERED)
    before = counter.got()
    ahead = await look_ahead(counter.house.app, days=10)
    (review,) = ahead.planned
    assert (review.what, review.verdict) == (f"order REVIEW_REQUEST {FIRST}", "write")
    assert counter.got() == before
    await counter.later(hours=(review.at - counter.now) / HOUR - 0.1)
    assert counter.got() == before
    await counter.later(hours=0.1)
    assert len(counter.got()) == len(before) + 1


def _refuses_offers(session, phone, *, now):
    contact = session.scalars(select(Contact.id).where(Contact.phone_number == phone)).one()
    consent.note(session, contact, consent.OFFERS, "без рекламы", now)


def _known_and_claimed(session, *, settings, now):
    """The number is told, and the process that takes the message on dies."""
    tell_number(session, FIRST, PHONE, settings=settings, now=now)
    assert len(waiting.claim(session, limit=100, now=now)) == 1


@pytest.mark.both_kinds
async def test_what_waits_goes_to_the_number_the_marketplace_tells_now(counter):
    await counter.comes(Stage.DELIVERED)
    told = len(counter.got())
    await counter.tells_number("77015550009")
    await counter.later(hours=73)
    assert (await counter.became())["REVIEW_REQUEST"] == WRITTEN
    assert (len(counter.got()), len(counter.got("77015550009"))) == (told, 1)


async def test_words_found_for_one_buyer_do_not_go_to_another(open_shop):
    model = ScriptedModel()
    counter = await Counter.open(await open_shop(model=model))
    await counter.comes(Stage.DELIVERED)
    told, write = len(counter.got()), model.write

    async def write_slowly(task):
        model.write = write
        settings = counter.house.app.settings
        await counter.run(tell_number, FIRST, "77015550009", settings=settings, now=counter.now)
        return await write(task)

    model.write = write_slowly
    await counter.later(hours=73)
    await counter.later(minutes=11)
    assert (len(counter.got()), len(counter.got("77015550009"))) == (told, 1)
