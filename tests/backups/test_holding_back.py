"""A restored copy sends and answers nothing by itself that may have been sent and answered since it was made."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from saudager.attention import Why
from saudager.clock import MovableClock
from saudager.gateway import accounts
from saudager.rehearsal import CUSTOMER, rehearse
from saudager.settings import Settings
from tests.backups.conftest import Command

pytestmark = pytest.mark.slow

OTHER, THIRD = "77010000002@c.us", "77010000003@c.us"


@pytest.mark.both_kinds
async def test_a_restored_copy_leaves_to_a_person_what_waited_in_it(
    settings: Callable[..., Settings], command: Command
):
    async with rehearse(settings()) as shop:
        await shop.ask_as_customer("Здравствуйте! Сколько стоит доставка?")
        await shop.app.db.run(accounts.hold, shop.account.name, "проверка")
        await shop.customer_says("А гарантия есть?", chat=OTHER)
        await shop.time_passes(minutes=1)
        await shop.customer_says("Есть ли рассрочка?", chat=THIRD)
        await shop.app.db.run(accounts.resume, shop.account.name)  # the backup is made before this is acted upon
        taken = command("backup", "copy.zip")
        assert taken.exit_code == 0, taken.output
    restored = command("restore", "copy.zip", "--replace")
    assert restored.exit_code == 0, restored.output
    async with rehearse(settings(), clock=MovableClock(datetime.now(UTC))) as shop:
        await shop.customer_says("Вы ещё работаете?", sent_at=shop.clock.now() - timedelta(minutes=30))
        await shop.time_passes(hours=30)
        assert [shop.answers(chat) for chat in (CUSTOMER, OTHER, THIRD)] == [[], [], []]
        desk = [(entry.kind, entry.reason) for entry in await shop.desk()]
        late = " ".join(reason for kind, reason in desk if kind == Why.TOO_LATE)
        assert "Есть ли рассрочка?" in late
        assert "Вы ещё работаете?" in late
        assert any(kind == Why.NOT_DELIVERED for kind, _ in desk), desk
        assert any("saudager outreach resume" in reason for kind, reason in desk if kind == Why.OUTREACH), desk
        assert await shop.app.db.read(_paused) == 2
        assert await shop.ask_as_customer("Сколько стоит доставка сейчас?") != []


def _paused(session: Session) -> int:
    return session.execute(text("select count(*) from follow_ups where held_reason = 'paused'")).scalar_one()
