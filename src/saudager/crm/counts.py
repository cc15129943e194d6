"""Accounts of CRMs in numbers, for whoever watches the service."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from saudager.ailments import Ailment, Ill
from saudager.app import App
from saudager.crm import connections, trouble
from saudager.crm.models import CrmContact, CrmLead

Values = Mapping[tuple[str, ...], float]
Family = tuple[str, str, tuple[str, ...], Values]
"""A name, what it says, the names of its labels, and each value by those of the labels."""


def families(session: Session, now: datetime) -> list[Family]:
    """How much each account has, and how old it is."""
    accounts = {one.id: one for one in connections.everyone(session)}
    names = {id: f"{one.vendor}:{one.account_id}" for id, one in accounts.items()}
    ages: Values = {
        (names[id],): (now - one.swept_until).total_seconds() for id, one in accounts.items() if one.swept_until
    }
    rows: Values = {
        (names[id], what): float(count)
        for what, table in (("leads", CrmLead), ("contacts", CrmContact))
        for id, count in session.execute(
            select(table.connection_id, func.count())
            .where(table.connection_id.in_(accounts), table.is_deleted.is_(False))
            .group_by(table.connection_id)
        )
    }
    return [
        ("crm_rows", "Leads and contacts of the CRM as they are known here", ("account", "what"), rows),
        ("crm_age_seconds", "Time since the account was last read", ("account",), ages),
    ]


async def ailments(app: App) -> list[Ailment]:
    """The accounts somebody should look at."""
    return await app.db.read(_ailments, now=app.clock.now())


def _ailments(session: Session, *, now: datetime) -> list[Ailment]:
    found = []
    for one in connections.everyone(session):
        if one.problem is not None:
            found.append(Ailment(Ill.CRM, f"CRM account {one.base_url}: {one.problem}", one.title, one.problem))
        elif trouble.is_late(one, now=now):
            says = f"CRM account {one.base_url} was not read for more than an hour"
            found.append(Ailment(Ill.CRM, says, one.title))
    return found
