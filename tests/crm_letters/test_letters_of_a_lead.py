"""A lead comes to a stage, its letter leaves, the customer answers and is answered: all of it stands in it, once."""

import pytest

from saudager.bootstrap import TRIAL_MAILBOX
from saudager.contracts import MessageClass
from saudager.crm import correspondence
from saudager.crm.models import Strategy
from saudager.outreach import door
from tests.crm_letters.office import AIGUL, PAID, THINKS
from tests.test_answering import QUESTION, TRUE


@pytest.mark.both_kinds
async def test_the_whole_correspondence_of_a_lead_stands_in_it_once_whatever_goes_wrong(open_office, storage):
    office = await open_office()
    shop, kommo = office.shop, office.kommo
    await office.template(text="{name}, счёт на {price} готов.", subject="Счёт: {lead}")
    kommo.fail("add_note", "cut_after", "503", "429", "cut_before", "ok", "garbage")
    await office.person_moves(PAID)
    await office.hears()
    await shop.time_passes(minutes=5)
    (letter,) = shop.letters(AIGUL)
    assert (letter.subject, letter.text) == ("Счёт: Стол «Дастархан»", "Айгуль, счёт на 94 500 ₸ готов.")

    answer = await shop.mail_arrives(AIGUL, QUESTION, answers=letter, name="Айгуль")
    await shop.time_passes(minutes=10)
    _, ours = shop.letters(AIGUL)
    assert ours.in_reply_to == answer.message_id and TRUE in ours.text

    notes = office.notes()
    for note, (title, text, message_id) in zip(
        notes,
        (
            ("Исходящее письмо", letter.text, letter.message_id),
            ("Входящее письмо", QUESTION, answer.message_id),
            ("Исходящее письмо", TRUE, ours.message_id),
        ),
        strict=True,
    ):
        assert note.startswith(title) and text in note and f"Message-ID: <{message_id}>" in note
    assert "Тема: Re: Счёт: Стол «Дастархан»" in notes[2] and AIGUL in notes[0]

    entries = [(entry.side, entry.kind) for entry in await office.history()]
    assert entries == [("us", "letter"), ("customer", "letter"), ("us", "letter")]
    assert await office.asked() == []


async def test_an_answer_goes_into_the_lead_whose_letter_it_answers(open_office):
    office = await open_office()
    shop = office.shop
    await send(office, about="rule:1:7")
    await shop.time_passes(minutes=1)
    contact = office.kommo.leads[office.number]["_embedded"]["contacts"][0]["id"]
    shop.clock.move_to(shop.clock.now().replace(microsecond=0))
    newer = office.kommo.add_lead("Стулья", contact=contact)
    await office.hears(newer)
    (letter,) = shop.letters(AIGUL)
    await shop.mail_arrives(AIGUL, "Спасибо!", answers=letter)
    await shop.mail_arrives(AIGUL, "А что со стульями?", subject="Стулья")
    await shop.time_passes(minutes=5)
    assert [("Спасибо!" in note, "стульями" in note) for note in office.notes()[1:]] == [(True, False)]
    assert "А что со стульями?" in office.kommo.notes(newer)[0]["params"]["text"]


async def test_a_long_letter_is_kept_whole_in_notes_of_a_fair_size(open_office):
    office = await open_office()
    text = "\n".join(f"Строка номер {number} с подробностями заказа." for number in range(300))
    await office.shop.mail_arrives(AIGUL, text, subject="Подробности")
    await office.shop.time_passes(minutes=5)
    notes = [note for note in office.notes() if note.startswith("Входящее")]
    assert len(notes) > 1 and max(map(len, notes)) <= 4000
    assert all(any(f"номер {number} " in note for note in notes) for number in range(300))


async def send(office, *, about="rule:1:1", message_class=MessageClass.SERVICE, text="Счёт готов 🎉"):
    """A letter of the lead, as a rule or a sequence has it sent."""
    return await office.asks(
        correspondence.send_letter,
        "Счёт",
        text,
        about=about,
        message_class=message_class,
        settings=office.shop.app.settings,
        mailbox=TRIAL_MAILBOX,
    )


@pytest.mark.parametrize("is_new_way", [True, False])
async def test_a_bot_of_the_crm_says_the_letter_where_the_shop_wants_it_so(open_office, is_new_way):
    office = await open_office(strategy=Strategy.SALESBOT)
    field, bot = office.kommo.add_field("leads", "Текст письма", "textarea"), office.kommo.add_bot("Письма")
    office.kommo.api.has_bots_v4 = is_new_way
    await office.changes(bot_id=bot, bot_field_id=field)
    assert (await send(office)).may == "write"
    assert (await send(office)).may == "write"
    assert (await send(office, about="rule:1:2", text="Ещё письмо")).may == "write"
    await office.shop.time_passes(seconds=30)
    assert filled(office, field) == "Счёт готов"
    assert len(office.kommo.bot_runs) == 1  # the second bot must not take away the words of the first
    await office.shop.time_passes(minutes=2)
    assert filled(office, field) == "Ещё письмо"
    assert [(run.bot, run.entity_id) for run in office.kommo.bot_runs] == [(bot, office.number)] * 2
    assert await office.verdicts() == [("write", "sent", None)] * 2
    assert office.shop.letters(AIGUL) == [] and office.notes() == []
    assert [(entry.kind, entry.state, entry.subject) for entry in await office.history()] == [
        ("bot", "done", "Счёт")
    ] * 2


async def test_a_letter_of_the_bot_that_has_to_wait_is_welcome_when_it_leaves_or_stays(open_office):
    office = await open_office(strategy=Strategy.SALESBOT)
    field, bot = office.kommo.add_field("leads", "Текст письма", "textarea"), office.kommo.add_bot("Письма")
    await office.changes(bot_id=bot, bot_field_id=field, problem="не открывается")
    for number in (1, 2):
        assert (await send(office, about=f"rule:1:{number}", text=f"Счёт {number}")).may == "write"
    await office.shop.settles()
    now, run = office.shop.clock.now(), office.shop.app.db.run
    assert await run(door.withdraw, "rule:1:1", "customer_wrote", now)
    await office.shop.customer_says("Больше мне не пишите")
    await office.is_connected_again()
    await office.shop.time_passes(minutes=5)
    assert office.kommo.bot_runs == [] and await office.asked() == []
    assert [verdict[:2] for verdict in await office.verdicts()] == [("write", "withdrawn")] * 2
    assert [entry.state for entry in await office.history() if entry.kind == "bot"] == ["refused"] * 2


def filled(office, field):
    values = office.kommo.leads[office.number]["custom_fields_values"] or []
    return next((one["values"][0]["value"].strip() for one in values if one["field_id"] == field), None)


async def test_a_note_that_is_said_to_send_a_letter_is_refused_and_nothing_looks_sent(open_office):
    office = await open_office(strategy=Strategy.NOTE)
    await send(office)
    await office.shop.time_passes(minutes=1)
    assert office.kommo.notes(office.number) == [] and office.shop.letters(AIGUL) == []
    (says,) = await office.asked()
    assert "note_type" in says or "The value you selected" in says
    assert [verdict[:2] for verdict in await office.verdicts()] == [("write", "failed")]
    asked, note = await office.history()
    assert (note.kind, note.state, note.subject) == ("note", "refused", "Счёт") and asked.reason is None
    assert asked.kind == "asked" and says == asked.text


async def test_letters_that_may_not_or_cannot_go(open_office):
    office = await open_office()
    verdict = await send(office, message_class=MessageClass.MARKETING)
    assert (verdict.may, verdict.reason) == ("refuse", "no_consent")
    await office.changes(strategy=Strategy.SALESBOT)
    assert ((await send(office)).may, (await send(office)).reason) == ("wait", "no_bot")
    assert len(await office.asked()) == 1
    office.number = office.kommo.add_lead("Без контакта", stage=THINKS)
    await office.hears()
    assert ((await send(office)).may, (await send(office)).reason) == ("refuse", "no_email")
