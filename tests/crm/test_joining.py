"""One person over WhatsApp, e-mail and the CRM: joined by phone and address, reversibly, and never brought back."""

import pytest

from saudager.conversations import merging
from saudager.conversations.models import Contact, Merge
from saudager.crm import joining
from saudager.errors import NotFound, Refused
from saudager.people import erasing
from tests.crm.merchant import Merchant

AIGERIM = ("phone", "77015550101")
HER_MAIL = ("email", "aigerim@example.kz")


@pytest.mark.both_kinds
async def test_a_phone_and_an_address_of_one_person_make_two_of_ours_one_and_it_can_be_undone(
    merchant: Merchant,
) -> None:
    by_phone, by_mail = await merchant.knows(AIGERIM), await merchant.knows(HER_MAIL, name="Айгерим")
    her = merchant.kommo.add_contact("Айгерим С.", phone="+7 701 555 01 01", email="Aigerim@Example.kz")
    alone = merchant.kommo.add_contact("Болат", phone=["8 701 555 02 02", "+7 701 555 03 03"])
    nameless = merchant.kommo.add_contact("Без контактов")
    await merchant.connects()
    await merchant.syncs()

    assert (await merchant.person(her)).contact_id == by_phone
    assert await merchant.names(by_phone) == {AIGERIM, HER_MAIL}
    assert (await merchant.person(nameless)).contact_id is None
    made = (await merchant.person(alone)).contact_id
    assert made is not None
    assert await merchant.names(made) == {("phone", "77015550202"), ("phone", "77015550303")}
    (bolat,) = await merchant.stored(Contact, id=made)
    assert (bolat.name, bolat.phone_number) == ("Болат", "77015550202")

    (merge,) = await merchant.stored(Merge)
    await merchant.run(merging.undo, merge.id)
    assert await merchant.names(by_mail) == {HER_MAIL}
    merchant.time_passes(minutes=1)
    merchant.kommo.change_contact(her, name="Айгерим Сериковна")
    assert await merchant.sweeps()
    assert await merchant.names(by_mail) == {HER_MAIL}
    assert len(await merchant.stored(Merge)) == 1


async def test_what_joining_did_is_taken_back_when_a_person_parts_them(merchant: Merchant) -> None:
    ours = await merchant.knows(AIGERIM)
    her = merchant.kommo.add_contact("Айгерим", phone="+7 701 555 01 01", email="aigerim@example.kz")
    await merchant.connects()
    await merchant.syncs()
    row = await merchant.person(her)
    assert row.contact_id == ours and await merchant.names(ours) == {AIGERIM, HER_MAIL}

    await merchant.run(joining.part, row.id)
    merchant.time_passes(minutes=1)
    merchant.kommo.change_contact(her, name="Айгерим Иная")
    assert await merchant.sweeps()
    row = await merchant.person(her)
    assert (row.contact_id, row.parted, row.name) == (None, True, "Айгерим Иная")
    assert await merchant.names(ours) == {AIGERIM}

    other = await merchant.knows(("phone", "77015550909"))
    await merchant.run(joining.join, row.id, other)
    row = await merchant.person(her)
    assert (row.contact_id, row.parted) == (other, False)
    assert await merchant.names(other) == {("phone", "77015550909"), HER_MAIL}
    with pytest.raises(NotFound):
        await merchant.run(joining.join, row.id, 999_999)
    await merchant.run(merging.merge, other, ours)
    with pytest.raises(Refused):
        await merchant.run(joining.join, row.id, ours)


async def test_an_offices_phone_joins_nobody(merchant: Merchant) -> None:
    office = await merchant.knows(("phone", "77172555000"))
    people = [
        merchant.kommo.add_contact(f"Сотрудник {number}", phone="+7 7172 55 50 00", email=f"e{number}@example.kz")
        for number in range(4)
    ]
    await merchant.connects()
    await merchant.syncs()
    joined = [(await merchant.person(one)).contact_id for one in people]
    assert office not in joined and len(set(joined)) == 4
    assert await merchant.names(joined[0] or 0) == {("email", "e0@example.kz")}


async def test_new_names_of_a_known_person_are_learnt_and_two_in_the_crm_may_be_one_of_ours(
    merchant: Merchant,
) -> None:
    first = merchant.kommo.add_contact("Айгерим", phone="+7 701 555 01 01")
    second = merchant.kommo.add_contact("Айгерим (дубль)", phone="+7 701 555 01 01", email="aigerim@example.kz")
    await merchant.connects()
    await merchant.syncs()
    joined = (await merchant.person(first)).contact_id or 0
    assert (await merchant.person(second)).contact_id == joined
    assert await merchant.names(joined) == {AIGERIM, HER_MAIL}

    wrote_by_mail = await merchant.knows(("email", "a.s@example.kz"))
    merchant.time_passes(minutes=1)
    mails = {"field_id": 602, "field_code": "EMAIL", "values": [{"value": "a.s@example.kz"}]}
    phones = {"field_id": 601, "field_code": "PHONE", "values": [{"value": "+77015550101"}]}
    merchant.kommo.api.change("contacts", first, {"custom_fields_values": [mails, phones]})
    await merchant.is_told()
    await merchant.reads_news()
    (merged,) = await merchant.stored(Contact, id=wrote_by_mail)
    assert merged.merged_into_id == joined
    assert ("email", "a.s@example.kz") in await merchant.names(joined)


@pytest.mark.both_kinds
async def test_who_wanted_to_be_forgotten_is_not_brought_back(merchant: Merchant) -> None:
    her = merchant.kommo.add_contact("Айгерим", phone="+7 701 555 01 01", email="aigerim@example.kz")
    lead = merchant.kommo.add_lead("Чайник для Айгерим", contact=her, price=9990)
    await merchant.connects()
    await merchant.syncs()
    ours = (await merchant.person(her)).contact_id or 0

    erasure = await merchant.run(erasing.ask, ours, "0101")
    merchant.time_passes(minutes=1)
    merchant.kommo.change_contact(her, name="Айгерим Сериковна")
    assert await merchant.sweeps()
    await merchant.ends(erasing.erase(merchant.app, "erase", erasure))
    merchant.time_passes(minutes=1)
    merchant.kommo.change_contact(her, name="Снова Айгерим")
    merchant.kommo.change_lead(lead, price=20_000, name="Второй чайник Айгерим")
    await merchant.is_told()
    await merchant.reads_news()
    assert await merchant.sweeps()

    row, sold = await merchant.person(her), await merchant.lead(lead)
    assert (row.name, row.phones, row.emails, row.parted) == ("", [], [], True)
    assert (sold.name, sold.values, sold.price) == ("", {}, 20_000)
    assert await merchant.names(ours) == set()
    assert len(await merchant.stored(Contact)) == 1
    told = [facts for _, facts in await merchant.happened()]
    assert told and all(not facts.get("name") for facts in told)
