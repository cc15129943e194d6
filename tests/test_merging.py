"""Two contacts that prove to be one: everything of theirs follows, nothing is lost, and it can be undone; or split."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from saudager.conversations import cases, merging
from saudager.conversations.models import Case, Contact, Conversation, Identity, Merge
from saudager.errors import NotFound, Refused
from saudager.followups import plan
from saudager.followups.models import FollowUp
from saudager.outreach import consent
from saudager.people import likely
from saudager.rehearsal import CUSTOMER
from saudager.sales import deals
from saudager.sales.models import Deal

pytestmark = [pytest.mark.both_kinds, pytest.mark.slow]

OTHER = "77010000002@c.us"
HOUR = timedelta(hours=1)


@pytest.fixture
async def shop(open_shop):
    """Two people have written."""
    shop = await open_shop()
    for chat, name in ((CUSTOMER, "Айгуль"), (OTHER, "Айгуль Серикова")):
        await shop.customer_says("Сколько стоит окно?", chat=chat, name=name)
    await shop.settles()
    return shop


async def _ids(shop):
    return [(await shop.contact(chat)).id for chat in (CUSTOMER, OTHER)]


async def _run(shop, function, *args, **kwargs):
    return await shop.app.db.run(function, *args, **kwargs)


async def _all(shop, model):
    return await shop.app.db.read(lambda session: session.scalars(select(model).order_by(model.id)).all())


async def _conversation(shop, chat):
    query = select(Conversation).where(Conversation.chat == chat)
    return await shop.app.db.read(lambda session: session.scalars(query).one())


async def _merge(shop, kept, merged):
    return await _run(shop, lambda session: merging.merge(session, kept, merged, now=shop.clock.now()).id)


async def _open_deals(shop):
    """One for each, the second contact's an hour older."""
    for contact, chat, ago in zip(await _ids(shop), (CUSTOMER, OTHER), (0, 1), strict=True):
        talk = await _conversation(shop, chat)
        await _run(shop, deals.open_deal, contact, talk.id, f"сделка {ago}", shop.clock.now() - ago * HOUR)


async def test_of_two_open_deals_the_older_stays_open_until_the_merge_is_undone(shop):
    kept, merged = await _ids(shop)
    await _open_deals(shop)
    merge = await _merge(shop, kept, merged)
    mine, his = await _all(shop, Deal)
    assert (mine.contact_id, mine.outcome) == (kept, "merged")
    assert (his.contact_id, his.closed_at) == (kept, None)
    await _run(shop, merging.undo, merge, now=shop.clock.now())
    mine, his = await _all(shop, Deal)
    assert (mine.contact_id, mine.closed_at, mine.outcome) == (kept, None, None)
    assert (his.contact_id, his.closed_at) == (merged, None)


async def test_a_deal_a_person_closed_meanwhile_stays_closed_by_an_undo(shop):
    kept, merged = await _ids(shop)
    await _open_deals(shop)
    merge = await _merge(shop, kept, merged)
    _, his = await _all(shop, Deal)
    await _run(shop, deals.close, his.id, deals.Outcome.WON, now=shop.clock.now())
    await _run(shop, merging.undo, merge, now=shop.clock.now())
    assert [(one.contact_id, one.outcome) for one in await _all(shop, Deal)] == [(kept, None), (merged, "won")]


async def test_the_chain_with_our_latest_word_goes_on(shop):
    kept, merged = await _ids(shop)
    intervals = shop.app.settings.follow_up_intervals
    for contact, chat, ago in ((kept, CUSTOMER, 0), (merged, OTHER, 1)):
        talk = await _conversation(shop, chat)
        await _run(shop, plan.watch, contact, talk.id, intervals, now=shop.clock.now() - ago * HOUR)
    merge = await _merge(shop, kept, merged)
    mine, his = await _all(shop, FollowUp)
    assert (mine.contact_id, mine.is_completed) == (kept, False)
    assert (his.contact_id, his.stop_reason) == (kept, "merged")
    await _run(shop, merging.undo, merge, now=shop.clock.now())
    assert [(one.contact_id, one.is_completed) for one in await _all(shop, FollowUp)] == [
        (kept, False),
        (merged, False),
    ]


async def test_cases_follow_and_what_happened_in_his_talk_since_goes_back_with_it(shop):
    kept, merged = await _ids(shop)
    talk = await _conversation(shop, OTHER)
    await _run(shop, cases.open_case, talk, "просит человека", "", shop.app.settings, shop.clock.now())
    merge = await _merge(shop, kept, merged)
    await _run(shop, deals.open_deal, kept, talk.id, "после", shop.clock.now())
    assert [one.contact_id for one in await _all(shop, Case)] == [kept]
    await _run(shop, merging.undo, merge, now=shop.clock.now())
    assert [one.contact_id for one in (*await _all(shop, Case), *await _all(shop, Deal))] == [merged, merged]


async def test_what_only_the_other_knew_is_given_back(shop):
    kept, merged = await _ids(shop)
    later = shop.clock.now() + HOUR
    await _run(shop, lambda session: session.execute(update(Contact).values(name=None).where(Contact.id == kept)))
    person_says = {"is_client": True, "classified_by": "person", "last_purchase_at": later, "name": "Аружан"}
    await _run(shop, lambda session: session.execute(update(Contact).values(person_says).where(Contact.id == merged)))
    merge = await _merge(shop, kept, merged)
    one = await shop.contact()
    assert (one.name, one.is_client, one.classified_by, one.last_purchase_at) == ("Аружан", True, "person", later)
    await _run(shop, merging.undo, merge, now=shop.clock.now())
    one = await shop.contact()
    assert (one.name, one.classified_by, one.last_purchase_at) == (None, None, None)
    assert (await shop.contact(OTHER)).name == "Аружан"


async def test_nobody_is_merged_twice_or_with_himself(shop):
    kept, merged = await _ids(shop)
    with pytest.raises(Refused):
        await _merge(shop, kept, kept)
    merge = await _merge(shop, kept, merged)
    with pytest.raises(Refused):
        await _merge(shop, kept, merged)
    await _run(shop, merging.undo, merge, now=shop.clock.now())
    with pytest.raises(NotFound):
        await _run(shop, merging.undo, merge, now=shop.clock.now())


async def test_a_number_is_split_off_with_its_talk_and_stays_apart_when_he_writes_again(shop):
    kept, merged = await _ids(shop)
    await _run(shop, consent.note, merged, consent.OFFERS, "без рекламы", shop.clock.now())
    await _merge(shop, kept, merged)
    talk = await _conversation(shop, OTHER)
    await _run(shop, deals.open_deal, kept, talk.id, "его сделка", shop.clock.now())
    other = await _run(shop, merging.split, kept, [("phone", "77010000002")], now=shop.clock.now())
    await shop.customer_says("Это снова я", chat=OTHER)
    await shop.settles()
    assert [(await shop.contact(chat)).id for chat in (CUSTOMER, OTHER)] == [kept, other]
    assert (await shop.contact(OTHER)).phone_number == "77010000002"
    assert [deal.contact_id for deal in await _all(shop, Deal)] == [other]
    assert await shop.app.db.read(consent.standing, other) == consent.OFFERS
    names = await shop.app.db.read(
        lambda session: session.scalars(select(Identity.value).where(Identity.contact_id == kept)).all()
    )
    assert sorted(names) == ["77010000001", CUSTOMER]


async def test_a_split_leaves_a_name_on_both_sides(shop):
    kept = (await shop.contact()).id
    for names in ([], [("phone", "77010000001")]):
        with pytest.raises(Refused):
            await _run(shop, merging.split, kept, names, now=shop.clock.now())
    with pytest.raises(NotFound):
        await _run(shop, merging.split, kept, [("phone", "77010000002")], now=shop.clock.now())
    assert await _all(shop, Merge) == []


async def test_the_same_number_in_another_form_and_the_same_full_name_are_signs_of_one_person(shop):
    kept, _ = await _ids(shop)
    await shop.customer_says("Здравствуйте", chat="77010000003@c.us", name="Айгуль Серикова")
    await shop.customer_says("Здравствуйте", chat="77010000004@c.us", name="Айгуль")
    await shop.settles()

    def by_another_form(session):
        for kind, value in (("chat", "77010000001@s.whatsapp.net"), ("email", "a@example.kz")):
            contact = Contact(created_at=shop.clock.now(), updated_at=shop.clock.now())
            session.add(contact)
            session.flush()
            session.add(Identity(kind=kind, value=value, contact_id=contact.id))
        session.get_one(Contact, kept).full_name = "АЙГУЛЬ СЕРИКОВА"

    await _run(shop, by_another_form)
    found = await shop.app.db.read(likely.like, kept)
    assert [(one.sign, one.contact.name) for one in found] == [
        ("phone", None),
        ("name", "Айгуль Серикова"),
        ("name", "Айгуль Серикова"),
    ]
