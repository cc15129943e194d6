"""A series to be drawn: what it shows, from which angles, and what keeps the pictures alike."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import uuid4

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.datastructures import UploadFile

from saudager.app import App
from saudager.console import deeds, screen
from saudager.console.door import Manager, Visitor
from saudager.console.numbers import Number, NumberOrNothing, number_in
from saudager.console.pictures.everyone import HOME
from saudager.errors import NotFound, QueueFull, Refused, Rejected
from saudager.letters import recipients
from saudager.orders.models import Product
from saudager.providers.images import LARGEST
from saudager.studio import angles, asking, reading
from saudager.studio.asking import Commission
from saudager.studio.models import Keeping, PictureSeries
from saudager.studio.subjects import Car, Thing

UPLOADS = {f"{HOME}/new": LARGEST + 1_000_000}
LONGEST_DETAILS = 500
_LONGEST_OWN = 80 * angles.MOST
_FOUND = 30
_YEARS = range(1885, 2101)
_Searched = Annotated[str, Query(max_length=200)]
_Short = Annotated[str, Field(max_length=120)]


class Wish(BaseModel):
    """What the form asks for, as it was typed."""

    once: str = Field(pattern=r"^[A-Za-z0-9-]{8,64}$")
    kind: Literal["words", "product", "car"]
    words: str = Field("", max_length=reading.LONGEST)
    product: NumberOrNothing = ""
    color: _Short = ""
    details: str = Field("", max_length=LONGEST_DETAILS)
    brand: str = Field("", max_length=60)
    model: _Short = ""
    year: str = Field("", max_length=10)
    car_color: _Short = ""
    body_type: _Short = ""
    angles: list[Annotated[str, Field(max_length=80)]] = Field([], max_length=angles.MOST)
    own: str = Field("", max_length=_LONGEST_OWN)
    keeping: Keeping
    looks_up: bool = False

    @property
    def views(self) -> list[str]:
        """The angles that are ticked, then those in his own words, one a line or between commas."""
        return [*self.angles, *self.own.replace(",", "\n").splitlines()]


async def _wished(request: Request) -> tuple[Wish, bytes]:
    """The form and the photo in it; no bytes: none was chosen."""
    async with request.form() as form:
        told: dict[str, Any] = {name: value for name, value in form.items() if isinstance(value, str)}
        try:
            wish = Wish.model_validate(told | {"angles": form.getlist("angles")})
        except ValidationError as wrong:
            raise RequestValidationError(wrong.errors()) from wrong
        photo = form.get("photo")
        return wish, await photo.read(LARGEST + 1) if isinstance(photo, UploadFile) else b""


Wished = Annotated[tuple[Wish, bytes], Depends(_wished)]


def router(app: App) -> APIRouter:
    """``/new`` is the form, ``/new/products`` the catalogue as it is searched; a form sent twice begins one series."""
    routes = APIRouter(prefix="/new")

    @routes.get("")
    async def new(request: Request, visitor: Manager, product: Number | None = None) -> HTMLResponse:
        engines = [painter.engine for painter in app.painters]
        return screen.page(
            request,
            visitor,
            "pictures_new.html",
            title=visitor.say("Новые картинки"),
            once=uuid4().hex,
            known=list(angles.KNOWN),
            most=angles.MOST,
            longest_own=_LONGEST_OWN,
            longest_words=reading.LONGEST,
            longest_details=LONGEST_DETAILS,
            largest=LARGEST // 1024**2,
            looks_up=app.web_search is not None and any(engine.reads_prompts for engine in engines),
            engines=[(engine.name, engine.model_id) for engine in engines],
            takes_photos=any(engine.most_references for engine in engines),
            **await app.db.read(_catalogue, "", product),
        )

    @routes.get("/products")
    async def products(visitor: Manager, q: _Searched = "", product: NumberOrNothing = "") -> HTMLResponse:
        return screen.part(visitor, "pictures_products.html", **await app.db.read(_catalogue, q, number_in(product)))

    @routes.post("")
    async def begin(visitor: Manager, wished: Wished) -> Response:
        wish, photo = wished
        try:
            number = await _begin(app, visitor, wish, photo)
        except (Refused, Rejected, NotFound, QueueFull) as error:
            return screen.part(visitor, "pictures_wrong.html", wrong=visitor.say(str(error)))
        return screen.told(visitor.say("Рисуем."), then=f"{HOME}/{number}")

    return routes


async def _begin(app: App, visitor: Visitor, wish: Wish, photo: bytes) -> int:
    """The series that is drawn for this form. Raises what hinders it, in Russian."""
    keeps_to_photo = wish.keeping == Keeping.PHOTO
    if keeps_to_photo and not photo:
        raise Refused(visitor.say("Выберите фото товара или другой способ сохранить сходство."))
    wanted = Commission(
        await app.db.read(_subject, visitor, wish),
        wish.views,
        product_id=number_in(wish.product) if wish.kind == "product" else None,
        keeping=wish.keeping,
        photo=photo if keeps_to_photo else None,
        looks_up=wish.looks_up and app.web_search is not None,
    )

    def note(session: Session, begun: PictureSeries) -> None:
        deeds.note(session, visitor, "pictures.asked", f"series:{begun.id}", {}, now=app.clock.now())

    return (await asking.ask(app, wanted, key=f"console:{wish.once}", by=visitor.name, noted=note)).id


def _subject(session: Session, visitor: Visitor, wish: Wish) -> Car | Thing:
    """What the form names. Raises Refused with what is missing, and NotFound for a product that is none."""
    if wish.kind == "car":
        if not wish.brand.strip():
            raise Refused("Назовите марку машины.")
        return Car(
            brand=wish.brand,
            model=wish.model,
            year=_year(visitor, wish.year),
            color=wish.car_color,
            body_type=wish.body_type,
        )
    if wish.kind == "words":
        return reading.read(wish.words)
    number = number_in(wish.product)
    if number is None:
        raise Refused("Выберите товар каталога.")
    product = session.get(Product, number)
    if product is None:
        raise NotFound("Такого товара в каталоге нет.")
    return Thing(name=product.name[:200], color=wish.color, details=wish.details)


def _year(visitor: Visitor, typed: str) -> int | None:
    plain = typed.strip()
    if not plain:
        return None
    if not plain.isdecimal() or int(plain) not in _YEARS:
        raise Refused(
            visitor.say(
                "Год машины пишут четырьмя цифрами, от %(first)s до %(last)s.", first=_YEARS[0], last=_YEARS[-1]
            )
        )
    return int(plain)


def _catalogue(session: Session, query: str, chosen: int | None) -> dict[str, Any]:
    """Products with the words in their name or article, the chosen one first."""
    wanted = select(Product).order_by(Product.id != (chosen or 0), Product.name, Product.id).limit(_FOUND)
    if words := query.strip():
        wanted = wanted.where(
            recipients.holds(session, words, Product.name, Product.sku) | (Product.id == (chosen or 0))
        )
    found: Sequence[Product] = session.scalars(wanted).all()
    return {"products": found, "product": chosen, "q": query}
