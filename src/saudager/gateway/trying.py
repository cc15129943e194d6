"""A made-up customer on the phone for trying things out: what he writes, and what he reads."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.contracts import Kind
from saudager.errors import Refused
from saudager.gateway import accounts, intake
from saudager.gateway.models import Account, LoggedMessage
from saudager.providers.channels import Line, PlayedChannel
from saudager.providers.gateway import SimulatedLine

_LINES = 100


async def write(app: App, account: str, chat: str, text: str, *, name: str | None) -> None:
    """Write a line as this customer; raises Refused where customers are real."""
    line = played(app, account).write(chat, text, name=name)
    await app.db.run(_take, account, line, now=app.clock.now())


def played(app: App, account: str) -> PlayedChannel:
    channel = accounts.channel_of(app, account)
    if not hasattr(channel, "write"):
        raise Refused(f"«{account}» не для пробы: за настоящих покупателей не пишут")
    return cast(PlayedChannel, channel)


def lines(session: Session, account: str, chat: str) -> Sequence[SimulatedLine]:
    """What the two have really got of each other: the newest lines, oldest first."""
    rows = session.scalars(
        select(LoggedMessage)
        .where(LoggedMessage.account == account, LoggedMessage.chat == chat, LoggedMessage.message_id.is_not(None))
        .order_by(LoggedMessage.id.desc())
        .limit(_LINES)
    ).all()
    return [_simulated(row) for row in reversed(rows)]


def _simulated(row: LoggedMessage) -> SimulatedLine:
    picture = row.outgoing_id if row.kind == Kind.IMAGE else None
    return SimulatedLine(row.message_text, row.direction == "out", row.created_at, row.vendor_status, picture)


def _take(session: Session, account: str, line: Line, *, now: datetime) -> None:
    intake.take(session, session.get_one(Account, account), [line], hears=False, now=now)
