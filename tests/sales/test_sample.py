"""The demo's made-up companies are there once, always the same, and show whatever a letter may have to say."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from saudager.demo import sample_sales
from saudager.sales import metrics
from saudager.sales.models import Company, Invoice, Person

NOW = datetime(2026, 11, 27, 7, tzinfo=UTC)


@pytest.fixture
async def figures(app):
    """Of the last year, by the name of the company."""
    zone = app.settings.zone
    for _ in range(2):
        await app.db.run(sample_sales.lay_out, zone=zone, now=NOW)
    today = NOW.astimezone(zone).date()

    def read(session):
        names = {id: name for id, name in session.execute(select(Company.id, Company.name))}  # noqa: C416
        found = metrics.of_companies(session, list(names), today=today)
        return {names[id]: one for id, one in found.items()}

    return await app.db.read(read)


async def test_there_are_a_dozen_with_people_and_nothing_is_dated_in_the_future(app, figures):
    assert len(figures) == 12
    latest = await app.db.read(lambda session: session.scalar(select(func.max(Invoice.issued_on))))
    assert latest <= NOW.date()
    people = await app.db.read(lambda session: session.scalars(select(Person)).all())
    assert len(people) == 13 and {one.consent for one in people} == {"given", "refused", None}
    assert all(one.email is None or one.email.endswith(".example") for one in people)


async def test_one_grows_one_falls_one_fell_silent_and_one_has_bought_nothing(figures):
    assert figures["ТОО «Астана Құрылыс»"].main.growth > Decimal("0.1")
    assert figures["ТОО «СтройГрад»"].main.growth < Decimal("-0.1")
    silent = figures["ИП Ахметова"]
    assert (NOW.date() - silent.last_purchase_on).days > 120
    assert figures["ТОО «Новосёл»"].currencies == ()
    assert figures["ТОО «Дом и Сад»"].main.refund_count > 0
    assert {one.currency for one in figures["TOO «Steppe Trade»"].currencies} == {"KZT", "USD"}
