"""A pen the test holds, and people to write to."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.letters import insights, writing
from saudager.letters.insights import Insights
from saudager.letters.schemas import PersonalizationData, SalesInsight
from saudager.letters.writing import Checked, Commission, Marked, Written
from saudager.rehearsal import OPENING
from saudager.sales.models import Company, Person
from saudager.truth.named import NamedFact

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
        on_progress("Пишем письмо")
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
        at = body.find("18")
        figures = [Marked("body", at, at + 2, "18", FACTS[1], None)] if at >= 0 else []
        if (at := body.find("25 %")) < 0:
            return Checked(figures, [])
        figures.append(Marked("body", at, at + 4, "25 %", None, None))
        return Checked(figures, ["«25 %»: такой цифры в данных нет."])


def held(monkeypatch: pytest.MonkeyPatch) -> Pen:
    """A pen that writes every letter of the test: what tasks do with words, whoever finds them."""
    pen = Pen()
    monkeypatch.setattr(writing, "write", pen.write)
    monkeypatch.setattr(writing, "check", pen.check)
    monkeypatch.setattr(insights, "find", pen.find)
    return pen


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
