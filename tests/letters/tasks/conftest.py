"""A shop with somebody to write to, and a pen the test holds: what tasks do with words is tested here, whoever finds
them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from sqlalchemy.orm import Session

from saudager import keys
from saudager.api import letters, openapi
from saudager.app import App
from saudager.keys import Scope
from saudager.letters import insights, writing
from saudager.letters.insights import Insights
from saudager.letters.schemas import PersonalizationData, SalesInsight
from saudager.letters.writing import Checked, Commission, Written
from saudager.rehearsal import OPENING, Shop
from saudager.sales.models import Company, Person
from saudager.truth.named import NamedFact
from saudager.web import make_web

EMAILS = "/api/v1/email_marketing/emails"
FACTS = [NamedFact("total", "2450000 KZT", "2025-03..2026-03"), NamedFact("orders", "18")]
DATA = PersonalizationData(
    company_name="ТехКом",
    person_name="Иван Петрович Смирнов",
    person_position="директор по IT",
    total_purchases="2 450 000 ₸",
    sales_insights=[SalesInsight(metric_name="Заказы", value="18", trend="стабильно", description="Ровный спрос")],
)


@dataclass
class Pen:
    """Writes at once, or once ``hold`` is let go; ``faults`` are raised first, one a letter."""

    hold: asyncio.Event | None = None
    faults: list[Exception] = field(default_factory=list)
    commissions: list[Commission] = field(default_factory=list)

    async def write(
        self, app: App, commission: Commission, *, now: Any, on_progress: Callable[[str], None] = lambda words: None
    ) -> Written:
        self.commissions.append(commission)
        on_progress("пишем")
        if self.hold is not None:
            await self.hold.wait()
        if self.faults:
            raise self.faults.pop(0)
        return Written(
            subject=f"Письмо {len(self.commissions)} для ТехКом",
            body=f"Добрый день, Иван Петрович!\n\nУ вас 18 заказов. {commission.context}",
            key_points=["18 заказов"],
            personalization=DATA if commission.include_sales_data else None,
            facts=FACTS,
            year=[("2026-03", "125000.00")],
            engine="scripted",
            language="ru",
        )

    async def find(self, app: App, company_id: int, person_id: int, **_: Any) -> Insights:
        return Insights(DATA, FACTS, None, "scripted")  # type: ignore[arg-type]

    def check(self, facts: Any, subject: str, body: str, *, now: Any) -> Checked:
        return Checked([], ["«25 %»: такой цифры в данных нет."] if "25 %" in body else [])


@pytest.fixture
def pen(monkeypatch: pytest.MonkeyPatch) -> Pen:
    held = Pen()
    monkeypatch.setattr(writing, "write", held.write)
    monkeypatch.setattr(writing, "check", held.check)
    monkeypatch.setattr(insights, "find", held.find)
    return held


def people(session: Session) -> None:
    """ТехКом (1) with Иван (1, nobody asked him), Анна (2, agreed), Олег (3, refused), Лев (4, no address);
    and a company of its own (2) with Мария (5)."""
    session.add_all(
        [
            Company(id=n, key=f"own:{n}", name=name, is_person=False, created_at=OPENING, updated_at=OPENING)
            for n, name in ((1, "ТехКом"), (2, "ДомСтрой"))
        ]
    )
    session.flush()
    for number, company, name, email, consent in (
        (1, 1, "Иван Петрович Смирнов", "ivan@techcom.example", None),
        (2, 1, "Анна Ли", "anna@techcom.example", "given"),
        (3, 1, "Олег Ким", "oleg@techcom.example", "refused"),
        (4, 1, "Лев Ан", None, "given"),
        (5, 2, "Мария Цой", "maria@domstroy.example", None),
    ):
        session.add(
            Person(
                id=number,
                company_id=company,
                key=f"name:{number}",
                name=name,
                email=email,
                consent=consent,
                created_at=OPENING,
                updated_at=OPENING,
            )
        )


@pytest.fixture
async def shop(open_shop: Any, pen: Pen) -> Shop:
    """A running shop with these people."""
    shop: Shop = await open_shop()
    await shop.app.db.run(people)
    return shop


def site(app: App) -> Any:
    """What the agent serves to programs about letters."""
    web = make_web("test")
    web.include_router(letters.router(app))
    web.include_router(openapi.router(app))
    return web


@pytest.fixture
async def http(shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    """A program with a key."""
    key = keys.new()
    await shop.app.db.run(keys.keep, key, "program", [Scope.LETTERS], now=shop.app.clock.now())
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(site(shop.app)),
        base_url="http://shop",
        headers={"authorization": f"Bearer {key}"},
    ) as client:
        yield client
