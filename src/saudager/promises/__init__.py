"""The promise table: discounts, instalments, gifts, free delivery, and what of it the salesperson may rest on today."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from pydantic import BaseModel, Field, ValidationInfo, field_validator
from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.db.statements import Statement
from saudager.errors import NotFound
from saudager.promises.models import Kind, Promise
from saudager.providers.llm import Fact
from saudager.words import stems

SOURCE = "Обещания магазина"
"""The file a promise is quoted from, in the place of a document's name."""

FIGURES: Mapping[str, tuple[int, int]] = {
    Kind.DISCOUNT: (1, 100),
    Kind.INSTALMENTS: (1, 120),
    Kind.FREE_DELIVERY: (0, 1_000_000_000),
    Kind.WARRANTY: (1, 1200),
}
"""From and to of the figure, for the kinds that need one."""

_SECTIONS = {
    Kind.DISCOUNT: "Скидка",
    Kind.INSTALMENTS: "Рассрочка",
    Kind.FREE_DELIVERY: "Бесплатная доставка",
    Kind.GIFT: "Подарок",
    Kind.WARRANTY: "Гарантия",
    Kind.OTHER: "Условия",
}
_FIGURE_SAYS = {
    Kind.DISCOUNT: "Можем сделать скидку {figure} %, не больше.",
    Kind.INSTALMENTS: "Можем оформить рассрочку на {figure} мес., не дольше.",
    Kind.FREE_DELIVERY: "Доставим бесплатно при заказе от {figure} {currency}.",
    Kind.WARRANTY: "Даём гарантию {figure} мес.",
}
_STANDING = Statement("""
    select kind, words, words_kk, words_en, conditions, figure, valid_until from promises
    where active and (valid_from is null or valid_from <= :today) and (valid_until is null or valid_until >= :today)
    order by id""")


class Wording(BaseModel):
    """A promise as it is typed in; the validators tell what is wrong in Russian."""

    kind: Kind
    words: str = Field(min_length=3, max_length=500)
    words_kk: str = Field("", max_length=500)
    words_en: str = Field("", max_length=500)
    conditions: str = Field("", max_length=500)
    figure: int | None = Field(None, validate_default=True)
    valid_from: date | None = None
    valid_until: date | None = Field(None, validate_default=True)

    @field_validator("figure")
    @classmethod
    def _belongs_to_its_kind(cls, value: int | None, info: ValidationInfo) -> int | None:
        limits = FIGURES.get(info.data.get("kind", ""))
        if limits is None:
            return None
        if value is None or not limits[0] <= value <= limits[1]:
            raise ValueError(f"нужно целое число от {limits[0]} до {limits[1]}")
        return value

    @field_validator("valid_until")
    @classmethod
    def _ends_after_it_begins(cls, value: date | None, info: ValidationInfo) -> date | None:
        begins = info.data.get("valid_from")
        if value is not None and begins is not None and value < begins:
            raise ValueError("последний день раньше первого")
        return value


def everything(session: Session) -> Sequence[Promise]:
    """Every promise, those in use first."""
    return session.scalars(select(Promise).order_by(Promise.active.desc(), Promise.kind, Promise.id)).all()


def get(session: Session, promise_id: int) -> Promise:
    """Raises NotFound."""
    found = session.get(Promise, promise_id)
    if found is None:
        raise NotFound("Такого обещания нет.")
    return found


def add(session: Session, wording: Wording, *, by: str, now: datetime) -> int:
    """A new promise, in use from now on; its id."""
    promise = Promise(**wording.model_dump(), active=True, changed_at=now, changed_by=by)
    session.add(promise)
    session.flush()
    return promise.id


def change(session: Session, promise_id: int, wording: Wording, *, by: str, now: datetime) -> None:
    """Say it otherwise; raises NotFound."""
    promise = get(session, promise_id)
    for name, value in wording.model_dump().items():
        setattr(promise, name, value)
    promise.changed_at, promise.changed_by = now, by


def use(session: Session, promise_id: int, *, active: bool, by: str, now: datetime) -> None:
    """Take a promise back, or into use again; raises NotFound."""
    promise = get(session, promise_id)
    promise.active, promise.changed_at, promise.changed_by = active, now, by


def holds(promise: Promise, today: date) -> bool:
    """Whether the salesperson may say it today."""
    begun = promise.valid_from is None or promise.valid_from <= today
    return promise.active and begun and (promise.valid_until is None or promise.valid_until >= today)


def facts(session: Session, asked: str, *, today: date, currency: str) -> list[Fact]:
    """Today's promises, as passages to answer from; ``score`` is the share of the question they speak of."""
    rows = _STANDING(session, today=today.isoformat()).fetchall()
    if not rows:
        return []
    wanted = stems(asked)
    told = [_as_fact(*row, currency=currency) for row in rows]
    return [
        Fact(text, SOURCE, 0, section, score=round(len(wanted & stems(f"{section} {text}")) / max(len(wanted), 1), 3))
        for section, text in told
    ]


def _as_fact(
    kind: str, words: str, kk: str, en: str, conditions: str, figure: int | None, until: object, *, currency: str
) -> tuple[str, str]:
    """Its heading and its text."""
    said = [f"{words.rstrip('. ')}."]
    if kind in _FIGURE_SAYS:
        said.append(_FIGURE_SAYS[Kind(kind)].format(figure=f"{figure:,}".replace(",", " "), currency=currency))
    if conditions:
        said.append(f"Условия: {conditions.rstrip('. ')}.")
    if until:
        said.append(f"Действует до {date.fromisoformat(str(until)):%d.%m.%Y} включительно.")
    return _SECTIONS[Kind(kind)], "\n".join([" ".join(said), *(other for other in (kk, en) if other)])
