"""Companies in the console: found, brought in by file, and what their people said about offers noted."""

from typing import Any

import pytest
from sqlalchemy import select

from saudager.sales.importing.layouts import Kind
from saudager.sales.models import Invoice, Person
from tests.console.conftest import Console, OpenConsole
from tests.sales import techcom
from tests.sales.files import HEAD, PEOPLE, PEOPLE_HEAD, ROWS, csv_of

PAGE = "/console/companies"
CHOSEN = {
    f"column_{name}": str(place)
    for place, name in enumerate(
        ("company", "tax_id", "number", "issued_on", "item", "sku", "category", "quantity", "price", "amount")
    )
}
PEOPLE_CHOSEN = {
    f"column_{name}": str(place)
    for place, name in enumerate(
        ("company", "tax_id", "name", "position", "email", "phone", "language", "consent", "consent_at")
    )
}


@pytest.fixture
async def console(open_console: OpenConsole) -> Console:
    opened: Console = await open_console(role="manager")
    return opened


async def bring(console: Console, data: bytes, kind: Kind = Kind.INVOICES) -> Any:
    return await console.post(f"{PAGE}/import", {"kind": kind}, files={"file": ("продажи.csv", data)})


async def take(console: Console, looked_at: str, fields: dict[str, str]) -> str:
    """Press the button below a file that was looked at; the words of what became of it."""
    path, _, query = looked_at.partition("?")
    done = await console.post(path, dict([query.split("=")]) | fields)
    assert done.status_code == 204, done.text
    await console.shop.settles()
    return await console.sees(done.headers["hx-redirect"])


async def test_a_file_is_looked_at_taken_in_and_its_companies_are_found(console: Console) -> None:
    assert "Здесь появятся компании" in await console.sees(PAGE)
    brought = await bring(console, csv_of(*ROWS))
    assert brought.status_code == 204
    looked_at = brought.headers["hx-redirect"]
    assert "продажи.csv Счета и возвраты" in await console.sees(looked_at)
    assert (await console.get(looked_at)).text.count(" selected>") == len(HEAD.split(";"))
    shown = await take(console, looked_at, CHOSEN)
    assert "Строк в файле 4 Новых 3 Изменено 0 Без изменений 0 Новых компаний 2" in shown
    again = await bring(console, csv_of(*ROWS))
    assert "ничего не изменилось" in await take(console, again.headers["hx-redirect"], CHOSEN)
    listed = await console.sees(PAGE)
    assert (
        "ИП Ахметова" in listed and "ТОО «ТехКом»" in listed and "людей: 0 · счетов: 1 · последний 15.01.2026" in listed
    )
    found = await console.sees(f"{PAGE}?q=техком")
    assert "ТОО «ТехКом»" in found and "Ахметова" not in found
    assert "Таких компаний нет" in await console.sees(f"{PAGE}?q=нету")
    assert "продажи.csv Счета и возвраты 4 3 0" in await console.sees(f"{PAGE}/import")


async def test_bad_rows_are_shown_by_line_and_nothing_is_taken_in(console: Console) -> None:
    brought = await bring(console, csv_of(*ROWS, "<b>Икс</b>;;1;вчера;Стол;;;1;1;1"))
    shown = await take(console, brought.headers["hx-redirect"], CHOSEN)
    assert "в строках есть ошибки, 1." in shown and "строка 6, «Дата»: «вчера»" in shown
    assert await console.app.db.read(lambda session: session.scalars(select(Invoice)).all()) == []


async def test_a_manager_notes_what_somebody_said_about_offers(console: Console) -> None:
    brought = await bring(console, csv_of(*PEOPLE, head=PEOPLE_HEAD), Kind.PEOPLE)
    await take(console, brought.headers["hx-redirect"], PEOPLE_CHOSEN)
    done = await console.post(f"{PAGE}/persons/1/consent", {"consent": "refused"})
    assert done.status_code == 204
    person = await console.app.db.read(lambda session: session.get_one(Person, 1))
    assert (person.consent, person.consent_at) == ("refused", console.app.clock.now())
    assert "просил не писать" in await console.sees(f"{PAGE}/{person.company_id}")
    assert (await console.post(f"{PAGE}/persons/99/consent", {"consent": ""})).status_code == 404
    assert (await console.post(f"{PAGE}/persons/1/consent", {"consent": "да"})).status_code == 422


async def test_templates_can_be_downloaded(console: Console) -> None:
    for kind in Kind:
        answer = await console.get(f"{PAGE}/import/template?kind={kind}")
        assert answer.status_code == 200 and "Компания;БИН" in answer.content.decode("utf-8-sig")


async def test_who_may_only_look_sees_the_list_and_brings_nothing(open_console: OpenConsole) -> None:
    console: Console = await open_console(role="viewer")
    await console.app.db.run(techcom.store)
    assert "ТехКом" in await console.sees(PAGE)
    assert (await bring(console, csv_of(*ROWS))).status_code == 403
    assert (await console.post(f"{PAGE}/persons/1/consent", {"consent": ""})).status_code == 403
