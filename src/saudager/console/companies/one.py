"""A company's page: its figures and the year's chart, the people in it, and the letters they were written."""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from babel.dates import format_date
from babel.numbers import format_percent
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import charts, screen
from saudager.console.charts import Chart
from saudager.console.door import Viewer, Visitor
from saudager.console.numbers import Number
from saudager.errors import NotFound
from saudager.letters.models import Letter
from saudager.sales import metrics
from saudager.sales.metrics import InCurrency
from saudager.sales.models import Company, Person

PERIODS = (3, 6, 12, 24)
"""How many months the figures may be of."""
_USUAL = 12
_LETTERS, _PEOPLE = 20, 100
SIGNS = {"KZT": "₸", "RUB": "₽", "USD": "$", "EUR": "€"}


def router(app: App) -> APIRouter:
    """The page."""
    routes = APIRouter(prefix="/{company_id}")

    @routes.get("")
    async def page(request: Request, visitor: Viewer, company_id: Number, months: int = _USUAL) -> HTMLResponse:
        period, now = months if months in PERIODS else _USUAL, app.clock.now()
        today = now.astimezone(app.settings.zone).date()
        shown = await app.db.read(_read, company_id, months_back=period, today=today)
        figures, company = shown["figures"], shown["company"]
        return screen.page(
            request,
            visitor,
            "company.html",
            title=company.name or visitor.say("Без имени"),
            period=period,
            periods=PERIODS,
            charts={one.currency: _chart(visitor, one) for one in figures.currencies},
            percent=lambda share: format_percent(share, format="#,##0.# %", locale=visitor.language),
            change=_change(visitor),
            on=lambda day: format_date(day, "d MMMM y", locale=visitor.language),
            sign=lambda currency: SIGNS.get(currency, currency),
            **shown,
        )

    return routes


def _read(session: Session, company_id: int, *, months_back: int, today: date) -> dict[str, Any]:
    company = session.get(Company, company_id)
    if company is None:
        raise NotFound("Такой компании нет.")
    people = session.scalars(
        select(Person).where(Person.company_id == company_id).order_by(Person.id).limit(_PEOPLE)
    ).all()
    return {
        "company": company,
        "figures": metrics.of_company(session, company_id, months_back=months_back, today=today),
        "people": people,
        "letters": _letters(session, [person.id for person in people]),
        "names": {person.id: person.name for person in people},
    }


def _letters(session: Session, people: Sequence[int]) -> Sequence[Any]:
    """The newest letters to these persons."""
    wanted = (Letter.id, Letter.person_id, Letter.subject, Letter.state, Letter.created_at, Letter.sent_at)
    newest = select(*wanted).where(Letter.person_id.in_(people)).order_by(Letter.id.desc()).limit(_LETTERS)
    return session.execute(newest).all()


def _chart(visitor: Visitor, one: InCurrency) -> Chart:
    """The months of one currency."""
    sign, bought = SIGNS.get(one.currency, one.currency), [month for month in one.months if month[1] > 0]
    names = [
        format_date(date.fromisoformat(f"{month}-01"), "LLL y", locale=visitor.language) for month, _ in one.months
    ]

    def show(amount: float | Decimal) -> str:
        return visitor.wording.money(amount, sign)

    said = visitor.say("Месяцев с покупками: %(n)s из %(of)s.", n=len(bought), of=len(one.months))
    if bought:
        best = max(range(len(one.months)), key=lambda place: one.months[place][1])
        said += " " + visitor.say(
            "Больше всего — %(month)s: %(sum)s.", month=names[best], sum=show(one.months[best][1])
        )
    return charts.by_month(
        visitor.say("По месяцам, %(currency)s", currency=sign),
        said,
        [visitor.say("Месяц"), visitor.say("Сумма")],
        [(name, float(total)) for name, (_, total) in zip(names, one.months, strict=True)],
        show,
    )


def _change(visitor: Visitor) -> Callable[[Decimal], str]:
    """«+15 %», «−7,5 %»"""

    def show(growth: Decimal) -> str:
        told = format_percent(abs(growth), format="#,##0.# %", locale=visitor.language)
        return f"{'+' if growth > 0 else '−' if growth < 0 else ''}{told}"

    return show
