"""The contacts' pages: found, judged, noted on, joined, parted, handed out and erased, by those who may."""

import io
import json
import zipfile

import pytest
from sqlalchemy import select

from saudager.console import contacts
from saudager.conversations import cases, merging
from saudager.conversations.models import Contact, Conversation
from saudager.operators import audit
from saudager.outreach import consent
from saudager.rehearsal import CUSTOMER
from saudager.sales import deals
from saudager.sales.models import Deal

OTHER = "77010000002@c.us"
SCRIPT = "<script>alert('Привет')</script>"
PAGES = ("", "/merge", "/split", "/erase")


@pytest.fixture
async def console(open_console):
    """A shop two people have written to."""
    console = await open_console()
    for chat, name in ((CUSTOMER, "Айгуль"), (OTHER, "Ерлан")):
        await console.shop.customer_says("Сколько стоит окно?", chat=chat, name=name)
    await console.shop.time_passes(minutes=1)
    return console


async def _id(console, chat=CUSTOMER):
    return (await console.shop.contact(chat)).id


async def _run(console, function, *args, **kwargs):
    return await console.app.db.run(function, *args, **kwargs)


async def _talk(console, chat=CUSTOMER):
    query = select(Conversation).where(Conversation.chat == chat)
    return await console.app.db.read(lambda session: session.scalars(query).one())


async def _done(console):
    """What the log says was done, newest first."""
    return [entry.action for entry in await console.app.db.read(audit.listed)]


async def _posts(console, path, data=None):
    """A form that is taken, and where its undo posts to."""
    answer = await console.post(path, data)
    assert answer.status_code == 204, answer.text
    return answer


def _undo(answer):
    return json.loads(answer.headers["hx-trigger"])["told"]["undo"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("айгуль", ["Айгуль"]),
        ("ЕРЛ", ["Ерлан"]),
        ("0000001", ["Айгуль"]),
        ("+7 (701) 000-00-02", ["Ерлан"]),
        ("Марат", []),
    ],
)
async def test_a_contact_is_found_by_part_of_his_name_or_number(console, query, found):
    page = await console.sees(f"/console/contacts/list?query={query.replace('+', '%2B')}")
    assert [name for name in ("Айгуль", "Ерлан") if name in page] == found


async def test_every_view_lists_its_own(console):
    first, second = await _id(console), await _id(console, OTHER)
    now = console.shop.clock.now()
    await _posts(console, f"/console/contacts/{second}/classify", {"verdict": "not_client"})
    await _run(console, consent.note, first, consent.OFFERS, "без рекламы", now)
    await _run(console, cases.open_case, await _talk(console), "просит человека", "", console.app.settings, now)
    await console.app.gateway.whitelist_add("77010000002", "поставщик")
    listed = {}
    for view in ("all", "not_clients", "opted_out", "with_case", "whitelisted", "unclear"):
        page = await console.sees(f"/console/contacts/list?view={view}")
        listed[view] = [name for name in ("Айгуль", "Ерлан") if name in page]
    assert listed == {
        "all": ["Айгуль", "Ерлан"],
        "not_clients": ["Ерлан"],
        "opted_out": ["Айгуль"],
        "with_case": ["Айгуль"],
        "whitelisted": ["Ерлан"],
        "unclear": [],
    }


async def test_the_list_goes_on_where_it_stopped_and_names_everybody_once(console, monkeypatch):
    monkeypatch.setattr("saudager.people.listing.page.__kwdefaults__", {"after": None, "whitelist": (), "limit": 2})
    for number in range(3, 6):
        await console.shop.customer_says("Здравствуйте", chat=f"7701000000{number}@c.us", name=f"Номер{number}")
    await console.shop.settles()
    seen, page = [], (await console.get("/console/contacts/list")).text
    while True:
        seen += [name for name in ("Айгуль", "Ерлан", "Номер3", "Номер4", "Номер5") if f">{name}</a>" in page]
        if 'hx-get="/console/contacts/list?view=all&amp;query=&amp;after=' not in page:
            break
        after = page.split("&amp;after=")[1].split('"')[0]
        page = (await console.get(f"/console/contacts/list?view=all&after={after}")).text
    assert sorted(seen) == ["Айгуль", "Ерлан", "Номер3", "Номер4", "Номер5"]


async def test_a_person_overrules_and_takes_it_back(console):
    contact = await _id(console)
    before = await console.shop.contact()
    answer = await _posts(console, f"/console/contacts/{contact}/classify", {"verdict": "not_client"})
    page = await console.sees(f"/console/contacts/{contact}")
    assert "не клиент Так решил человек." in page
    assert f"Продавец считал: клиент. {before.classification_reasoning}" in page
    await _posts(console, _undo(answer))
    after = await console.shop.contact()
    assert (after.is_client, after.classified_by) == (before.is_client, None)
    assert after.classification_reasoning == before.classification_reasoning
    assert (await _done(console))[:2] == ["contact.restored", "contact.overruled"]


async def test_several_are_judged_at_once(console):
    both = [await _id(console), await _id(console, OTHER)]
    answer = await _posts(console, "/console/contacts/classify", {"contact": both, "is_client": "false"})
    assert [(await console.shop.contact(chat)).is_client for chat in (CUSTOMER, OTHER)] == [False, False]
    await _posts(console, _undo(answer))
    assert [(await console.shop.contact(chat)).is_client for chat in (CUSTOMER, OTHER)] == [True, True]
    assert (await console.post("/console/contacts/classify", {"is_client": "false"})).status_code == 409


async def test_the_salesperson_judges_again_by_the_next_line(console):
    contact = await _id(console)
    await _posts(console, f"/console/contacts/{contact}/classify", {"verdict": "not_client"})
    await _posts(console, f"/console/contacts/{contact}/classify", {"verdict": "again"})
    await console.shop.customer_says("Сколько стоит доставка окна?")
    await console.shop.time_passes(minutes=1)
    assert (await console.shop.contact()).is_client is True


async def test_a_wish_told_to_an_operator_is_kept_with_his_name_and_obeyed(console):
    contact = await _id(console)
    wish = {"wish": "everything", "words": "по телефону просил не писать"}
    answer = await _posts(console, f"/console/contacts/{contact}/wish", wish)
    page = await console.sees(f"/console/contacts/{contact}")
    assert "просил не писать первыми" in page
    assert "записал: Марат по телефону просил не писать" in page
    assert "просил не писать касание" in page
    await _posts(console, _undo(answer))
    assert await console.app.db.read(consent.standing, contact) is None


async def test_notes_are_written_removed_and_put_back(console):
    contact = await _id(console)
    await _posts(console, f"/console/contacts/{contact}/notes", {"text": "Звонить после обеда"})
    note = (await console.get(f"/console/contacts/{contact}")).text.split("/notes/")[1].split("/")[0]
    answer = await _posts(console, f"/console/contacts/{contact}/notes/{note}/remove")
    assert "после обеда" not in await console.sees(f"/console/contacts/{contact}")
    await _posts(console, _undo(answer))
    assert "Звонить после обеда Марат," in await console.sees(f"/console/contacts/{contact}")


async def test_a_deal_is_won_and_opened_again(console):
    contact, talk = await _id(console), await _talk(console)
    deal = await _run(console, lambda session: deals.open_deal(session, contact, talk.id, "окно", talk.created_at).id)
    answer = await _posts(console, f"/console/contacts/{contact}/deals/{deal}/close", {"outcome": "won"})
    assert (await console.shop.contact()).last_purchase_at == console.shop.clock.now()
    assert (
        await console.post(f"/console/contacts/{contact}/deals/{deal}/close", {"outcome": "lost"})
    ).status_code == 409
    await _posts(console, _undo(answer))
    kept = await console.app.db.read(lambda session: session.get_one(Deal, deal))
    assert (kept.closed_at, kept.outcome, (await console.shop.contact()).last_purchase_at) == (None, None, None)


async def test_what_is_one_contacts_is_not_touched_at_anothers_address(console):
    contact, other, talk = await _id(console), await _id(console, OTHER), await _talk(console)
    deal = await _run(console, lambda session: deals.open_deal(session, contact, talk.id, "окно", talk.created_at).id)
    await _posts(console, f"/console/contacts/{contact}/notes", {"text": "Звонить после обеда"})
    for path, form in (
        ("notes/1/remove", {}),
        ("notes/1/put-back", {}),
        (f"deals/{deal}/close", {"outcome": "won"}),
        (f"deals/{deal}/reopen", {}),
    ):
        assert (await console.post(f"/console/contacts/{other}/{path}", form)).status_code == 404
    assert await _done(console) == ["contact.noted"]


async def test_a_contact_merged_away_is_left_alone(console):
    kept, merged = await _id(console), await _id(console, OTHER)
    merge = await _run(console, lambda session: merging.merge(session, kept, merged, now=console.shop.clock.now()).id)
    for path, form in (
        ("classify", {"verdict": "client"}),
        ("classify", {"verdict": "again"}),
        ("notes", {"text": "Звонить после обеда"}),
        ("wish", {"wish": "everything"}),
    ):
        answer = await console.post(f"/console/contacts/{merged}/{path}", form)
        assert (answer.status_code, f"контактом {kept}" in answer.text) == (409, True)
    assert (await console.post(f"/console/contacts/999/merges/{merge}/undo")).status_code == 404
    assert await _done(console) == []


async def test_two_that_are_alike_are_merged_after_a_look_and_parted_again(console):
    kept, merged = await _id(console), await _id(console, OTHER)
    both = [kept, merged]

    def same_name(session):
        for contact in session.scalars(select(Contact).where(Contact.id.in_(both))):
            contact.full_name = "Айгуль Серикова"

    await _run(console, same_name)
    assert "Айгуль Серикова" in await console.sees("/console/contacts/doubles")
    assert "то же имя" in await console.sees(f"/console/contacts/{kept}/merge")
    page = await console.sees(f"/console/contacts/{kept}/merge?other={merged}")
    assert "Переедет: имён и номеров: 2 разговоров: 1 цепочек касаний: 1" in page
    answer = await _posts(console, f"/console/contacts/{kept}/merge", {"other": merged})
    assert answer.headers["hx-redirect"] == f"/console/contacts/{kept}"
    assert (await console.get(f"/console/contacts/{merged}")).headers["location"] == f"/console/contacts/{kept}"
    page = (await console.get(f"/console/contacts/{kept}")).text
    assert page.count("/console/inbox/") >= 2
    undo = page.split("/undo")[0].rsplit('"', 1)[1] + "/undo"
    await _posts(console, undo)
    assert await _id(console, OTHER) == merged


async def test_a_number_is_split_off(console):
    kept, merged = await _id(console), await _id(console, OTHER)
    await _run(console, lambda session: merging.merge(session, kept, merged, now=console.shop.clock.now()).id)
    assert "77010000002@c.us" in await console.sees(f"/console/contacts/{kept}/split")
    answer = await _posts(console, f"/console/contacts/{kept}/split", {"name": "phone:77010000002"})
    other = await _id(console, OTHER)
    assert other != kept
    assert answer.headers["hx-redirect"] == f"/console/contacts/{other}"


async def test_the_whitelist_is_kept_by_the_gateway(console):
    await _posts(console, "/console/contacts/whitelist/add", {"number": "8 701 000 00 09", "note": "мама"})
    assert "+7 701 000 0009 мама" in (await console.sees("/console/contacts/whitelist")).replace("-", " ")
    answer = await _posts(console, "/console/contacts/whitelist/remove", {"number": "77010000009"})
    assert "Список пуст" in await console.sees("/console/contacts/whitelist")
    await _posts(console, _undo(answer))
    assert "мама" in await console.sees("/console/contacts/whitelist")
    absent = await console.post("/console/contacts/whitelist/remove", {"number": "77010000005"})
    assert (absent.status_code, (await _done(console))[0]) == (404, "contact.whitelisted")
    refused = await console.post("/console/contacts/whitelist/add", {"number": "мама"})
    assert refused.status_code == 409
    assert "Напишите его целиком" in console.text(refused)
    entries = await console.app.db.read(audit.listed)
    assert all("77010000009" not in f"{entry.about}{entry.details}" for entry in entries)


async def test_everything_about_a_contact_is_handed_out_and_that_is_noted(console):
    contact = await _id(console)
    answer = await console.get(f"/console/contacts/{contact}/export")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert "Сколько стоит окно?" in archive.read("transcript.txt").decode()
    assert (await _done(console))[0] == "contact.exported"
    assert (await console.get("/console/contacts/999/export")).status_code == 404


async def test_a_contact_is_erased_by_the_last_digits_of_his_number(console):
    contact = await _id(console)
    path = f"/console/contacts/{contact}"
    assert (await console.post(f"{path}/erase", {"typed": "0002"})).status_code == 409
    await _posts(console, f"{path}/erase", {"typed": "0001"})
    assert "Айгуль" not in await console.sees("/console/contacts")
    await console.shop.settles()
    assert "Всё о нём удалено" in await console.sees(path)
    (entry,) = [one for one in await console.app.db.read(audit.listed) if one.action == "contact.erased"]
    assert (entry.about, entry.details) == (f"contact:{contact}", {})
    assert (await console.get(f"{path}/export")).status_code == 404


async def test_who_only_looks_changes_nothing_and_only_the_owner_erases(console):
    contact = await _id(console)
    viewer, manager = await console.another("viewer", "Вера"), await console.another("manager", "Мадина")
    assert "Сохранить" not in await viewer.sees(f"/console/contacts/{contact}")
    for path, data in (
        (f"/console/contacts/{contact}/classify", {"verdict": "client"}),
        (f"/console/contacts/{contact}/notes", {"text": "нет"}),
        ("/console/contacts/whitelist/add", {"number": "77010000009"}),
    ):
        assert (await viewer.post(path, data)).status_code == 403
    assert (await viewer.get(f"/console/contacts/{contact}/export")).status_code == 403
    assert (await manager.post(f"/console/contacts/{contact}/erase", {"typed": "0001"})).status_code == 403
    assert "Стереть" not in await manager.sees(f"/console/contacts/{contact}")


async def test_what_a_customer_calls_himself_and_writes_is_shown_as_text(console):
    chat = "77010000003@c.us"
    await console.shop.customer_says(SCRIPT, chat=chat, name=SCRIPT)
    await console.shop.time_passes(minutes=1)
    contact = await _id(console, chat)
    await _posts(console, f"/console/contacts/{contact}/notes", {"text": SCRIPT})
    await _posts(console, f"/console/contacts/{contact}/wish", {"wish": "offers", "words": SCRIPT})
    await console.app.gateway.whitelist_add("77010000009", SCRIPT)
    other = await _id(console)
    for path in (
        "/console/contacts",
        "/console/contacts/list",
        "/console/contacts/whitelist",
        f"/console/contacts/{other}/merge?other={contact}",
        f"/console/contacts/{other}/merge?query=script",
        *(f"/console/contacts/{contact}{page}" for page in PAGES),
    ):
        page = await console.get(path)
        assert page.status_code == 200, path
        assert "<script>alert" not in page.text, path
        assert path.endswith("/split") or "&lt;script&gt;alert" in page.text, path


@pytest.mark.parametrize(
    "path", ["/console/contacts/999", "/console/contacts/999/merge", "/console/contacts/999/erase"]
)
async def test_a_contact_nobody_knows_is_not_found(console, path):
    assert (await console.get(path)).status_code == 404


async def test_the_pages_say_how_they_fill(open_console):
    console = await open_console()
    assert "Здесь появится каждый, кто напишет в магазин." in await console.sees("/console/contacts")
    assert "Полных тёзок среди контактов нет." in await console.sees("/console/contacts/doubles")
    assert "Список пуст" in await console.sees("/console/contacts/whitelist")


async def test_an_open_page_hears_what_was_done_to_a_contact(console):
    contact = await _id(console)

    async def marks():
        now = console.shop.clock.now()
        read = console.app.db.read
        return await read(contacts.WATCHES["contacts"], None, now=now), await read(
            contacts.WATCHES["contact"], str(contact), now=now
        )

    before = await marks()
    await _posts(console, f"/console/contacts/{contact}/notes", {"text": "Звонить после обеда"})
    assert all(one != other for one, other in zip(before, await marks(), strict=True))
    before = await marks()
    await console.app.gateway.whitelist_add("77010000009")
    assert await marks() == before
    await _posts(console, "/console/contacts/whitelist/remove", {"number": "77010000009"})
    assert (await marks())[0] != before[0]
