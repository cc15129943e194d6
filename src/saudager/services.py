"""What each process runs: the queues it works, the tasks it knows, the loops it keeps."""

import asyncio
import fcntl
import logging
from collections.abc import AsyncIterator, Awaitable, Coroutine, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import IO, Any

from sqlalchemy.orm import Session

from saudager import attention, events, lifetime
from saudager.agent import concluding, digest, listening, turn
from saudager.agent.listening import TURNS
from saudager.app import App
from saudager.attention import Why
from saudager.automation import by_the_clock, journeys, rules, taking
from saudager.calls import booking, news, reminders
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
from saudager.conversations import cases, outbox
from saudager.crm import connections as crm
from saudager.crm import correspondence, doing, noting, sweeping, template_sending
from saudager.crm import news as crm_news
from saudager.crm import sync as crm_sync
from saudager.crm import templates as crm_templates
from saudager.errors import SaudagerError
from saudager.exam import runs, sitting
from saudager.followups import plan, touches
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
from saudager.importing import uploads
from saudager.knowledge import library
from saudager.letters import drafting, sending
from saudager.letters import tasks as letter_tasks
from saudager.operators import sign_in, system_mail
from saudager.orders import backfill, messages, shops, sync, triggers, waiting
from saudager.orders.importing.taking import IMPORTER as ORDER_FILES
from saudager.outreach import door, release
from saudager.overview import days
from saudager.people import erasing
from saudager.queues import bridge, forgetting, schedule, table, tasks
from saudager.queues.bridge import Bridge, Inward, Place
from saudager.queues.schedule import Job
from saudager.queues.table import Lease, Message, Policy
from saudager.sales import from_orders
from saudager.sales.importing.taking import IMPORTER as SALES_FILES
from saudager.shop_settings import following

_log = logging.getLogger(__name__)
_UNHEARD_OF = timedelta(seconds=2 * CONTRACT[outgoing_log.QUEUE].ttl)
_LETTER_UNHEARD_OF = timedelta(seconds=CONTRACT[mail_log.QUEUE].ttl) + _UNHEARD_OF
_IDS_KEPT = timedelta(days=3)
_ORDERS_LOOKED_AT = timedelta(hours=1)
_SCHEDULES_LOOKED_AT = timedelta(minutes=10)
_LETTERS_LOOKED_AT = timedelta(hours=1)
_TURNS_AT_ONCE = 200
_SENDS_AT_ONCE = 50
_VOICE_NOTES_AT_ONCE = 8
_LETTERS_AT_ONCE = 8
_EVENTS_AT_ONCE = 20
_CRM_ACCOUNTS_AT_ONCE = _CRM_DEEDS_AT_ONCE = 4
_NEW_ACCOUNTS_EVERY = timedelta(hours=6)
"""An account that was read for the first time is swept at once, and each sweep asks for the next one."""
_SECRETS_LOOKED_AT = timedelta(minutes=30)
_NEW_SHOPS_EVERY = timedelta(minutes=30)
"""The first look at a shop is asked for when it is connected, and each look asks for the next one."""


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

GATEWAY_QUEUES = (outgoing_log.QUEUE, mail_log.QUEUE, media.QUEUE, transcription.QUEUE, mirroring.QUEUE)
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

    async def finish_task(lease: Lease, result: Any) -> None:
        await app.db.run(table.finish, lease, now=app.clock.now(), result=result)

    known_tasks: dict[str, tasks.Task] = {
        library.TASK: partial(_read_knowledge, app),
        "forget_handled_messages": partial(_forget_handled_messages, app),
        "give_up_unsent": partial(_give_up_unsent, app),
        plan.TASK: partial(touches.touch_the_silent, app),
        triggers.TASK: partial(messages.write_due, app),
        by_the_clock.TASK: partial(by_the_clock.run_scheduled_rules, app),
        journeys.TASK: partial(taking.take_steps, app),
        booking.REMIND: partial(reminders.remind, app),
        news.TELL: partial(news.tell_later, app),
        "realert": partial(cases.call_again, app),
        "end_silence": partial(cases.end_silence, app),
        erasing.ERASE: partial(erasing.erase, app),
        runs.TASK: partial(sitting.sit, app),
        "daily_digest": partial(digest.daily_digest, app),
        "weekly_digest": partial(digest.weekly_digest, app),
        days.COUNT_DAYS: partial(days.count_days, app),
        shops.LOOK: partial(_sync_orders, app),
        shops.BACKFILL: partial(backfill.backfill_orders, app),
        crm.SYNC: partial(crm_sync.sync_pipelines, app),
        crm.SWEEP: partial(sweeping.crm_sweep, app),
        ORDER_FILES.task: partial(ORDER_FILES.work, app),
        drafting.GATHER: partial(drafting.gather_campaign, app),
        drafting.DRAFT: partial(drafting.draft_campaign, app),
        sending.TASK: partial(sending.send_due, app),
        sign_in.FORGOTTEN: partial(sign_in.answer_forgotten, app),
        system_mail.TASK: partial(system_mail.send, app),
        SALES_FILES.task: partial(SALES_FILES.work, app),
        from_orders.TASK: partial(from_orders.work, app),
        crm_templates.TASK: partial(template_sending.send_template, app),
    }
    app.queues.consume_plain(Policy(intake.QUEUE, lease=15, on_dead=listening.never_heard), listen)
    app.queues.consume_plain(Policy("delivery_reports", lease=15), note_delivery)
    app.queues.consume(rules.POLICY, partial(rules.listen, app), concurrency=_EVENTS_AT_ONCE)
    app.queues.consume(
        Policy(TURNS, lease=15, on_dead=concluding.give_up), partial(turn.take_turn, app), concurrency=_TURNS_AT_ONCE
    )
    app.queues.consume(release.POLICY, partial(release.hand_over, app), concurrency=1, open_lots=accounts_with_room)
    app.queues.consume(tasks.POLICY, tasks.runner(known_tasks, finish_task), concurrency=4)
    app.queues.consume(doing.POLICY, partial(doing.work, app), concurrency=_CRM_DEEDS_AT_ONCE)
    app.queues.consume(noting.POLICY, partial(noting.note_talk, app), concurrency=4)
    app.queues.consume(crm_news.POLICY, partial(crm_news.reread, app), concurrency=_CRM_ACCOUNTS_AT_ONCE)

    async def give_up_letter(lease: Lease, reason: str) -> None:
        await app.db.run(table.fail, letter_tasks.POLICY, lease, reason, now=app.clock.now(), final=True)

    letters: dict[str, tasks.Task] = {name: partial(work, app) for name, work in letter_tasks.WORK.items()}
    app.queues.consume(
        letter_tasks.POLICY, tasks.runner(letters, finish_task, give_up_letter), concurrency=_LETTERS_AT_ONCE
    )


JOBS = [
    Job(library.TASK, "*/30 * * * *"),
    Job("give_up_unsent", "*/30 * * * *"),
    Job("forget_handled_messages", "17 3 * * *"),
    Job(days.COUNT_DAYS, "10 0 * * *"),
    Job("daily_digest", "0 19 * * *"),
    Job("weekly_digest", "0 9 * * 1"),
]


async def _read_knowledge(app: App, task_id: str) -> None:
    now, told = app.clock.now(), list[Awaitable[None]]()

    def show(done: int, total: int, file: str) -> None:
        _log.info("documents read: %d of %d, %s", done, total, file)
        told.append(app.db.run(tasks.report_progress, task_id, f"{done} из {total}: {file}"))

    refreshed = await library.refresh(app.db, app.settings.knowledge_folder, now=now, on_progress=show)
    await asyncio.gather(*told)
    for problem in refreshed.problems:
        _log.warning("%s", problem.problem)
    if refreshed.conflicts:
        await app.db.run(attention.ask, Why.DOCUMENT, "prices", "\n".join(refreshed.conflicts), now=now)


async def _sync_orders(app: App, task_id: str) -> Any:
    looked = await sync.sync_orders(app, task_id)
    await app.db.run(from_orders.ask, now=app.clock.now())
    return looked


async def _give_up_unsent(app: App, task_id: str) -> int:
    now = app.clock.now()
    moments = {"before": now - _UNHEARD_OF, "letters_before": now - _LETTER_UNHEARD_OF, "now": now}
    await app.db.run(release.give_up, **moments)
    await app.db.run(system_mail.give_up, now=now)
    await app.db.run(forgetting.forget_secrets, now=now)
    return await app.db.run(outbox.give_up_unsent, **moments)


async def _forget_handled_messages(app: App, task_id: str) -> int:
    await asyncio.to_thread(uploads.tidy, app.settings, now=app.clock.now())
    return await app.db.run(table.forget_done, before=app.clock.now() - _IDS_KEPT)


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
    with _presence(app.settings.data_dir, names) as alone:
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
    if gateway:
        yield keeping.keep_connected(app)
        yield reading.keep_read(app)
        if not agent:
            yield _keep_no_secrets(app)
    if agent:
        yield schedule.keep_schedule(app.db, app.clock, JOBS, app.settings.zone)

        def look_every() -> timedelta:
            return timedelta(hours=app.settings.follow_up_intervals[0] / 2)

        yield schedule.keep_due(app.db, app.clock, plan.TASK, plan.next_due, look_every=look_every)
        yield schedule.keep_due(app.db, app.clock, shops.LOOK, sync.next_due, look_every=lambda: _NEW_SHOPS_EVERY)
        yield schedule.keep_due(app.db, app.clock, crm.SWEEP, sweeping.next_due, look_every=lambda: _NEW_ACCOUNTS_EVERY)
        yield schedule.keep_due(
            app.db, app.clock, triggers.TASK, waiting.next_due, look_every=lambda: _ORDERS_LOOKED_AT
        )
        yield schedule.keep_due(
            app.db, app.clock, from_orders.TASK, from_orders.next_due, look_every=lambda: _ORDERS_LOOKED_AT
        )
        yield schedule.keep_due(
            app.db, app.clock, sending.TASK, sending.next_due, look_every=lambda: _LETTERS_LOOKED_AT
        )
        yield schedule.keep_due(
            app.db, app.clock, by_the_clock.TASK, by_the_clock.next_due, look_every=lambda: _SCHEDULES_LOOKED_AT
        )
        yield schedule.keep_due(
            app.db, app.clock, journeys.TASK, journeys.next_due, look_every=lambda: journeys.LOOKED_AT
        )
    if not app.queues.alone and (agent or app.wire is None):
        yield following.keep_following(app)


async def _keep_no_secrets(app: App) -> None:
    """Where the agent's schedule does not reach: empty what holds a secret and waits longer than that lives."""
    while True:
        await app.clock.sleep_until(app.clock.now() + _SECRETS_LOOKED_AT)
        try:
            await app.db.run(forgetting.forget_secrets, now=app.clock.now())
        except SaudagerError as error:
            _log.warning("secrets that are over: %s", error)


@contextmanager
def _presence(folder: Path, services: list[str]) -> Iterator[bool]:
    """Be known as a process of these services on the folder; True when no other one is there.

    Then leases left behind belong to the dead. Whoever comes later finds us by the shared locks we hold.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        files = [stack.enter_context((folder / f"{service}.lock").open("w")) for service in services]
        alone = all(_locked(file, fcntl.LOCK_EX | fcntl.LOCK_NB) for file in files)
        for file in files:
            fcntl.flock(file, fcntl.LOCK_SH)
        yield alone


def _locked(file: IO[str], how: int) -> bool:
    try:
        fcntl.flock(file, how)
    except BlockingIOError:
        return False
    return True
