"""What a restored copy must not do by itself, because it may have been done since it was made: a person decides."""

from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from saudager import attention, restorations
from saudager.attention import Why
from saudager.automation import journeys
from saudager.backups.archive import Manifest
from saudager.backups.parts import Part
from saudager.contracts import CONTRACT, DeliveryReport, DeliveryState, account_of
from saudager.conversations import turns
from saudager.conversations.models import Outcome
from saudager.crm import doing, noting
from saudager.db import migrate
from saudager.db.threads import kind_of
from saudager.followups import board
from saudager.gateway import mail_log, outgoing_log
from saudager.letters import sending
from saudager.orders import waiting
from saudager.outreach import accounts, release
from saudager.queues import table
from saudager.queues.table import Message, Policy
from saudager.restorations import MAY_HAVE_LEFT, RESTORED

_NOT_ANSWERED = "Восстановлено из копии: посмотрите, отвечено ли на «{}»"
_STOPPED = (
    "Восстановлено из копии от {:%d.%m.%Y %H:%M} UTC: что ушло после неё, неизвестно. Рассылки и напоминания ждут; "
    "просмотрите «Касания» и письма, потом продолжите: saudager outreach resume"
)


def hold_back(connection: Connection, part: Part, manifest: Manifest, *, now: datetime) -> None:
    """Bring a restored database to the newest schema, and let nothing that waited in it go by itself."""
    for tree in (migrate.QUEUES, *part.trees):
        migrate.move(connection, tree)
    with Session(connection, expire_on_commit=False) as session:
        session.info["driver"] = connection.connection.driver_connection
        session.info["kind"] = kind_of(part.url)
        if migrate.GATEWAY in part.trees:
            _of_gateway(session, is_alone=migrate.AGENT not in part.trees, now=now)
        if migrate.AGENT in part.trees:
            _of_agent(session, copied_at=manifest.moment, now=now)
        session.flush()


def _of_gateway(session: Session, *, is_alone: bool, now: datetime) -> None:
    """What waits to be sent is not; the agent is told so. Alone, it tells by the wire."""
    told = {name for name, queue in CONTRACT.items() if queue.is_sent_by("gateway")}
    session.info["wired"] = frozenset(told if is_alone else ())
    for policy in (outgoing_log.policy(), mail_log.policy()):
        table.bury_waiting(session, policy, MAY_HAVE_LEFT, now=now)


def _of_agent(session: Session, *, copied_at: datetime, now: datetime) -> None:
    session.info["wired"] = frozenset()
    restorations.note(session, copied_at=copied_at, now=now)
    for queue in (outgoing_log.QUEUE, mail_log.QUEUE):
        table.bury_waiting(session, Policy(table.out(queue), on_dead=_never_left), MAY_HAVE_LEFT, now=now)
    for policy in (release.POLICY, doing.POLICY, noting.POLICY):
        table.bury_waiting(session, policy, MAY_HAVE_LEFT, now=now)
    for account in accounts.everyone(session):
        accounts.stop(session, account, now, reason=_STOPPED.format(copied_at))
    board.pause_due(session, note=MAY_HAVE_LEFT, now=now)
    waiting.refuse_due(session, RESTORED, now=now)
    sending.give_back_all(session, MAY_HAVE_LEFT, now=now)
    journeys.stop_due(session, RESTORED, now=now)
    for conversation in turns.open_in(session):
        lines = turns.unanswered(session, conversation)
        turns.close(session, lines, Outcome.SILENT, reason="too_late", now=now)
        says = _NOT_ANSWERED.format((lines[-1].text or "")[:200])
        attention.ask(session, Why.TOO_LATE, f"conversation:{conversation}", says, now=now)


def _never_left(session: Session, message: Message, reason: str, now: datetime) -> None:
    """It waited for the wire: the agent is told what the gateway would have told it."""
    report = DeliveryReport(
        id=f"{message.id}:{DeliveryState.FAILED}",
        created_at=now,
        account=account_of(message.body) or "",
        for_=message.id,
        state=DeliveryState.FAILED,
        reason=reason,
    )
    body = report.model_dump(mode="json", by_alias=True, exclude_none=True)
    table.accept(session, "delivery_reports", body, id=report.id, key=message.key, now=now)
