"""What each process runs: the queues it works, the tasks it knows, the loops it keeps."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from saudager import duties, events, lifetime, presence
from saudager.agent import concluding, listening, turn
from saudager.agent.listening import TURNS
from saudager.app import App
from saudager.automation import rules
from saudager.contracts import (
    CONTRACT,
    EMAIL_TASKS,
    DeliveryReport,
    OutgoingMail,
    OutgoingMessage,
    account_of,
    in_broker,
    lane_key,
)
from saudager.conversations import outbox
from saudager.crm import correspondence, doing, noting
from saudager.crm import news as crm_news
from saudager.duties import duty
from saudager.followups import touches
from saudager.gateway import (
    accounts,
    delivery,
    intake,
    keeping,
    mail_log,
    mailing,
    media,
    mirroring,
    outgoing_log,
    reading,
    transcription,
)
from saudager.gateway.carriers import Rests
from saudager.letters import tasks as letter_tasks
from saudager.operators import system_mail
from saudager.outreach import door, release
from saudager.overview import days
from saudager.queues import bridge, schedule, table, tasks
from saudager.queues.bridge import Bridge, Inward, Place
from saudager.queues.table import Lease, Message, Policy
from saudager.shop_settings import following

_TURNS_AT_ONCE = 200
_SENDS_AT_ONCE = 50
_VOICE_NOTES_AT_ONCE = 8
_LETTERS_AT_ONCE = 8
_EVENTS_AT_ONCE = 20
_CRM_ACCOUNTS_AT_ONCE = _CRM_DEEDS_AT_ONCE = 4


def _place_in_chat(body: dict[str, Any]) -> Place:
    return Place(lane_key(body["account"], body.get("chat") or body.get("for", "")))


def _place_to_send(body: dict[str, Any]) -> Place:
    outgoing = OutgoingMessage.model_validate(body)
    lane = lane_key(outgoing.account, outgoing_log.chat_of(outgoing))
    return Place(lane, outgoing.rank, outgoing.account)


def _place_of_letter(body: dict[str, Any]) -> Place:
    outgoing = OutgoingMail.model_validate(body)
    return Place(lane_key(outgoing.account, outgoing.recipient), outgoing.rank, outgoing.account)


GATEWAY_INWARD = {
    outgoing_log.QUEUE: Inward(_place_to_send, accounts.complete),
    mail_log.QUEUE: Inward(_place_of_letter, mail_log.complete),
}
AGENT_INWARD = {
    intake.QUEUE: Inward(_place_in_chat),
    "delivery_reports": Inward(_place_in_chat),
    EMAIL_TASKS: Inward(lambda body: Place(body["id"])),
}

GATEWAY_QUEUES = (
    outgoing_log.QUEUE,
    mail_log.QUEUE,
    media.QUEUE,
    transcription.QUEUE,
    mirroring.QUEUE,
    tasks.GATEWAY_QUEUE,
)
AGENT_QUEUES = (
    intake.QUEUE,
    TURNS,
    "delivery_reports",
    door.QUEUE,
    tasks.QUEUE,
    EMAIL_TASKS,
    events.QUEUE,
    doing.POLICY.queue,
    noting.QUEUE,
    crm_news.QUEUE,
)


def consume_gateway(app: App) -> None:
    """The gateway's side of the queues."""
    app.queues.consume(
        outgoing_log.policy(),
        partial(delivery.deliver, app),
        concurrency=_SENDS_AT_ONCE,
        open_lots=accounts.open_to_send,
    )
    app.queues.consume(
        mail_log.policy(),
        partial(mailing.deliver, app, Rests(), {}),
        concurrency=_SENDS_AT_ONCE,
        open_lots=accounts.open_to_mail,
        abreast=partial(mailing.abreast, app),
    )
    app.queues.consume(media.POLICY, partial(media.fetch_files, app), concurrency=4)
    app.queues.consume(mirroring.POLICY, partial(mirroring.reflect, app), concurrency=4)
    app.queues.consume(
        transcription.POLICY, partial(transcription.put_into_words, app), concurrency=_VOICE_NOTES_AT_ONCE
    )
    known = duty.known(app, duties.of_gateway(app.service), tasks.GATEWAY_QUEUE)
    policy = replace(tasks.POLICY, queue=tasks.GATEWAY_QUEUE)
    app.queues.consume(policy, tasks.runner(known, partial(_finish_task, app)), concurrency=1)


def consume_agent(app: App) -> None:
    """The agent's side of the queues."""

    def listen(session: Session, message: Message) -> None:
        listening.listen(session, message, settings=app.settings, now=app.clock.now())

    def note_delivery(session: Session, message: Message) -> None:
        report, now = DeliveryReport.model_validate(message.body), app.clock.now()
        outbox.note_delivery(session, report, now=now)
        touches.note_report(session, report, now=now)
        release.note_report(session, report, now=now)
        correspondence.letter_left(session, report, settings=app.settings, now=now)
        noting.line_left(session, report, now=now)
        system_mail.note_report(session, report, now=now)

    def accounts_with_room(session: Session, now: datetime) -> tuple[list[str], datetime | None]:
        return release.accounts_with_room(session, now, settings=app.settings)

    app.queues.consume_plain(Policy(intake.QUEUE, lease=15, on_dead=listening.never_heard), listen)
    app.queues.consume_plain(Policy("delivery_reports", lease=15), note_delivery)
    app.queues.consume(rules.POLICY, partial(rules.listen, app), concurrency=_EVENTS_AT_ONCE)
    app.queues.consume(
        Policy(TURNS, lease=15, on_dead=concluding.give_up), partial(turn.take_turn, app), concurrency=_TURNS_AT_ONCE
    )
    app.queues.consume(release.POLICY, partial(release.hand_over, app), concurrency=1, open_lots=accounts_with_room)
    known = duty.known(app, duties.AGENT, tasks.QUEUE)
    app.queues.consume(tasks.POLICY, tasks.runner(known, partial(_finish_task, app)), concurrency=4)
    app.queues.consume(doing.POLICY, partial(doing.work, app), concurrency=_CRM_DEEDS_AT_ONCE)
    app.queues.consume(noting.POLICY, partial(noting.note_talk, app), concurrency=4)
    app.queues.consume(crm_news.POLICY, partial(crm_news.reread, app), concurrency=_CRM_ACCOUNTS_AT_ONCE)

    async def give_up_letter(lease: Lease, reason: str) -> None:
        await app.db.run(table.fail, letter_tasks.POLICY, lease, reason, now=app.clock.now(), final=True)

    letters = duty.known(app, duties.AGENT, EMAIL_TASKS)
    app.queues.consume(
        letter_tasks.POLICY,
        tasks.runner(letters, partial(_finish_task, app), give_up_letter),
        concurrency=_LETTERS_AT_ONCE,
    )


async def _finish_task(app: App, lease: Lease, result: Any) -> None:
    await app.db.run(table.finish, lease, now=app.clock.now(), result=result)


async def depths(app: App) -> dict[str, dict[str, int]]:
    """Messages of every queue by state, as the tables of this database know them; in the broker under its name."""
    counts = await app.db.read(table.depth)
    if app.wire is not None and app.service == "gateway":
        await app.wire.open(in_broker(CONTRACT, _called(app)))
        counts |= {f"{app.wire.name} {queue}": {"waiting": count} for queue, count in (await app.wire.depth()).items()}
    return counts


async def replay(app: App, queue: str, row: int | None) -> int:
    """Put dead letters of a queue back; how many."""
    return await app.db.run(table.redrive, queue, now=app.clock.now(), row=row, lot_of=account_of)


async def put(app: App, queue: str, message: bytes) -> str | None:
    """Put a hand-written message into the table of the service that receives the queue: its id, or None elsewhere.

    Raises Refused for what cannot be read, and QueueFull.
    """
    inward = {"gateway": GATEWAY_INWARD, "agent": AGENT_INWARD, "both": GATEWAY_INWARD | AGENT_INWARD}[app.service]
    if queue not in inward:
        return None
    return await app.db.run(bridge.put, queue, inward[queue], message, now=app.clock.now())


@asynccontextmanager
async def running(app: App, *, gateway: bool, agent: bool) -> AsyncIterator[None]:
    """Run the services in this event loop until the block ends; what runs then is given time to finish."""
    queues: tuple[str, ...] = ()
    if gateway:
        consume_gateway(app)
        queues += GATEWAY_QUEUES
    if agent:
        consume_agent(app)
        queues += AGENT_QUEUES
        await app.model.warm_up()
        await app.db.run(days.ask_for_missing, app.settings.zone, now=app.clock.now())
    ours = await _bridge(app, gateway=gateway) if app.wire else None
    names = [name for name, runs in (("gateway", gateway), ("agent", agent)) if runs]
    with presence.of(app.settings.data_dir, names) as alone:
        if alone and app.db.in_order:  # a server's leases may be another machine's; they run out by themselves
            await app.db.run(table.release_leases, queues)
        app.queues.start()
        loops = [*_loops(app, gateway=gateway, agent=agent), *(ours.receiving() if ours else ())]
        running_loops = [asyncio.create_task(loop) for loop in loops]
        try:
            yield
        finally:
            await lifetime.end(running_loops)
            await app.queues.stop()


async def _bridge(app: App, *, gateway: bool) -> Bridge:
    """This service's end of the wire, open and working what waits to go out."""
    assert app.wire is not None
    service, inward = ("gateway", GATEWAY_INWARD) if gateway else ("agent", AGENT_INWARD)
    outward = [name for name, queue in CONTRACT.items() if queue.is_sent_by(service)]
    ours = Bridge(app.db, app.queues, app.clock, app.wire, outward, inward, _called(app))
    await ours.open()
    ours.consume()
    return ours


def _called(app: App) -> dict[str, str]:
    return {EMAIL_TASKS: app.settings.rabbitmq_email_queue}


def _loops(app: App, *, gateway: bool, agent: bool) -> Iterator[Coroutine[Any, Any, None]]:
    ours = [*(duties.of_gateway(app.service) if gateway else ()), *(duties.AGENT if agent else ())]
    yield schedule.keep_schedule(app.db, app.clock, duty.jobs(ours), app.settings.zone)
    if gateway:
        yield keeping.keep_connected(app)
        yield reading.keep_read(app)
    if agent:
        yield schedule.keep_due(app.db, app.clock, duty.falling_due(app, duties.AGENT))
    if not app.queues.alone and (agent or app.wire is None):
        yield following.keep_following(app)
