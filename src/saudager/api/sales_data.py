"""Companies, people and invoices that another program tells us, and what is stored of them."""

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Path, Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.api import examples
from saudager.api.answers import faults
from saudager.api.examples import shown
from saudager.api.guard import behind
from saudager.api.openapi import PREFIX
from saudager.app import App
from saudager.errors import Refused
from saudager.keys import Scope
from saudager.phones import normalise_phone
from saudager.providers.marketplace import EARLIEST
from saudager.sales import companies as firms
from saudager.sales import invoices as sold
from saudager.sales import listing, naming
from saudager.sales import people as persons
from saudager.sales.currencies import CURRENCIES
from saudager.sales.models import Company, Consent, Invoice, InvoiceLine, Person
from saudager.sales.stored import Stored
from saudager.words import clean

MOST = 1_000
"""Entries of one post."""
LONGEST_POST = 20_000_000
_PATH = f"{PREFIX}/sales"
_LARGEST_ID = 2**53 - 1
_MOST_MONEY, _MOST_PIECES = 10**12, 10**9
_PLACES = {"money": Decimal("0.01"), "pieces": Decimal("0.001")}


def _decimal(kind: str, most: int) -> Callable[[object], object]:
    def read(told: object) -> object:
        if isinstance(told, bool) or not isinstance(told, int | float | str):
            return told
        try:
            read = Decimal(str(told))
        except ArithmeticError:
            raise ValueError("a number is expected, such as 1250.50") from None
        if not read.is_finite() or abs(read) > most:
            raise ValueError(f"a number from -{most} to {most} is expected")
        return read.quantize(_PLACES[kind], ROUND_HALF_UP)

    return read


def _schema(least: int, most: int) -> WithJsonSchema:
    """A number, or its decimal spelling; rounded to what is stored."""
    sign = "-?" if least < 0 else ""
    spelled = {"type": "string", "pattern": rf"^{sign}[0-9]{{1,{len(str(most)) - 1}}}(\.[0-9]{{1,6}})?$"}
    return WithJsonSchema({"anyOf": [{"type": "number", "minimum": least, "maximum": most}, spelled]})


def _whole(told: object) -> object:
    return int(told) if isinstance(told, float) and told.is_integer() else told


def _day(told: object) -> object:
    if not isinstance(told, str):
        raise ValueError("a date is expected, such as 2026-03-01")
    return date.fromisoformat(told)


def _moment(told: object) -> object:
    if not isinstance(told, str):
        raise ValueError("a moment is expected, such as 2026-03-01T10:00:00+05:00")
    return datetime.fromisoformat(told)


def _email(told: str) -> str:
    address = naming.email(told)
    if address is None:
        raise ValueError("an address is expected, such as ivan@company.kz")
    return address


def _tax_id(told: str) -> str:
    number = naming.tax_id(told)
    if number is None:
        raise ValueError("a BIN or IIN of 12 digits, or an INN of 10 or 12 is expected")
    return number


def _currency(told: str) -> str:
    if told not in CURRENCIES:
        raise ValueError("a currency of ISO 4217 is expected, such as KZT")
    return told


def _some_words(told: str) -> str:
    words = " ".join(clean(told).split())
    if not words:
        raise ValueError("some words are expected")
    return words


_Id = Annotated[int, Field(ge=1, le=_LARGEST_ID), BeforeValidator(_whole)]
_Key = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9._:/-]+$")]
_Words = Annotated[str, Field(min_length=1, max_length=300, pattern=r"[A-Za-zА-Яа-я0-9]"), AfterValidator(_some_words)]
_Money = Annotated[Decimal, BeforeValidator(_decimal("money", _MOST_MONEY)), _schema(-_MOST_MONEY, _MOST_MONEY)]
_Price = Annotated[Decimal, Field(ge=0), BeforeValidator(_decimal("money", _MOST_MONEY)), _schema(0, _MOST_MONEY)]
_Pieces = Annotated[Decimal, BeforeValidator(_decimal("pieces", _MOST_PIECES)), _schema(-_MOST_PIECES, _MOST_PIECES)]
_Day = Annotated[date, BeforeValidator(_day)]
_When = Annotated[AwareDatetime, BeforeValidator(_moment)]
_Email = Annotated[
    str,
    Field(max_length=254),
    AfterValidator(_email),
    WithJsonSchema(
        {
            "type": "string",
            "maxLength": 254,
            "pattern": r"^[A-Za-z0-9_+-]{1,20}(\.[A-Za-z0-9_+-]{1,10}){0,4}"
            r"@([A-Za-z0-9]{1,20}(-[A-Za-z0-9]{1,20}){0,2}\.){1,4}[A-Za-z]{2,20}$",
        }
    ),
]
"""The pattern is of what always passes: no pattern can count the 64 characters before the @."""
_TaxId = Annotated[str, Field(pattern=r"^([1-9][0-9]{9}|[0-9]{11}[1-9])$"), AfterValidator(_tax_id)]
_Currency = Annotated[str, AfterValidator(_currency), WithJsonSchema({"type": "string", "enum": sorted(CURRENCIES)})]


class _Told(BaseModel):
    """What is left out stays as it was; null empties it."""

    model_config = ConfigDict(strict=True, extra="forbid")

    @property
    def empties(self) -> frozenset[str]:
        return frozenset(name for name in self.model_fields_set if getattr(self, name) is None)


class CompanyTold(_Told):
    """A company: known by `key`, else by its tax number, else by its name."""

    name: _Words
    tax_id: _TaxId | None = None
    key: Annotated[_Key | None, Field(description="What your program calls it.")] = None


class PersonTold(_Told):
    """Somebody in a company: known by `key`, else by the address, else by the name."""

    company_id: _Id
    name: _Words
    position: _Words | None = None
    email: _Email | None = None
    phone: Annotated[str | None, Field(max_length=40, description="What is no phone number counts as not told.")] = None
    language: Literal["ru", "kk", "en"] | None = None
    consent: Annotated[
        Literal["given", "refused"] | None,
        Field(description="To offers by mail. Who refused agrees again only by a later `consent_at`."),
    ] = None
    consent_at: _When | None = None
    key: Annotated[_Key | None, Field(description="What your program calls him.")] = None


class LineTold(_Told):
    """A product of an invoice; of a refund `quantity` and `amount` are below zero, `price` never is."""

    name: _Words
    quantity: _Pieces
    price: _Price
    amount: Annotated[_Money | None, Field(description="Left out: price times quantity.")] = None
    sku: _Words | None = None
    category: _Words | None = None

    @property
    def summed(self) -> Decimal:
        all_together = self.price * self.quantity if self.amount is None else self.amount
        return all_together.quantize(_PLACES["money"], ROUND_HALF_UP)


class InvoiceTold(_Told):
    """An invoice, or what was given back of one: known by company, number and whether it is a refund."""

    company_id: _Id
    number: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x20\x7f](.*[^\x00-\x20\x7f])?$")]
    issued_on: _Day
    currency: _Currency
    lines: Annotated[list[LineTold], Field(min_length=1, max_length=sold.MOST_LINES)]
    total: Annotated[_Money | None, Field(description="Has to be the sum of the lines; left out, it is.")] = None
    is_refund: bool = False
    person_id: _Id | None = None


class CompaniesTold(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid") | shown({"companies": [examples.COMPANY_TOLD]})
    companies: Annotated[list[CompanyTold], Field(max_length=MOST)]


class PersonsTold(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid") | shown({"persons": [examples.PERSON_TOLD]})
    persons: Annotated[list[PersonTold], Field(max_length=MOST)]


class InvoicesTold(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid") | shown({"invoices": [examples.INVOICE_TOLD]})
    invoices: Annotated[list[InvoiceTold], Field(max_length=MOST)]


class Taken(BaseModel):
    """What came of a post: `ids` are those of its entries, in their order."""

    model_config = shown(examples.STORED)

    added: int
    changed: int
    unchanged: int
    ids: list[int]


class CompanyRow(BaseModel):
    """A company in the list; `sums` are less what was given back, by currency."""

    model_config = shown(examples.COMPANY)

    id: int
    name: str
    tax_id: str | None
    is_person: bool
    people: int
    invoices: int
    last_on: date | None
    sums: dict[str, str]


class PersonRow(BaseModel):
    """Somebody in a company."""

    model_config = shown(examples.PERSON)

    id: int
    company_id: int
    name: str
    position: str | None
    email: str | None
    phone: str | None
    language: str | None
    consent: str | None
    consent_at: datetime | None


class CompanyCard(CompanyRow):
    """A company and the people in it."""

    model_config = shown(examples.COMPANY_WITH_PEOPLE)

    persons: list[PersonRow]


class LineRow(BaseModel):
    """A product of an invoice; amounts are decimal strings."""

    name: str
    sku: str | None
    category: str | None
    quantity: str
    price: str
    amount: str


class InvoiceRow(BaseModel):
    """An invoice with its lines."""

    model_config = shown(examples.INVOICE)

    id: int
    company_id: int
    person_id: int | None
    number: str
    is_refund: bool
    issued_on: date
    currency: str
    total: str
    lines: list[LineRow]


class ProductRow(BaseModel):
    """A product of the catalogue, as a letter may offer it."""

    model_config = shown(examples.PRODUCT)

    id: int
    shop_id: int
    sku: str
    name: str
    category: str | None
    price: str | None
    currency: str


class Companies(BaseModel):
    """`next` is what to give as `after` for more."""

    results: list[CompanyRow]
    next: int | None


class Invoices(BaseModel):
    """The newest first; `next` is what to give as `after` for more."""

    results: list[InvoiceRow]
    next: int | None


class Products(BaseModel):
    """`next` is what to give as `after` for more."""

    results: list[ProductRow]
    next: int | None


_At = Annotated[int, Path(ge=1, le=_LARGEST_ID)]
_After = Annotated[int | None, Query(ge=1, le=_LARGEST_ID, description="The `next` of the page before.")]
_Most = Annotated[int, Query(ge=1, le=200)]
_Search = Annotated[str, Query(max_length=200)]


def router(app: App) -> APIRouter:
    """All behind a key with the scope ``letters``. A post takes up to 1000 entries, all of them or none, and the same
    post again changes nothing. 404 names the entry whose company or person is not there, 409 the one that does not add
    up, 422 the entry and the field that is wrong: ``invoices.3.lines.0.price``."""
    routes = APIRouter(prefix=_PATH, **behind(app, Scope.LETTERS, besides=faults(422)), tags=["Sales data"])
    _add_posts(routes, app)
    _add_lists(routes, app)
    return routes


def longest_bodies() -> dict[str, int]:
    """The paths that take more than a usual call, and how many bytes."""
    return {f"{_PATH}/{name}/": LONGEST_POST for name in ("companies", "persons", "invoices")}


def _add_posts(routes: APIRouter, app: App) -> None:
    @routes.post("/companies/", responses=faults(400, 413))
    async def post_companies(told: CompaniesTold) -> Taken:
        """Tell of companies."""
        some = [_company(one) for one in told.companies]
        return _taken(await app.db.run(firms.store, some, now=app.clock.now()))

    @routes.post("/persons/", responses=faults(400, 404, 413))
    async def post_persons(told: PersonsTold) -> Taken:
        """Tell of people in companies."""
        now = app.clock.now()

        def store(session: Session) -> Stored:
            _are_there(session, Company, "persons", "company_id", [one.company_id for one in told.persons])
            return persons.store(session, [_person(one) for one in told.persons], now=now)

        return _taken(await app.db.run(store))

    @routes.post("/invoices/", responses=faults(400, 404, 409, 413))
    async def post_invoices(told: InvoicesTold) -> Taken:
        """Tell of invoices and refunds."""
        some = [_invoice(one) for one in told.invoices]
        tomorrow = app.clock.now().astimezone(app.settings.zone).date() + timedelta(days=1)
        for place, one in enumerate(some):
            if problem := sold.wrong(one):
                raise Refused(f"invoices.{place}: {problem}")
            if not EARLIEST.date() <= one.issued_on <= tomorrow:
                raise Refused(f"invoices.{place}.issued_on: в {one.issued_on:%d.%m.%Y} счёта быть не могло.")

        def store(session: Session) -> Stored:
            _are_there(session, Company, "invoices", "company_id", [one.company_id for one in some])
            _are_there(session, Person, "invoices", "person_id", [one.person_id for one in some])
            _are_in_their_companies(session, some)
            return sold.store(session, some, now=app.clock.now())

        return _taken(await app.db.run(store))


def _add_lists(routes: APIRouter, app: App) -> None:
    @routes.get("/companies/")
    async def companies(q: _Search = "", after: _After = None, limit: _Most = listing.PAGE) -> Companies:
        """Companies by name; `q` is a part of the name, or how the tax number or somebody's address begins."""
        page = await app.db.read(listing.companies, query=q.replace("\0", ""), after=after, most=limit)
        return Companies(results=[CompanyRow(**_row(one)) for one in page.rows], next=page.following)

    @routes.get("/companies/{id}/", responses=faults(404))
    async def company(id: _At) -> CompanyCard:
        """A company and the people in it."""
        one, people = await app.db.read(listing.company, id)
        return CompanyCard(**_row(one), persons=[_shown(person) for person in people])

    @routes.get("/persons/{id}/", responses=faults(404))
    async def person(id: _At) -> PersonRow:
        """Somebody in a company."""
        return _shown(await app.db.read(listing.person, id))

    @routes.get("/invoices/", responses=faults(404))
    async def invoices(
        company_id: Annotated[int, Query(ge=1, le=_LARGEST_ID)], after: _After = None, limit: _Most = listing.PAGE
    ) -> Invoices:
        """A company's invoices."""
        page = await app.db.read(listing.invoices, company_id, after=after, most=limit)
        return Invoices(results=[_with_lines(*one) for one in page.rows], next=page.following)

    @routes.get("/products/")
    async def products(q: _Search = "", after: _After = None, limit: _Most = listing.PAGE) -> Products:
        """The catalogue: what letters may offer."""
        page = await app.db.read(listing.products, query=q.replace("\0", ""), after=after, most=limit)
        rows = [
            ProductRow(
                id=one.id,
                shop_id=one.shop_id,
                sku=one.sku,
                name=one.name,
                category=one.category,
                price=None if one.price is None else f"{one.price:.2f}",
                currency=one.currency,
            )
            for one in page.rows
        ]
        return Products(results=rows, next=page.following)


def _are_there(
    session: Session, table: type[Company | Person], what: str, name: str, ids: Sequence[int | None]
) -> None:
    wanted: Collection[int] = {one for one in ids if one is not None}
    known = set(session.scalars(select(table.id).where(table.id.in_(wanted)))) if wanted else set()
    for place, one in enumerate(ids):
        if one is not None and one not in known:
            raise HTTPException(404, f"{what}.{place}.{name}: такой записи нет ({one}).")


def _are_in_their_companies(session: Session, some: Sequence[sold.Told]) -> None:
    named = {one.person_id for one in some if one.person_id is not None}
    found = session.execute(select(Person.id, Person.company_id).where(Person.id.in_(named))) if named else ()
    companies = {person: company for person, company in found}  # noqa: C416
    for place, one in enumerate(some):
        if one.person_id is not None and companies[one.person_id] != one.company_id:
            raise Refused(f"invoices.{place}.person_id: этот человек из другой компании ({companies[one.person_id]}).")


def _company(told: CompanyTold) -> firms.Told:
    key = f"own:{told.key}" if told.key else ""
    return firms.Told(told.name, tax_id=told.tax_id, key=key, empties=told.empties - {"key"})


def _person(told: PersonTold) -> persons.Told:
    return persons.Told(
        company_id=told.company_id,
        name=told.name,
        position=told.position,
        email=told.email,
        phone=normalise_phone(told.phone) if told.phone else None,
        language=told.language,
        consent=Consent(told.consent) if told.consent else None,
        consent_at=told.consent_at if told.consent else None,
        key=f"own:{told.key}" if told.key else "",
        empties=told.empties & {"position", "email", "phone", "language"},
    )


def _invoice(told: InvoiceTold) -> sold.Told:
    lines = [
        sold.Line(one.name, one.quantity, one.price, one.summed, sku=one.sku, category=one.category)
        for one in told.lines
    ]
    summed = sum((line.amount for line in lines), Decimal(0))
    return sold.Told(
        company_id=told.company_id,
        number=told.number,
        issued_on=told.issued_on,
        currency=told.currency,
        total=summed if told.total is None else told.total,
        lines=lines,
        is_refund=told.is_refund,
        person_id=told.person_id,
    )


def _taken(stored: Stored) -> Taken:
    return Taken(added=stored.added, changed=stored.changed, unchanged=stored.unchanged, ids=stored.ids)


def _row(one: listing.Listed) -> dict[str, Any]:
    return {
        "id": one.company.id,
        "name": one.company.name,
        "tax_id": one.company.tax_id,
        "is_person": one.company.is_person,
        "people": one.people,
        "invoices": one.invoices,
        "last_on": one.last_on,
        "sums": {currency: f"{total:.2f}" for currency, total in one.sums.items()},
    }


def _shown(person: Person) -> PersonRow:
    return PersonRow(**{name: getattr(person, name) for name in PersonRow.model_fields})


def _with_lines(invoice: Invoice, lines: Sequence[InvoiceLine]) -> InvoiceRow:
    told = {name: getattr(invoice, name) for name in InvoiceRow.model_fields if name not in ("lines", "total")}
    rows = [
        LineRow(
            name=line.name,
            sku=line.sku,
            category=line.category,
            quantity=f"{line.quantity.normalize():f}",
            price=f"{line.price:.2f}",
            amount=f"{line.amount:.2f}",
        )
        for line in lines
    ]
    return InvoiceRow(**told, total=f"{invoice.total:.2f}", lines=rows)
