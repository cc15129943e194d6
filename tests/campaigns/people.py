"""Companies, people and letters as they lie in the database, made in a line each."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from saudager.letters.models import Letter, LetterState
from saudager.sales.models import Company, Invoice, InvoiceLine, Person

MAILBOX = "mail:shop@trial.example"
YEAR = [[f"2025-{month:02}", "0.00" if month == 2 else f"{month * 10_000}.00"] for month in range(1, 13)]
BODY = """Добрый день, Иван Петрович!

Вместе с вами мы подвели итоги года:
- 18 заказов на 2 450 000 ₸
- рост 15 % к прошлому году

С уважением,
Тёплый Дом"""


def person(session: Session, email: str | None = "ivan@techcom.example", *, now: datetime, **known: Any) -> Person:
    """Somebody in a company of his own."""
    key = email or "nobody"
    company = Company(
        key=f"name:{key}",
        name=f"ТОО «{key.partition('@')[0].title()}»",
        is_person=False,
        created_at=now,
        updated_at=now,
    )
    session.add(company)
    session.flush()
    given = {"name": "Иван Петров", "consent": "given", "language": "ru"} | known
    made = Person(company_id=company.id, key=f"email:{key}", email=email, created_at=now, updated_at=now, **given)
    session.add(made)
    session.flush()
    return made


def letter(session: Session, to: Person, *, now: datetime, **known: Any) -> int:
    """An approved letter that is due."""
    given: dict[str, Any] = {
        "context": "",
        "tone": "professional",
        "purpose": "offer",
        "products": [],
        "include_sales_data": True,
        "language": to.language or "ru",
        "state": LetterState.APPROVED,
        "subject": "Итоги года",
        "body": BODY,
        "key_points": [],
        "facts": [],
        "year": YEAR,
        "engine": "fallback",
        "version": 1,
        "due_at": now,
        "approved_alone": True,
    }
    made = Letter(person_id=to.id, company_id=to.company_id, created_at=now, updated_at=now, **given | known)
    session.add(made)
    session.flush()
    return made.id


def invoice(session: Session, company_id: int, total: str, *, on: date, now: datetime, currency: str = "KZT") -> None:
    """What a company bought; below zero: gave back."""
    amount = Decimal(total)
    number = f"{on:%Y%m%d}-{company_id}-{total}"
    made = Invoice(
        company_id=company_id,
        number=number,
        is_refund=amount < 0,
        issued_on=on,
        currency=currency,
        total=amount,
        created_at=now,
        updated_at=now,
    )
    session.add(made)
    session.flush()
    one = -1 if amount < 0 else 1
    line = InvoiceLine(
        invoice_id=made.id,
        number=1,
        product="server",
        name="Сервер",
        category="Серверы",
        quantity=Decimal(one),
        price=abs(amount),
        amount=amount,
    )
    session.add(line)
    session.flush()
