"""A letter whose figures are so no longer does not go: it lies on the desk again, and why stands beside it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.letters import facts, sending, staleness, subjects
from saudager.letters.models import Letter
from saudager.orders.models import Product
from saudager.truth.named import NamedFact
from tests.campaigns import people
from tests.orders import rows

pytestmark = pytest.mark.both_kinds


async def _offers(app: App, *more: NamedFact, engine: str = "fallback") -> int:
    """An approved letter that offers a server in stock."""
    now = app.clock.now()

    def make(session: Session) -> int:
        server = Product(
            shop_id=rows.shop(session, at=now),
            sku="S-1",
            name="Сервер S-1",
            price=Decimal(900_000),
            currency="KZT",
            stock=Decimal(3),
            updated_at=now,
        )
        session.add(server)
        session.flush()
        (offer,) = subjects.offers(session, (server.id,))
        told = facts.stored([*offer.facts, *more])
        return people.letter(
            session, people.person(session, now=now), now=now, products=[server.id], facts=told, engine=engine
        )

    return await app.db.run(make)


async def _became(app: App, id: int) -> tuple[str, str | None]:
    await sending.send_due(app, "test")
    letter = await app.db.read(lambda session: session.get_one(Letter, id))
    return letter.state, letter.reason


def _dearer(session: Session) -> None:
    session.execute(update(Product).values(price=Decimal(950_000)))


def _sold_out(session: Session) -> None:
    session.execute(update(Product).values(stock=Decimal(0)))


def _gone(session: Session) -> None:
    session.execute(delete(Product))


async def test_what_is_still_so_goes(app: App) -> None:
    until = NamedFact("period_until", app.clock.now().date().isoformat())
    assert await _became(app, await _offers(app, until)) == ("sent", None)


@pytest.mark.parametrize("changed", [_dearer, _sold_out, _gone])
async def test_an_offer_that_is_so_no_longer_stays(app: App, changed: Callable[[Session], Any]) -> None:
    id = await _offers(app)
    await app.db.run(changed)
    assert await _became(app, id) == ("draft", staleness.OFFER_CHANGED)


async def test_what_a_person_wrote_is_his_to_answer_for(app: App) -> None:
    id = await _offers(app, engine="person")
    await app.db.run(_dearer)
    assert await _became(app, id) == ("sent", None)


async def test_purchases_of_a_period_long_over_are_not_told_any_more(app: App) -> None:
    assert await _became(app, await _offers(app, NamedFact("period_until", "2025-01-31"))) == (
        "draft",
        staleness.PERIOD_OVER,
    )
