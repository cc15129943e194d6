"""Somebody who wants to be forgotten is so among companies, invoices and letters too, and is handed what is there."""

import io
import json
import zipfile
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from saudager.conversations import identity
from saudager.conversations.models import Identity
from saudager.letters.models import Campaign, CampaignMember, Letter, LetterVersion
from saudager.outreach import consent
from saudager.outreach.models import SuppressedAddress
from saudager.people import belongings, erasing, exporting
from saudager.sales import companies, invoices, people
from saudager.sales.models import Consent, Invoice, InvoiceLine, Person
from tests.test_erasing import _everything

pytestmark = pytest.mark.both_kinds

EMAIL, NAME, WORDS = "madina@redkoimennaya.example", "Мадина Редкоимённая", "фиолетовый подоконник"
HIS = (EMAIL, "Мадина", "Редкоимённая", "фиолетовый", "77010000001", "Хранительница")
LINE = invoices.Line("Окно", Decimal(1), Decimal(100), Decimal(100))


@pytest.fixture
async def shop(open_shop):
    """A customer who is a private buyer, and known by her number alone in a company that has a letter for her."""
    shop = await open_shop()
    await shop.customer_says("Здравствуйте", name=NAME)
    await shop.time_passes(minutes=1)
    contact, now = await shop.contact(), shop.clock.now()

    def more(session):
        firms = [
            companies.Told(NAME, key=f"contact:{contact.id}", is_person=True, contact_id=contact.id),
            companies.Told("ТОО «Общее»"),
        ]
        own, firm = companies.store(session, firms, now=now).ids
        told = people.Told(firm, NAME, "Хранительница", EMAIL, "77010000001", consent=Consent.REFUSED)
        other = people.Told(firm, "Ерлан", email="erlan@common.example")
        person, colleague = people.store(session, [told, other], now=now).ids
        sold = [
            invoices.Told(own, "1", date(2026, 3, 1), "KZT", Decimal(100), (LINE,)),
            invoices.Told(firm, "2", date(2026, 3, 1), "KZT", Decimal(100), (LINE,), person_id=person),
            invoices.Told(firm, "3", date(2026, 3, 1), "KZT", Decimal(100), (LINE,)),
        ]
        invoices.store(session, sold, now=now)
        campaign = Campaign(
            name="Весна", segment={}, account="mail:a@shop.example", context="", tone="", purpose="offer", products=[],
            include_sales_data=True, state="ready", created_by="", created_at=now,
        )  # fmt: skip
        session.add(campaign)
        session.flush()
        for whom, name in ((person, NAME), (colleague, "Ерлан")):
            letter = Letter(
                person_id=whom, company_id=firm, campaign_id=campaign.id, context=f"о {name}", tone="", purpose="offer",
                products=[1], include_sales_data=True, language="ru", state="approved", subject=name,
                body=f"{name}: {WORDS if whom == person else 'стул'}", key_points=[name],
                personalization={"person_name": name}, facts=[{"name": name}], year=[["2026-01", "1"]], version=2,
                due_at=now, reason=f"no mailbox: {name}", created_at=now, updated_at=now,
            )  # fmt: skip
            session.add(letter)
            session.flush()
            session.add(LetterVersion(letter_id=letter.id, version=1, subject=name, body=name, written_at=now))
            session.add(CampaignMember(campaign_id=campaign.id, person_id=whom, company_id=firm, letter_id=letter.id))
        session.add(SuppressedAddress(address=EMAIL, reason="bounced", says=f"<{EMAIL}>: no such user", since=now))

    await shop.app.db.run(more)
    return shop


async def _forget(shop):
    contact = await shop.contact()
    await shop.app.db.run(erasing.ask, contact.id, "0001", now=shop.clock.now())
    await shop.settles()


async def _where_she_is_named(shop):
    kept = await shop.app.db.read(_everything)
    return {name for name, rows in kept.items() for row in rows for his in HIS if his in row}


async def test_nothing_that_names_her_is_left_and_her_colleagues_letter_stays(shop):
    sales = {"companies", "persons", "letters", "letter_versions", "suppressed_addresses"}
    assert await _where_she_is_named(shop) >= sales
    await _forget(shop)
    assert await _where_she_is_named(shop) == set()
    letters = await shop.app.db.read(lambda session: session.scalars(select(Letter).order_by(Letter.id)).all())
    assert [(one.state, one.reason, one.body) for one in letters] == [
        ("dropped", "erased", ""),
        ("approved", "no mailbox: Ерлан", "Ерлан: стул"),
    ]


async def test_what_was_sold_is_counted_all_the_same(shop):
    def counted(session):
        rows = session.execute(
            select(Invoice.total, InvoiceLine.name).join(InvoiceLine, InvoiceLine.invoice_id == Invoice.id)
        )
        return [tuple(row) for row in rows]

    before = await shop.app.db.read(counted)
    await _forget(shop)
    assert await shop.app.db.read(counted) == before != []


async def test_her_refusal_is_remembered_when_her_address_is_told_again(shop):
    await _forget(shop)

    def told_again(session):
        (firm,) = companies.store(session, [companies.Told("ТОО «Общее»")], now=shop.clock.now()).ids
        people.store(session, [people.Told(firm, NAME, email=EMAIL)], now=shop.clock.now())
        assert len(session.scalars(select(Person)).all()) == 3
        return identity.recognise(session, [("email", EMAIL)], now=shop.clock.now())

    contact = await shop.app.db.run(told_again)
    assert await shop.app.db.read(consent.standing, contact) == consent.OFFERS


async def test_she_is_handed_her_letters_and_what_she_bought(shop):
    contact = await shop.contact()
    pieces = [piece async for piece in exporting.export(shop.app, contact.id)]
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        data = {name: json.loads(archive.read(f"data/{name}.json")) for name in ("letters", "invoices", "persons")}
    assert [one["subject"] for one in data["letters"]] == [NAME]
    assert [one["number"] for one in data["invoices"]] == ["1", "2"]
    assert [one["email"] for one in data["persons"]] == [EMAIL]


async def test_one_erased_by_address_alone_is_so(shop):
    contact = await shop.contact()

    def by_address(session):
        session.scalars(select(Person).where(Person.email == EMAIL)).one().phone = None
        session.add(Identity(kind="email", value=EMAIL, contact_id=contact.id))

    await shop.app.db.run(by_address)
    whose = await shop.app.db.read(belongings.whose, [contact.id])
    found = await shop.app.db.read(lambda session: session.scalars(belongings.persons_of(whose)).all())
    assert len(found) == 1
