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
from saudager.console import screen
from saudager.console.deeds import deed
from saudager.console.door import Manager, Visitor
from saudager.console.numbers import Number, NumberOrNothing, number_in
from saudager.console.pictures.everyone import HOME
from saudager.errors import NotFound, Refused, Rejected
from saudager.letters import recipients
from saudager.orders.models import Product
from saudager.providers.images import LARGEST
from saudager.studio import angles, drawing, photos, series, spoken
from saudager.studio.models import Keeping
from saudager.studio.subjects import Car, Thing

UPLOADS = {f"{HOME}/new": LARGEST + 1_000_000}
LONGEST_WORDS, LONGEST_DETAILS = 200, 500
_LONGEST_OWN = 80 * angles.MOST
_FOUND = 30
_YEARS = range(1885, 2101)
_Searched = Annotated[str, Query(max_length=200)]
_Short = Annotated[str, Field(max_length=120)]


class Wish(BaseModel):
    """What the form asks for, as it was typed."""

    once: str = Field(pattern=r"^[A-Za-z0-9-]{8,64}$")
    kind: Literal["words", "product", "car"]
    words: str = Field("", max_length=LONGEST_WORDS)
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
            longest_words=LONGEST_WORDS,
            longest_details=LONGEST_DETAILS,
            largest=LARGEST // 1024**2,
            looks_up=app.web_search is not None,
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
            number = await _begin(app, wish, photo, visitor)
        except (Refused, Rejected, NotFound) as error:
            return screen.part(visitor, "pictures_wrong.html", wrong=str(error))
        return screen.told(visitor.say("Рисуем."), then=f"{HOME}/{number}")

    return routes


async def _begin(app: App, wish: Wish, photo: bytes, visitor: Visitor) -> int:
    subject = await app.db.read(_subject, wish)
    session_id = series.session_id_of(subject, wish.once)
    if (known := await app.db.read(series.named, session_id)) is not None:
        return known.id
    angles.chosen(wish.views)
    kept = None
    if wish.keeping == Keeping.PHOTO:
        if not photo:
            raise Refused(visitor.say("Выберите фото товара или другой способ сохранить сходство."))
        kept = await photos.keep(app, photo)

    def ask(session: Session) -> int:
        return series.begin(
            session,
            subject,
            views=wish.views,
            keeping=wish.keeping,
            looks_up=wish.looks_up and app.web_search is not None,
            by=visitor.name,
            now=app.clock.now(),
            photo=kept,
            product_id=number_in(wish.product) if wish.kind == "product" else None,
            session_id=session_id,
        ).id

    try:
        return await deed(app, visitor, "pictures.asked", f"series:{session_id}", ask)
    except Refused:
        if kept is not None:
            await drawing.drop_files(app, kept)
        if (known := await app.db.read(series.named, session_id)) is not None:
            return known.id
        raise


def _subject(session: Session, wish: Wish) -> Car | Thing:
    """What the form names. Raises Refused with what is missing, and NotFound for a product that is none."""
    if wish.kind == "car":
        if not wish.brand.strip():
            raise Refused("Назовите марку машины.")
        return Car(
            brand=wish.brand,
            model=wish.model,
            year=_year(wish.year),
            color=wish.car_color,
            body_type=wish.body_type,
        )
    if wish.kind == "words":
        if not any(sign.isalnum() for sign in wish.words):
            raise Refused("Напишите, что нарисовать.")
        return spoken.subject(wish.words)
    number = number_in(wish.product)
    if number is None:
        raise Refused("Выберите товар каталога.")
    product = session.get(Product, number)
    if product is None:
        raise NotFound("Такого товара в каталоге нет.")
    return Thing(name=product.name[:200], color=wish.color, details=wish.details)


def _year(typed: str) -> int | None:
    plain = typed.strip()
    if not plain:
        return None
    if not plain.isdecimal() or int(plain) not in _YEARS:
        raise Refused(f"Год машины пишут четырьмя цифрами, от {_YEARS[0]} до {_YEARS[-1]}.")
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
