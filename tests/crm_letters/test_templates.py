"""Templates of stages: what may stand in them, and when they go and when they do not."""

import pytest
from sqlalchemy import select

from saudager.crm import templates
from saudager.crm.models import CrmTemplate
from saudager.errors import NotFound, Refused
from tests.crm_letters.office import AIGUL, PAID, THINKS

pytestmark = pytest.mark.slow


async def test_a_template_fills_in_what_is_known_of_the_lead(open_office):
    office = await open_office()
    city = office.kommo.add_field("leads", "Город")
    ready = office.kommo.add_field("contacts", "Готовность", "date")
    contact = office.kommo.leads[office.number]["_embedded"]["contacts"][0]["id"]
    office.kommo.change_lead(office.number, fields={city: "Алматы"})
    office.kommo.change_contact(contact, fields={ready: 1_773_500_000})
    await office.reads(lambda reader: reader.described())
    await office.reads(lambda reader: reader.contacts([contact]))
    await office.template(text="{name}, {lead} на {price} приедет в {field:Город} {field:Готовность}. {shop}")
    await office.person_moves(PAID)
    await office.shop.time_passes(minutes=1)
    (letter,) = office.shop.letters(AIGUL)
    assert letter.text == "Айгуль, Стол «Дастархан» на 94 500 ₸ приедет в Алматы 14.03.2026. Тёплый Дом"


async def test_by_chat_it_goes_where_the_customer_was_last_spoken_with_and_a_person_is_asked_where_he_never_was(
    open_office,
):
    office = await open_office()
    await office.template(channel="chat", subject="", text="{name}, заказ оплачен.")
    await office.person_moves(PAID)
    await office.shop.time_passes(minutes=1)
    (says,) = await office.asked()
    assert "нет переписки" in says and office.shop.answers() == []

    await office.person_moves(THINKS)
    await office.shop.customer_says("Здравствуйте!")
    await office.shop.time_passes(minutes=2)
    before = len(office.shop.answers())
    await office.person_moves(PAID)
    await office.shop.time_passes(minutes=1)
    assert office.shop.answers()[before:] == ["Айгуль, заказ оплачен."]


async def test_what_could_not_be_sent_is_not_kept(open_office):
    office = await open_office()
    for draft, says in (
        ({"text": "{имя}, здравствуйте"}, "{имя}"),
        ({"text": "{field:Адрес}"}, "{field:Адрес}"),
        ({"subject": "{сумма}"}, "{сумма}"),
        ({"text": " "}, "текст"),
        ({"subject": ""}, "тему"),
        ({"subject": "Счёт\nBcc: all@example.kz"}, "одна строка"),
        ({"channel": "sms"}, "sms"),
        ({"text": "Здравствуйте, {name!"}, "скобка не закрыта"),
        ({"subject": "{{name}}"}, "скобка не закрыта или лишняя"),
    ):
        with pytest.raises(Refused, match=says):
            await office.template(**draft)
    assert await office.shop.app.db.read(templates.listed, office.connection_id) == []


async def test_an_empty_value_is_no_letter_and_a_person_is_asked(open_office):
    office = await open_office()
    office.kommo.change_lead(office.number, price=0)
    await office.template()
    await office.person_moves(PAID)
    await office.shop.time_passes(minutes=1)
    (says,) = await office.asked()
    assert "{price}" in says and office.shop.letters(AIGUL) == []


async def test_in_closed_hours_it_waits_and_goes_only_if_the_lead_still_stands_there(open_office):
    office = await open_office(outreach_hours="12:30-18:00")
    await office.template()
    await office.template(THINKS, text="Подумайте ещё, {name}")
    for stage in (THINKS, PAID, THINKS):
        await office.person_moves(stage)
        await office.shop.time_passes(minutes=5)
    assert office.shop.letters(AIGUL) == []
    await office.shop.time_passes(minutes=20)
    assert [letter.text for letter in office.shop.letters(AIGUL)] == ["Подумайте ещё, Айгуль"]


async def test_a_lead_that_comes_back_to_a_stage_gets_its_letter_again_and_a_switched_off_one_goes_nowhere(open_office):
    office = await open_office()
    id = await office.template()
    for _ in range(2):
        await office.person_moves(PAID)
        await office.shop.time_passes(minutes=1)
        await office.person_moves(THINKS)
    assert len(office.shop.letters(AIGUL)) == 2
    await office.shop.app.db.run(templates.switch, id, on=False)
    await office.person_moves(PAID)
    await office.shop.time_passes(minutes=1)
    assert len(office.shop.letters(AIGUL)) == 2


async def test_templates_are_changed_and_removed(open_office):
    office = await open_office()
    id = await office.template()
    row = (await office.shop.app.db.read(templates.listed, office.connection_id))[0]
    draft = templates.Draft(row.pipeline_vendor_id, row.stage_vendor_id, "email", "Иначе", "{name}!")
    await office.shop.app.db.run(templates.change, id, draft)
    kept = await office.shop.app.db.read(lambda session: session.scalars(select(CrmTemplate)).one())
    assert (kept.subject, kept.text, kept.is_on) == ("Иначе", "{name}!", True)
    with pytest.raises(Refused):
        await office.shop.app.db.run(templates.change, id, templates.Draft(1, 2, "email", "Иначе", "{name}!"))
    await office.shop.app.db.run(templates.remove, id)
    with pytest.raises(NotFound):
        await office.shop.app.db.run(templates.remove, id)
