"""Books of a shop for tests: companies with invoices, written in a few words or made up."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from sqlalchemy.orm import Session

from saudager.conversations import models as _conversations  # noqa: F401
from saudager.db.threads import kind_of
from saudager.orders import models as _orders  # noqa: F401
from saudager.sales.models import Company, Invoice, InvoiceLine, Person

_NOW = datetime(2026, 11, 1, tzinfo=UTC)
Sold = tuple[str, int, int]
"""A product, how many pieces, and what they cost together in whole units; below zero it was given back."""


@contextmanager
def opened(storage: str | None, folder: Path) -> Iterator[Session]:
    """A session on the test's database."""
    url = storage or f"sqlite:///{folder}/saudager.db"
    engine = kind_of(url).connect(url)
    with Session(engine, expire_on_commit=False) as session:
        yield session
    engine.dispose()


class Books:
    """Writes companies, persons and invoices down."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._numbers = iter(range(1, 1_000_000))
        self._is_at_once = False
        self._lines: list[InvoiceLine] = []

    def company(self, name: str, *emails: str | None) -> int:
        """A company with a person for each address; its id."""
        company = Company(key=f"own:{name}", name=name, is_person=False, created_at=_NOW, updated_at=_NOW)
        self.session.add(company)
        self.session.flush()
        for number, email in enumerate(emails):
            self.session.add(
                Person(
                    company_id=company.id,
                    key=f"own:{number}",
                    name=f"Иван {number}",
                    email=email,
                    created_at=_NOW,
                    updated_at=_NOW,
                )
            )
            self.session.flush()
        return company.id

    def sold(
        self,
        company_id: int,
        on: date | str,
        *lines: Sold,
        currency: str = "KZT",
        categories: Sequence[str | None] = (),
        skus: Sequence[str | None] = (),
    ) -> int:
        """An invoice, or a refund when the first line is below zero; its id."""
        is_refund = lines[0][2] < 0
        number = next(self._numbers)
        invoice = Invoice(
            id=number,
            company_id=company_id,
            number=f"N-{number}",
            is_refund=is_refund,
            issued_on=date.fromisoformat(on) if isinstance(on, str) else on,
            currency=currency,
            total=sum((Decimal(amount) for _, _, amount in lines), Decimal(0)),
            created_at=_NOW,
            updated_at=_NOW,
        )
        self.session.add(invoice)
        for place, (name, quantity, amount) in enumerate(lines):
            self._lines.append(
                InvoiceLine(
                    invoice_id=number,
                    number=place + 1,
                    product=(skus[place] if place < len(skus) and skus[place] else name).lower(),
                    sku=skus[place] if place < len(skus) else None,
                    name=name,
                    category=categories[place] if place < len(categories) else None,
                    quantity=Decimal(quantity),
                    price=abs(Decimal(amount) / quantity).quantize(Decimal("0.01")) if quantity else Decimal(0),
                    amount=Decimal(amount),
                )
            )
        if not self._is_at_once:
            self._write()
        return number

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Everything inside is one transaction."""
        connection = self.session.connection()
        connection.exec_driver_sql("begin")
        self._is_at_once = True
        yield
        self._is_at_once = False
        self._write()
        connection.exec_driver_sql("commit")

    def _write(self) -> None:
        self.session.flush()
        self.session.add_all(self._lines)
        self._lines.clear()
        self.session.flush()

    def made_up(self, random: Random, *, today: date, years: int) -> list[int]:
        """Companies with three years of sales and more: refunds, currencies, several invoices a day, products bought
        every so many days, renamed ones, and invoices dated after today."""
        with self.at_once():
            return [self._made_up(random, number, today, years) for number in range(random.randint(2, 5))]

    def _made_up(self, random: Random, number: int, today: date, years: int) -> int:
        company_id = self.company(f"ТОО {number}")
        currencies = random.choice((["KZT"], ["KZT", "USD"], ["USD", "KZT", "RUB"]))
        begin = today - timedelta(days=random.randint(30, 366 * years))
        span = (today - begin).days + 10
        for _ in range(random.randint(0, 60)):
            self._invoice(random, company_id, begin + timedelta(days=random.randint(0, span)), currencies)
        for product in range(random.randint(0, 4)):
            day, every = begin, random.randint(3, 60)
            stops = today - timedelta(days=random.randint(0, 5 * every))
            while day <= stops:
                self.sold(company_id, day, (f"Бумага {product}", 1, 100), currency=currencies[0])
                day += timedelta(days=max(1, every + random.randint(-2, 2)))
        return company_id

    def _invoice(self, random: Random, company_id: int, day: date, currencies: Sequence[str]) -> None:
        sign = -1 if random.random() < 0.2 else 1
        lines = [
            (f"Товар {random.randrange(9)}", sign * random.randint(1, 5), sign * random.randint(0, 900))
            for _ in range(random.randint(1, 4))
        ]
        if sign < 0 and lines[0][2] == 0:
            lines[0] = (lines[0][0], lines[0][1], -7)
        named = [None if random.random() < 0.2 else f"Раздел {int(name[-1]) % 4}" for name, _, _ in lines]
        for _ in range(random.choice((1, 1, 2))):
            self.sold(company_id, day, *lines, currency=random.choice(currencies), categories=named)
