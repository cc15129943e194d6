"""Another program tells of companies, people and invoices over HTTP, as often as it likes, and reads them back."""

import asyncio
from contextlib import asynccontextmanager
from decimal import Decimal

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as tries
from schemathesis import GenerationMode
from sqlalchemy import func, select

from saudager import keys
from saudager.api import sales_data
from saudager.api.openapi import describe
from saudager.keys import Scope
from saudager.orders.models import Product
from saudager.sales.models import Company, Invoice, InvoiceLine, Person
from saudager.web import make_web
from tests.orders.files import a_shop

BIN = "971240001315"
LINE = {"name": "Кабель", "sku": "CBL", "quantity": 2, "price": "450.50"}


def _site(app):
    web = make_web("test")
    web.include_router(sales_data.router(app))
    web.state.uploads |= sales_data.longest_bodies()
    return web


async def _key(app, scope=Scope.LETTERS):
    key = keys.new()
    await app.db.run(keys.keep, key, f"program-{scope}", [scope], now=app.clock.now())
    return key


@asynccontextmanager
async def _program(app, scope=Scope.LETTERS):
    headers = {"authorization": f"Bearer {await _key(app, scope)}"}
    transport = httpx.ASGITransport(_site(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop/api/v1/sales", headers=headers) as http:
        yield http


@pytest.fixture
async def http(app):
    async with _program(app) as program:
        yield program


async def _post(http, what, *entries):
    return await http.post(f"/{what}/", json={what: list(entries)})


async def _company(http, **told):
    return (await _post(http, "companies", {"name": "ТОО «ТехКом»", "tax_id": BIN} | told)).json()["ids"][0]


def _invoice(company, **told):
    usual = {"company_id": company, "number": "1", "issued_on": "2026-03-01", "currency": "KZT", "lines": [LINE]}
    return usual | told


async def _count(app, table):
    return await app.db.read(lambda session: session.scalar(select(func.count()).select_from(table)))


async def test_without_the_scope_nobody_reads_or_tells(app):
    async with _program(app, Scope.ORDERS) as other:
        assert (await other.get("/companies/")).status_code == 401
        assert (await _post(other, "companies", {"name": "Икс"})).status_code == 401


@pytest.mark.both_kinds
async def test_what_is_told_is_read_back_and_told_again_changes_nothing(app):
    async with _program(app) as http:
        company = await _company(http)
        person = {"company_id": company, "name": "Иван Петров", "email": "Ivan@TechCom.example", "consent": "given"}
        (ivan,) = (await _post(http, "persons", person | {"consent_at": "2026-01-10T09:00:00+05:00"})).json()["ids"]
        told = _invoice(company, person_id=ivan, total=901)
        back = _invoice(company, is_refund=True, lines=[LINE | {"quantity": -1}])
        first = (await _post(http, "invoices", told, back)).json()
        again = (await _post(http, "invoices", told, back)).json()
        assert (first["added"], again["added"], again["unchanged"], first["ids"]) == (2, 0, 2, again["ids"])
        card = (await http.get(f"/companies/{company}/")).json()
        assert {name: card[name] for name in ("name", "tax_id", "people", "invoices", "last_on", "sums")} == {
            "name": "ТОО «ТехКом»",
            "tax_id": BIN,
            "people": 1,
            "invoices": 1,
            "last_on": "2026-03-01",
            "sums": {"KZT": "450.50"},
        }
        assert card["persons"] == [(await http.get(f"/persons/{ivan}/")).json()]
        assert (card["persons"][0]["email"], card["persons"][0]["consent"]) == ("ivan@techcom.example", "given")
        rows = (await http.get("/invoices/", params={"company_id": company})).json()["results"]
        assert [(one["number"], one["is_refund"], one["total"]) for one in rows] == [
            ("1", True, "-450.50"),
            ("1", False, "901.00"),
        ]
        assert rows[1]["lines"] == [
            {"name": "Кабель", "sku": "CBL", "category": None, "quantity": "2", "price": "450.50", "amount": "901.00"}
        ]


@pytest.mark.parametrize(
    "address", ["ivan.p.sokolov@techcom.example", "sales@my-big-shop.example", "a.very.long.name.indeed@it.tech-com.kz"]
)
async def test_addresses_have_as_many_dots_and_hyphens_as_people_give_them(http, address):
    company = await _company(http)
    (person,) = (await _post(http, "persons", {"company_id": company, "name": "Иван", "email": address})).json()["ids"]
    assert (await http.get(f"/persons/{person}/")).json()["email"] == address


async def test_what_is_left_out_stays_and_null_empties(app, http):
    company = await _company(http)
    person = {"company_id": company, "name": "Иван", "email": "i@techcom.example"}
    await _post(http, "persons", person | {"position": "Директор", "language": "kk"})
    await _post(http, "persons", person | {"position": None})
    (stored,) = await app.db.read(lambda session: session.scalars(select(Person)).all())
    assert (stored.position, stored.language) == (None, "kk")


async def test_a_program_may_call_companies_its_own_names(app, http):
    first = await _company(http, key="crm/12", tax_id=None)
    assert await _company(http, key="crm/12", name="ТОО «Другое имя»") == first
    assert (await http.get(f"/companies/{first}/")).json()["name"] == "ТОО «Другое имя»"


@pytest.mark.parametrize(
    ("what", "wrong", "status", "says"),
    [
        ("companies", {"name": ""}, 422, "companies.1.name"),
        ("companies", {"name": "Икс", "tax_id": "123"}, 422, "companies.1.tax_id"),
        ("companies", {"name": "Икс", "inn": "1"}, 422, "companies.1.inn"),
        ("persons", {"company_id": 1, "name": "Иван", "email": "нет"}, 422, "persons.1.email"),
        ("persons", {"company_id": 99, "name": "Иван"}, 404, "persons.1.company_id: такой записи нет (99)"),
        ("invoices", _invoice(1, currency="KZZ"), 422, "invoices.1.currency"),
        ("invoices", _invoice(1, issued_on="вчера"), 422, "invoices.1.issued_on"),
        ("invoices", _invoice(1, lines=[]), 422, "invoices.1.lines"),
        ("invoices", _invoice(1, lines=[LINE | {"price": -1}]), 422, "invoices.1.lines.0.price"),
        ("invoices", _invoice(1, lines=[LINE | {"quantity": True}]), 422, "invoices.1.lines.0.quantity"),
        (
            "invoices",
            _invoice(1, total="901.01"),
            409,
            "invoices.1: сумма счёта 901.01 не равна сумме его строк 901.00",
        ),
        ("invoices", _invoice(1, is_refund=True), 409, "invoices.1: в возврате количество"),
        ("invoices", _invoice(1, person_id=99), 404, "invoices.1.person_id"),
        ("invoices", _invoice(2, person_id=1), 409, "invoices.1.person_id: этот человек из другой компании (1)"),
        ("invoices", _invoice(1, issued_on="2099-01-01"), 409, "invoices.1.issued_on: в 01.01.2099 счёта"),
        ("invoices", _invoice(1, issued_on="0001-01-01"), 409, "invoices.1.issued_on"),
    ],
)
async def test_the_wrong_entry_and_its_field_are_named_and_nothing_is_stored(app, http, what, wrong, status, says):
    await _company(http)
    await _company(http, name="ТОО «Другая»", tax_id=None)
    await _post(http, "persons", {"company_id": 1, "name": "Асель"})
    good = {
        "companies": {"name": "ТОО Хорошая"},
        "persons": {"company_id": 1, "name": "Айгуль"},
        "invoices": _invoice(1, number="7"),
    }[what]
    before = [await _count(app, table) for table in (Company, Person, Invoice, InvoiceLine)]
    answer = await _post(http, what, good, wrong)
    assert answer.status_code == status and says in answer.json()["error"]
    assert [await _count(app, table) for table in (Company, Person, Invoice, InvoiceLine)] == before


async def test_a_thousand_are_taken_and_one_more_is_not(http):
    some = [{"name": f"Фирма {number}"} for number in range(1001)]
    assert (await _post(http, "companies", *some)).status_code == 422
    assert (await _post(http, "companies", *some[:1000])).json()["added"] == 1000


@pytest.mark.both_kinds
async def test_lists_come_page_by_page_and_are_searched(app):
    async with _program(app) as http:
        names = [f"ТОО «Фирма {letter}»" for letter in "ВАБГ"]
        await _post(http, "companies", *({"name": name} for name in names))
        company = await _company(http)
        await _post(http, "persons", {"company_id": company, "name": "Иван", "email": "ivan@techcom.example"})
        first = (await http.get("/companies/", params={"limit": 3})).json()
        rest = (await http.get("/companies/", params={"limit": 3, "after": first["next"]})).json()
        assert [one["name"] for one in first["results"] + rest["results"]] == ["ТОО «ТехКом»", *sorted(names)]
        assert rest["next"] is None
        for query in ("техком", "ТЕХКОМ", BIN[:6], "Ivan@tech"):
            assert [one["id"] for one in (await http.get("/companies/", params={"q": query})).json()["results"]] == [
                company
            ]
        days = [_invoice(company, number=str(day), issued_on=f"2026-03-{day:02}") for day in (1, 3, 2)]
        await _post(http, "invoices", *days)
        newest = (await http.get("/invoices/", params={"company_id": company, "limit": 2})).json()
        last = (await http.get("/invoices/", params={"company_id": company, "after": newest["next"]})).json()
        assert [one["number"] for one in newest["results"] + last["results"]] == ["3", "2", "1"]


async def test_the_catalogue_tells_the_ids_letters_offer_by(app, http):
    shop = await a_shop(app)

    def stock(session):
        session.add(
            Product(
                shop_id=shop,
                sku="G11",
                name="HP ProLiant Gen11",
                price=Decimal(5),
                currency="KZT",
                updated_at=app.clock.now(),
            )
        )

    await app.db.run(stock)
    (one,) = (await http.get("/products/", params={"q": "ProLiant"})).json()["results"]
    assert (one["sku"], one["name"], one["price"]) == ("G11", "HP ProLiant Gen11", "5.00")


@pytest.mark.parametrize("path", ["/companies/9/", "/persons/9/", "/invoices/?company_id=9"])
async def test_what_is_not_there_is_not_found(http, path):
    assert (await http.get(path)).status_code == 404


TRIES = tries(
    max_examples=25,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(GenerationMode))
async def test_schemathesis_finds_nothing(app, mode):
    async with _program(app) as http:
        company = await _company(http)
        await _post(http, "persons", {"company_id": company, "name": "Иван"})
    web, headers = _site(app), {"authorization": f"Bearer {await _key(app, Scope.ALL)}"}
    schema = schemathesis.openapi.from_dict(describe(web.routes))
    schema.app = web

    def judge(operation):
        seen = set()

        @given(case=operation.as_strategy(generation_mode=mode))
        @TRIES
        def judged(case):
            for _ in range(2):
                response = case.call(headers=headers)
                case.validate_response(response, headers=headers)
                seen.add(response.status_code)

        judged()
        return seen

    seen = {one.ok().label: await asyncio.to_thread(judge, one.ok()) for one in schema.get_all_operations()}
    assert len(seen) == 8
    assert mode is GenerationMode.NEGATIVE or all(statuses & {200, 404, 409} for statuses in seen.values())
