"""Who wants to be forgotten is forgotten in the tasks of his letters too."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from saudager.conversations.models import Contact
from saudager.db.statements import Statement
from saudager.letters import desk
from saudager.letters.tasks import generate_personalized_letter, generate_sales_insights
from saudager.people import erasing
from saudager.sales.models import Person
from tests.orders import rows

_ROWS = Statement("select body, result from queue_messages where queue = 'email_tasks'")


def _known(session: Session, now: Any) -> tuple[int, str]:
    contact = rows.buyer(session, 1, at=now, name="Иван")
    session.get_one(Person, 1).contact_id = contact
    return contact, (session.get_one(Contact, contact).phone_number or "")[-4:]


@pytest.mark.both_kinds
async def test_his_name_is_in_no_task_any_more(shop):
    now = shop.clock.now()
    contact, digits = await shop.app.db.run(_known, now)
    for_him: dict[str, Any] = {"recipient_id": 1, "context": "Позовите Ивана Петровича", "now": now}
    await shop.app.db.run(generate_personalized_letter.enqueue, **for_him)
    await shop.app.db.run(generate_personalized_letter.enqueue, recipient_id=5, now=now)
    await shop.app.db.run(generate_sales_insights.enqueue, company_id=1, person_id=1, now=now)
    await shop.settles()
    await shop.time_passes(seconds=1)
    await shop.app.db.run(erasing.ask, contact, digits, now=shop.clock.now())
    await shop.settles()
    kept = await shop.app.db.read(lambda session: _ROWS(session).fetchall())
    assert sorted(body == "{}" for body, _ in kept) == [False, True, True]
    assert "Иван" not in str(kept)
    (hers, his) = [row.letter for row in (await shop.app.db.read(desk.listed)).rows]
    assert (hers.body != "", his.state, his.body) == (True, "dropped", "")
