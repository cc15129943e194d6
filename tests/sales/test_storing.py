"""Companies, people and invoices that are told again are the same ones, and what nobody tells stays as it was."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from saudager.errors import Refused
from saudager.sales import companies, invoices, naming, people
from saudager.sales.models import Company, Consent, Invoice, InvoiceLine, Person
from tests.sales import techcom

pytestmark = pytest.mark.both_kinds

BIN = "971240001315"
LINE = invoices.Line("Кабель", Decimal(2), Decimal("450.50"), Decimal(901), sku="CBL", category="Кабели")


async def _all(app, table):
    return await app.db.read(lambda session: session.scalars(select(table).order_by(table.id)).all())


async def _company(app, name="ТОО «ТехКом»", **told):
    return (await _stored(app, companies, companies.Told(name, **told))).ids[0]


async def _stored(app, room, *told):
    return await app.db.run(room.store, told, now=app.clock.now())


def _counts(stored):
    return stored.added, stored.changed, stored.unchanged


def _invoice(company_id, **told):
    return replace(invoices.Told(company_id, "С-1", date(2026, 3, 1), "KZT", Decimal(901), (LINE,)), **told)


async def test_the_example_company_is_what_the_letters_say_of_it(app):
    stored = await app.db.run(techcom.store)
    assert await app.db.run(techcom.store) == stored
    year = select(func.count(), func.sum(Invoice.total), func.max(Invoice.issued_on)).where(
        Invoice.company_id == stored.company_id, Invoice.issued_on.between(date(2024, 1, 1), techcom.TODAY)
    )
    orders, total, last = await app.db.read(lambda session: session.execute(year).one())
    assert (orders, total, last) == (18, Decimal(2_450_000), date(2024, 12, 18))
    before = select(func.sum(Invoice.total)).where(Invoice.issued_on < date(2024, 1, 1))
    assert total / await app.db.read(lambda session: session.scalar(before)) == pytest.approx(Decimal("1.15"))
    shares = (
        select(InvoiceLine.name, func.sum(InvoiceLine.amount))
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(Invoice.issued_on >= date(2024, 1, 1))
        .group_by(InvoiceLine.name)
    )
    found = {name: amount / total for name, amount in await app.db.read(lambda session: session.execute(shares).all())}
    assert [
        found[name] for name in ("Серверное оборудование HP", "Системы хранения данных", "Сетевое оборудование")
    ] == [
        Decimal("0.45"),
        Decimal("0.28"),
        Decimal("0.19"),
    ]


async def test_a_company_told_again_is_the_same_one(app):
    told = companies.Told("ТОО «ТехКом»", tax_id=BIN)
    assert _counts(await _stored(app, companies, told)) == (1, 0, 0)
    assert _counts(await _stored(app, companies, told)) == (0, 0, 1)
    assert _counts(await _stored(app, companies, replace(told, name="ТОО «ТехКом Плюс»"))) == (0, 1, 0)
    (company,) = await _all(app, Company)
    assert (company.key, company.name, company.tax_id) == (f"tax:{BIN}", "ТОО «ТехКом Плюс»", BIN)


@pytest.mark.parametrize("spelled", ["ТехКом, ТОО", 'ТОО "ТехКом"', "тоо  техком", "ТехКом ЖШС"])
async def test_a_company_known_by_its_name_is_found_however_it_is_spelled(app, spelled):
    company = await _company(app)
    assert await _company(app, spelled) == company


async def test_a_company_known_by_its_name_gets_its_tax_number_later_and_keeps_its_name(app):
    by_name = await _company(app)
    assert await _company(app, tax_id=BIN) == by_name
    assert await _company(app) == by_name
    (company,) = await _all(app, Company)
    assert (company.key, company.tax_id) == (f"tax:{BIN}", BIN)


async def test_of_two_companies_of_one_name_neither_is_guessed(app):
    first, second = await _company(app, tax_id=BIN), await _company(app, tax_id="020240000555")
    assert len({first, second, await _company(app)}) == 3


async def test_what_nobody_tells_erases_nothing_unless_it_is_to(app):
    company = await _company(app)
    told = people.Told(company, "Иван Петров", position="Директор", email="i@techcom.example", phone="77010000001")
    await _stored(app, people, told)
    silent = replace(told, position=None, phone=None)
    assert _counts(await _stored(app, people, silent)) == (0, 0, 1)
    assert _counts(await _stored(app, people, replace(silent, empties=frozenset({"position"})))) == (0, 1, 0)
    (person,) = await _all(app, Person)
    assert (person.position, person.phone) == (None, "77010000001")


async def test_somebody_known_by_his_name_gets_his_address_later(app):
    company = await _company(app)
    (first,) = (await _stored(app, people, people.Told(company, "Иван Петров"))).ids
    (again,) = (await _stored(app, people, people.Told(company, "иван  петров", email="i@techcom.example"))).ids
    (by_name,) = (await _stored(app, people, people.Told(company, "Иван Петров"))).ids
    (other,) = (await _stored(app, people, people.Told(company, "Иван Петров", email="other@techcom.example"))).ids
    assert first == again == by_name != other


@pytest.mark.parametrize(
    ("told", "days", "becomes"),
    [
        (Consent.GIVEN, None, Consent.REFUSED),
        (Consent.GIVEN, -1, Consent.REFUSED),
        (Consent.GIVEN, 1, Consent.GIVEN),
        (None, None, Consent.REFUSED),
    ],
)
async def test_who_refused_agrees_again_only_by_a_later_word(app, told, days, becomes):
    company = await _company(app)
    person = people.Told(company, "Иван Петров", email="i@techcom.example")
    (id,) = (await _stored(app, people, person)).ids
    refused_at = app.clock.now()
    await app.db.run(people.decide, id, Consent.REFUSED, now=refused_at)
    at = None if days is None else refused_at + timedelta(days=days)
    again = replace(person, consent=told, consent_at=at)
    await app.db.run(people.store, [again], now=refused_at + timedelta(days=2))
    (stored,) = await _all(app, Person)
    assert stored.consent == becomes


async def test_no_list_dated_ahead_outlives_a_refusal(app):
    company = await _company(app)
    ahead = app.clock.now() + timedelta(days=900)
    person = people.Told(company, "Иван", consent=Consent.GIVEN, consent_at=ahead)
    await _stored(app, people, person)
    (stored,) = await _all(app, Person)
    assert (stored.consent, stored.consent_at) == (Consent.GIVEN, app.clock.now())
    refused_at = app.clock.now() + timedelta(days=1)
    await app.db.run(people.store, [replace(person, consent=Consent.REFUSED, consent_at=refused_at)], now=refused_at)
    await app.db.run(people.store, [person], now=refused_at + timedelta(days=1))
    (stored,) = await _all(app, Person)
    assert stored.consent == Consent.REFUSED


async def test_a_refusal_counts_whenever_it_is_told(app):
    company = await _company(app)
    person = people.Told(company, "Иван", consent=Consent.GIVEN, consent_at=datetime(2026, 1, 1, tzinfo=UTC))
    await _stored(app, people, person)
    await _stored(app, people, replace(person, consent=Consent.REFUSED, consent_at=None))
    (stored,) = await _all(app, Person)
    assert (stored.consent, stored.consent_at) == (Consent.REFUSED, app.clock.now())


async def test_an_invoice_told_again_is_written_anew_only_when_something_differs(app):
    told = _invoice(await _company(app))
    assert _counts(await _stored(app, invoices, told)) == (1, 0, 0)
    before = [line.id for line in await _all(app, InvoiceLine)]
    assert _counts(await _stored(app, invoices, told)) == (0, 0, 1)
    assert [line.id for line in await _all(app, InvoiceLine)] == before
    more = (LINE, replace(LINE, name="Розетка", sku=None, amount=Decimal("99.50"), quantity=Decimal("0.5")))
    assert _counts(await _stored(app, invoices, replace(told, lines=more, total=Decimal("1000.50")))) == (0, 1, 0)
    lines = [(line.number, line.product, line.quantity, line.amount) for line in await _all(app, InvoiceLine)]
    assert lines == [(1, "CBL", Decimal(2), Decimal(901)), (2, "розетка", Decimal("0.5"), Decimal("99.50"))]
    (invoice,) = await _all(app, Invoice)
    assert invoice.total == Decimal("1000.50")


async def test_of_one_number_there_may_be_an_invoice_and_what_was_given_back_of_it(app):
    told = _invoice(await _company(app))
    back = invoices.given_back(told, issued_on=date(2026, 3, 9))
    assert _counts(await _stored(app, invoices, told, back)) == (2, 0, 0)
    assert _counts(await _stored(app, invoices, told, back)) == (0, 0, 2)
    assert [(one.is_refund, one.total) for one in await _all(app, Invoice)] == [
        (False, Decimal(901)),
        (True, Decimal(-901)),
    ]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"total": Decimal("901.01")}, "сумма счёта 901.01 не равна сумме его строк 901.00"),
        ({"currency": "KZZ"}, "валюты «KZZ» нет"),
        ({"lines": ()}, "нет ни одной строки"),
        ({"is_refund": True}, "со знаком минус"),
        ({"lines": (replace(LINE, quantity=Decimal(-2)),)}, "не бывают меньше нуля"),
    ],
)
async def test_one_invoice_that_does_not_add_up_keeps_all_of_them_out(app, wrong, says):
    company = await _company(app)
    with pytest.raises(Refused, match=says):
        await _stored(app, invoices, _invoice(company), replace(_invoice(company, number="С-2"), **wrong))
    assert await _all(app, Invoice) == []


async def test_thousands_are_looked_up_hundreds_at_a_time(app):
    told = [companies.Told(f"Фирма {number}") for number in range(1201)]
    first = await _stored(app, companies, *told)
    assert _counts(first) == (1201, 0, 0)
    again = await _stored(app, companies, *reversed(told))
    assert (_counts(again), again.ids[::-1]) == ((0, 0, 1201), first.ids)


async def test_many_who_tell_the_same_at_once_tell_it_once(app):
    company = await _company(app)
    told = [
        (companies, [companies.Told(f"Фирма {number}") for number in range(20)]),
        (people, [people.Told(company, f"Иван {number}") for number in range(20)]),
        (invoices, [_invoice(company, number=str(number)) for number in range(20)]),
    ]
    stored = await asyncio.gather(*(_stored(app, room, *some) for _ in range(4) for room, some in told))
    assert sorted(_counts(one) for one in stored) == [(0, 0, 20)] * 9 + [(20, 0, 0)] * 3
    assert [len(await _all(app, table)) for table in (Company, Person, Invoice, InvoiceLine)] == [21, 20, 20, 20]


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("Ivan.Petrov@TechCom.example", "ivan.petrov@techcom.example"),
        (" <i@techcom.example> ", "i@techcom.example"),
        ("mailto:i@techcom.example", "i@techcom.example"),
        ("i@techcom", None),
        ("i..p@techcom.example", None),
        ("i@techcom.example\r\nBcc: all@shop.example", None),
        ("иван@techcom.example", None),
        ("i techcom.example", None),
    ],
)
def test_an_address_is_written_in_small_letters_or_is_none(written, address):
    assert naming.email(written) == address


@pytest.mark.parametrize(
    ("number", "is_misspelt"),
    [("971240001315", False), ("971240001351", True), ("7707083893", False), ("7707083839", True)],
)
def test_a_mistyped_tax_number_is_noticed(number, is_misspelt):
    assert naming.is_misspelt(number) == is_misspelt
