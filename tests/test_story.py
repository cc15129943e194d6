"""The whole story of the product: from a stranger's first line to a call that is reminded of."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.calls.models import ScheduledCall
from saudager.followups.models import FollowUp
from saudager.rehearsal import Shop

pytestmark = [pytest.mark.both_kinds, pytest.mark.slow]


def _chain(session: Session) -> FollowUp:
    return session.scalars(select(FollowUp).order_by(FollowUp.id)).first()  # type: ignore[return-value]


def _calls(session: Session) -> list[ScheduledCall]:
    return list(session.scalars(select(ScheduledCall)).all())


async def test_a_new_contact_becomes_a_customer_falls_silent_says_yes_and_has_a_call(open_shop: Any):
    shop: Shop = await open_shop()  # Wednesday, 11 March, 12:00 in Almaty; the offline engine
    await shop.customer_says("Здравствуйте! Сколько стоит пластиковое окно?")
    await shop.time_passes(minutes=1)
    assert (await shop.contact()).is_client is True
    assert len(shop.answers()) == 1

    await shop.time_passes(hours=25)
    assert len(shop.answers()) == 2  # touch 1, Thursday
    assert (await shop.app.db.read(_chain)).touch_number == 2

    await shop.customer_says("Да")
    await shop.time_passes(minutes=1)
    chain = await shop.app.db.read(_chain)
    assert (chain.is_completed, chain.stop_reason) == (True, "client_said_yes")
    assert "созвон" in shop.answers()[-1].lower()  # free times are offered

    await shop.customer_says("завтра в 15:00")
    await shop.time_passes(minutes=1)
    (call,) = await shop.app.db.read(_calls)
    assert call.scheduled_at.astimezone(shop.app.settings.zone).isoformat() == "2026-03-13T15:00:00+05:00"
    assert call.status == "booked"
    assert "пятницу, 13 марта" in shop.answers()[-1] and "15:00" in shop.answers()[-1]

    before = len(shop.answers())
    await shop.time_passes(hours=24)  # Friday, 13:00
    assert len(shop.answers()) == before
    await shop.time_passes(hours=1.5)
    assert len(shop.answers()) == before + 1  # the reminder, an hour before
    assert "15:00" in shop.answers()[-1]

    await shop.time_passes(days=8)
    assert len([line for line in shop.answers() if "хотите продолжить" in line]) == 1  # the chain never began anew
