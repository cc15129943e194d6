"""A person is handed everything the shop knows of him, and forgotten for good when he wishes."""

import io
import json
import zipfile
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import JSON, Text, inspect, select, text

from saudager import attention
from saudager.attention import Why
from saudager.calls import booking
from saudager.contracts import Kind
from saudager.conversations import cases, counts, merging
from saudager.conversations.models import Contact, Conversation, DoNotContact
from saudager.db.base import AgentBase
from saudager.errors import NotFound, Refused
from saudager.gateway import mail_log
from saudager.knowledge import unanswered
from saudager.outreach import consent
from saudager.people import belongings, contents, erasing, exporting, notes
from saudager.people.models import Erasure
from saudager.rehearsal import CUSTOMER
from saudager.sales import deals

pytestmark = [pytest.mark.both_kinds, pytest.mark.slow]

OWNER = "77470000000"
PHONE = "77010000001"
OTHER = "77010000002@c.us"
NAME, WORDS = "Мадина Редкоимённая", "Хочу фиолетовый подоконник из оникса"
MAIL = "madina@redkoimennaya.example"
HIS = (PHONE, "Мадина", "Редкоимённая", "фиолетовый", "оникса", "аметист", "redkoimennaya")


OUR_WORDS = {
    "messages": "account author kind delivery_state written_by",
    "turns": "outcome",
    "drafts": "topic state decided_by",
    "cases": "owner",
    "deals": "outcome",
    "scheduled_calls": "timezone status",
    "follow_ups": "held_reason stop_reason",
    "consents": "wish noted_by",
    "outreach_verdicts": "about account channel message_class verdict fate",
    "orders": ("code marketplace_id status state stage currency payment delivery city cancellation_reason came_from"),
    "order_lines": "sku name category category_code",
    "order_statuses": "status state stage",
    "order_triggers": "trigger about state reason message_class engine offered",
    "letter_versions": "engine",
    "letters": "tone purpose language state engine task_id approved_by",
    "campaign_members": "left_out",
    "invoice_lines": "product sku name category",
    "invoices": "number currency",
    "persons": "consent",
    "crm_leads": "contacts",
    "crm_deeds": "about kind state",
    "journey_steps": "path kind outcome",
    "journeys": "about key state step waits_for begun_by",
    "rule_runs": "about outcome",
    "events": "kind about once cause",
    "audit": "who action about",
    "spend": "engine model",
    "conversations": "account chat silent_reason",
    "contacts": "classified_by",
}
"""What stays of a row when a person is erased: codes and numbers of ours, and what was bought. A conversation's chat
is taken at once."""


@pytest.fixture
async def shop(open_shop):
    """Everything a shop may come to know of somebody, and another customer beside him."""
    shop = await open_shop(alert_numbers=(OWNER,))
    now = shop.clock.now()
    await shop.customer_says(WORDS, name=NAME)
    await shop.customer_says("вот такой", kind=Kind.IMAGE, file=(b"his picture", "image/jpeg"), name=NAME)
    as_whatsapp_numbers_them = f"false_{CUSTOMER}_3A01"
    await shop.arrives(replace(shop.phone.write(CUSTOMER, "и ещё аметист"), message_id=as_whatsapp_numbers_them))
    await shop.customer_says("Сколько стоит доставка?", chat=OTHER, name="Ерлан")
    await shop.time_passes(minutes=1)
    contact = await shop.contact()

    def more(session):
        talk = session.scalars(select(Conversation).where(Conversation.chat == CUSTOMER)).one()
        cases.open_case(session, talk, "просит человека", f"{NAME}: {WORDS}", shop.app.settings, now)
        deals.open_deal(session, contact.id, talk.id, f"{NAME} берёт подоконник", now)
        notes.write(session, contact.id, "Любит аметист", who="Айгуль", now=now)
        unanswered.keep(session, talk.id, WORDS, now)
        attention.ask(session, Why.TURN_FAILED, f"conversation:{talk.id}", WORDS, now=now)
        at = now + timedelta(days=1)
        booking.book(session, contact.id, talk.id, at, settings=shop.app.settings, notes=WORDS, now=now)

    await shop.app.db.run(more)
    await shop.customer_says("Ещё раз: фиолетовый")
    await shop.mail_arrives(MAIL, "Когда приедет?", subject="Фиолетовый подоконник из оникса")
    await shop.time_passes(minutes=1)
    by_mail = await shop.contact(MAIL)
    await shop.app.db.run(merging.merge, contact.id, by_mail.id, now=shop.clock.now())
    await shop.app.db.run(mail_log.suppress, MAIL, "bounced", f"550 {MAIL} unknown", now=shop.clock.now())
    return shop


async def _forget(shop, digits="0001"):
    contact = await shop.contact()
    await shop.app.db.run(erasing.ask, contact.id, digits, now=shop.clock.now())
    await shop.settles()


def _everything(session):
    """Every row of every table, and of the indexes for searching, as text."""
    names = inspect(session.connection()).get_table_names()
    tables = [name for name in names if not name.startswith(("passages_", "sqlite_")) and not name.endswith("_words")]
    return {name: [_text(row) for row in session.execute(text(f'select * from "{name}"'))] for name in tables}


def _text(row):
    return " ".join(value.decode(errors="ignore") if isinstance(value, bytes) else repr(value) for value in row)


async def _where_he_is_named(shop):
    kept = await shop.app.db.read(_everything)
    return {name: row for name, rows in kept.items() for row in rows for his in HIS if his in row}


async def test_nothing_that_names_him_is_left_in_any_table(shop):
    named = {"messages", "message_log", "queue_messages", "cases", "contacts", "turns", "open_questions", "deals"}
    assert set(await _where_he_is_named(shop)) >= named
    await _forget(shop)
    assert await _where_he_is_named(shop) == {}


async def test_his_files_are_gone_and_anothers_words_stay(shop):
    assert list(shop.app.settings.media_folder.rglob("*.jpg"))
    await _forget(shop)
    assert not list(shop.app.settings.media_folder.rglob("*.jpg"))
    assert (await shop.messages(OTHER))[0].text == "Сколько стоит доставка?"
    assert (await shop.contact(OTHER)).name == "Ерлан"


async def test_what_is_counted_stays(shop):
    since = shop.clock.now() - timedelta(days=1)
    before = await shop.app.db.read(counts.since, since)
    await _forget(shop)
    assert await shop.app.db.read(counts.since, since) == before


async def test_his_name_is_gone_before_the_task_begins_and_nobody_waits_for_him(shop):
    contact = await shop.contact()
    await shop.customer_says("Алло?")
    await shop.settles()
    await shop.app.db.run(erasing.ask, contact.id, "0001", now=shop.clock.now())
    gone = await shop.app.db.read(lambda session: session.get_one(Contact, contact.id))
    assert (gone.name, gone.phone_number, gone.erased_at) == (None, None, shop.clock.now())
    heard = len(shop.answers())
    await shop.time_passes(days=2)
    assert len(shop.answers()) == heard
    assert [one.about for one in await shop.desk() if one.kind == Why.HANDED_OVER] == []


async def test_if_he_writes_again_he_is_new(shop):
    contact = await shop.contact()
    await _forget(shop)
    await shop.customer_says("Здравствуйте, сколько стоит окно?")
    await shop.time_passes(minutes=1)
    again = await shop.contact()
    assert again.id != contact.id
    assert (await shop.messages())[0].text == "Здравствуйте, сколько стоит окно?"


async def test_who_asked_not_to_be_written_to_is_not_even_as_a_new_contact(shop):
    contact = await shop.contact()
    await shop.app.db.run(consent.note, contact.id, consent.EVERYTHING, WORDS, shop.clock.now())
    await _forget(shop)
    (kept, *_) = await shop.app.db.read(lambda session: session.scalars(select(DoNotContact)).all())
    assert PHONE not in f"{kept.digest}{kept.salt}"
    await shop.customer_says("Сколько стоит окно?")
    await shop.settles()
    assert await shop.app.db.read(consent.standing, (await shop.contact()).id) == consent.EVERYTHING
    assert await shop.app.db.read(consent.standing, (await shop.contact(OTHER)).id) is None


async def test_an_erasure_that_was_cut_short_is_finished_by_its_next_attempt(shop):
    contact = await shop.contact()
    erasure = await shop.app.db.run(erasing.ask, contact.id, "0001", now=shop.clock.now())
    office, shop.app.gateway = shop.app.gateway, None
    with pytest.raises(AttributeError):
        await erasing.erase(shop.app, f"{erasing.ERASE}:{erasure}", erasure)
    shop.app.gateway = office
    for _ in range(2):
        await erasing.erase(shop.app, f"{erasing.ERASE}:{erasure}", erasure)
    assert await _where_he_is_named(shop) == {}
    done = await shop.app.db.read(lambda session: session.get_one(Erasure, erasure))
    assert (done.phones, done.chats, done.done_at) == ([], [], shop.clock.now())


async def test_the_wrong_digits_erase_nothing(shop):
    contact = await shop.contact()
    with pytest.raises(Refused):
        await shop.app.db.run(erasing.ask, contact.id, "1234", now=shop.clock.now())
    assert (await shop.contact()).name == NAME


async def test_whoever_was_merged_into_him_is_forgotten_with_him(shop):
    kept, merged = (await shop.contact(OTHER)).id, (await shop.contact()).id
    merge = await shop.app.db.run(lambda session: merging.merge(session, kept, merged, now=shop.clock.now()).id)
    await shop.app.db.run(erasing.ask, kept, "0002", now=shop.clock.now())
    await shop.settles()
    assert await _where_he_is_named(shop) == {}
    with pytest.raises(NotFound):
        await shop.app.db.run(merging.undo, merge, now=shop.clock.now())


async def test_he_is_handed_all_of_it_as_one_zip(shop):
    contact = await shop.contact()
    pieces = [piece async for piece in exporting.export(shop.app, contact.id)]
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        assert archive.testzip() is None
        data = {name: archive.read(name) for name in archive.namelist()}
    assert {f"data/{one.name}.json" for one in belongings.BELONGINGS} <= set(data)
    lines = json.loads(data["data/messages.json"])
    assert lines[0]["text"] == WORDS
    assert json.loads(data["data/contact_notes.json"])[0]["text"] == "Любит аметист"
    assert f"Клиент: {WORDS}" in data["transcript.txt"].decode()
    assert {row["chat"] for row in json.loads(data["data/message_log.json"])} == {CUSTOMER, MAIL}
    assert "messages.json — строки переписки: " in data["README.txt"].decode()
    assert b"his picture" in [content for name, content in data.items() if name.startswith("media/")]
    assert "Ерлан" not in b"".join(data.values()).decode(errors="ignore")


def test_every_table_is_known_to_hold_people_or_not():
    known = {one.name for one in belongings.BELONGINGS} | belongings.NOT_ABOUT_CONTACTS
    assert set(AgentBase.metadata.tables) <= known
    assert len(AgentBase.metadata.tables) > len(belongings.BELONGINGS)
    for name in belongings.NOT_ABOUT_CONTACTS - {"erasures"} & set(AgentBase.metadata.tables):
        columns = set(AgentBase.metadata.tables[name].columns.keys())
        assert not columns & {"contact_id", "conversation_id", "person_id", "chat", "phone", "phone_number"}, name
    assert set(contents.HOLDS) == {one.name for one in belongings.BELONGINGS} | {"message_log"}


def test_every_text_about_a_person_is_emptied_or_known_to_be_a_word_of_ours():
    left = set()
    for one in belongings.BELONGINGS:
        if one.emptied is not None:
            texts = [column.name for column in one.table.columns if isinstance(column.type, Text | JSON)]
            left |= {f"{one.name}.{name}" for name in texts if name not in one.emptied}
    assert left == {f"{table}.{name}" for table, names in OUR_WORDS.items() for name in names.split()}


async def test_the_file_of_the_database_holds_no_trace_of_him(open_shop, settings, storage):
    if storage is not None:
        pytest.skip("a server keeps its own files")
    shop = await open_shop()
    await shop.customer_says(WORDS, name=NAME)
    await shop.time_passes(minutes=1)
    await _forget(shop)
    await shop.app.db.close()
    folder = shop.app.settings.data_dir
    left = {path.name for path in folder.glob("saudager.db*") if any(his.encode() in path.read_bytes() for his in HIS)}
    assert left == set()
