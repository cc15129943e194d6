"""Some buyers get no marketing, so that it can be seen what it does for the others; they are drawn once."""

import pytest
from sqlalchemy import select

from saudager.contracts import MessageClass
from saudager.conversations import identity, merging
from saudager.conversations.models import Contact
from saudager.outreach import holdout, policy
from saudager.outreach.models import Holdout
from saudager.outreach.policy import Verdict, Wanted
from saudager.providers.llm.scripted import ScriptedModel
from saudager.providers.marketplace import Stage
from tests.orders.counter import PHONE, Counter

OTHER = "77015550002"


@pytest.fixture
async def counter(open_shop):
    return await Counter.open(await open_shop(model=ScriptedModel(), holdout_share=0.5))


async def contact(counter, phone=PHONE):
    """A buyer with his number."""

    def make(session):
        found = identity.recognise(session, [("phone", phone)], now=counter.now)
        session.get_one(Contact, found).phone_number = phone
        return found

    return await counter.run(make)


async def hold_out(counter, contact_id, *, held_out=True):
    """As the draw may have had it."""
    row = {"contact_id": contact_id, "is_held_out": held_out, "share": 0.5, "assigned_at": counter.now}
    await counter.run(lambda session: session.add(Holdout(**row)))


async def groups(counter):
    rows = await counter.house.app.db.read(lambda session: session.scalars(select(Holdout)).all())
    return {row.contact_id: row.is_held_out for row in rows}


@pytest.mark.both_kinds
async def test_the_group_is_drawn_once_and_does_not_change_with_the_share(counter):
    buyers = [await contact(counter, f"7701555{number:04}") for number in range(200)]

    def assign(session, share):
        for number, buyer in enumerate(buyers):
            holdout.assign(session, buyer, f"7701555{number:04}", share, now=counter.now)

    await counter.run(assign, 0)
    assert await groups(counter) == {}
    await counter.run(assign, 0.2)
    drawn = await groups(counter)
    assert len(drawn) == 200 and 25 <= sum(drawn.values()) <= 55
    await counter.run(assign, 0.5)
    assert await groups(counter) == drawn
    assert [await counter.run(holdout.is_held_out, buyer) for buyer in buyers] == [drawn[buyer] for buyer in buyers]


async def test_the_same_number_falls_into_the_same_group_in_every_house(counter):
    buyers = [await contact(counter, f"7701555{number:04}") for number in range(20)]
    for number, buyer in enumerate(buyers):
        await counter.run(holdout.assign, buyer, f"7701555{number:04}", 0.5, now=counter.now)
    drawn = await groups(counter)
    assert "".join("01"[drawn[buyer]] for buyer in buyers) == "10001100001010111101"


@pytest.mark.both_kinds
async def test_marketing_of_any_kind_is_refused_and_service_goes(counter):
    buyer = await contact(counter)
    await hold_out(counter, buyer)
    settings = counter.house.app.settings

    async def judged(message_class, settings=settings):
        wanted = Wanted("campaign:1", buyer, "simulator", message_class)
        return await counter.house.app.db.read(policy.judge, wanted, settings, counter.now)

    assert await judged(MessageClass.MARKETING) == Verdict("refuse", "held_out", first_contact=True)
    assert (await judged(MessageClass.SERVICE)).may == "write"
    over = settings.model_copy(update={"holdout_share": 0.0})
    assert (await judged(MessageClass.MARKETING, over)).may == "write"


async def test_a_held_out_buyer_hears_of_his_order_and_is_asked_for_nothing(counter):
    await hold_out(counter, await contact(counter))
    await counter.comes(Stage.APPROVED)
    await counter.moves(Stage.DELIVERED)
    await counter.later(days=4)
    became = await counter.became()
    assert [became[name] for name in ("POST_PURCHASE", "ORDER_DELIVERED", "REVIEW_REQUEST")] == [
        ("written", None),
        ("written", None),
        ("refused", "held_out"),
    ]
    assert (await counter.rows())["POST_PURCHASE"].message_class == "service"


@pytest.mark.both_kinds
async def test_a_merged_contact_takes_his_group_along_and_an_undo_gives_it_back(counter):
    kept, merged = await contact(counter), await contact(counter, OTHER)
    await hold_out(counter, merged)

    def merge(session):
        return merging.merge(session, kept, merged, now=counter.now).id

    done = await counter.run(merge)
    assert await groups(counter) == {kept: True}
    await counter.run(merging.undo, done, now=counter.now)
    assert await groups(counter) == {merged: True}
    await hold_out(counter, kept, held_out=False)
    done = await counter.run(merge)
    assert await groups(counter) == {kept: False, merged: True}
    await counter.run(merging.undo, done, now=counter.now)
    assert await groups(counter) == {kept: False, merged: True}
