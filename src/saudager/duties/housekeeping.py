"""What is of no use any more goes by itself, at night: each job small, in short transactions, and harmless twice."""

import asyncio
from datetime import timedelta

from saudager import logs
from saudager.app import App
from saudager.db.batches import in_batches
from saudager.duties.duty import AT_NIGHT, Duty
from saudager.gateway import tidying as files
from saudager.importing import uploads
from saudager.operators import tidying as sign_ins
from saudager.people import tidying as people
from saudager.queues import forgetting, table
from saudager.studio import tidying as pictures

_IDS_KEPT = timedelta(days=3)
_RUNS_KEPT = timedelta(days=8)
"""A week's job shows how it went last time."""


async def forget_handled_messages(app: App, task_id: str) -> int:
    now = app.clock.now()
    return await in_batches(app.db, table.forget_done, before=now - _IDS_KEPT, runs_before=now - _RUNS_KEPT)


async def forget_dead_letters(app: App, task_id: str) -> int:
    kept = timedelta(days=app.settings.dead_letters_kept_days)
    return await in_batches(app.db, table.forget_dead, before=app.clock.now() - kept)


async def forget_secrets(app: App, task_id: str) -> int:
    return await app.db.run(forgetting.forget_secrets, now=app.clock.now())


async def forget_logs(app: App, task_id: str) -> int:
    before = (app.clock.now() - timedelta(days=app.settings.logs_kept_days)).date()
    return await asyncio.to_thread(logs.forget, app.settings.data_dir / "logs", before=before)


async def forget_uploads(app: App, task_id: str) -> int:
    return await asyncio.to_thread(uploads.tidy, app.settings, now=app.clock.now())


async def forget_in_broker(app: App, task_id: str) -> int:
    if app.wire is None:
        return 0
    return await app.wire.tidy(timedelta(days=app.settings.dead_letters_kept_days))


OF_EACH_DATABASE = (
    Duty(
        "forget_handled_messages",
        forget_handled_messages,
        "Deletes handled messages of the queues after three days, until when their ids keep duplicates out; what the "
        "clock asked for after eight.",
        cron=AT_NIGHT,
    ),
    Duty(
        "forget_dead_letters",
        forget_dead_letters,
        "Deletes messages nobody could handle, when no person has put them back.",
        cron=AT_NIGHT,
        settings=("DEAD_LETTERS_KEPT_DAYS",),
    ),
    Duty(
        "forget_logs",
        forget_logs,
        "Deletes old files of the log.",
        cron=AT_NIGHT,
        settings=("LOGS_KEPT_DAYS",),
    ),
)
"""A service with a database of its own does them there."""

OF_GATEWAY_APART = (
    *OF_EACH_DATABASE,
    Duty(
        "forget_secrets",
        forget_secrets,
        "Empties letters that hold a secret and wait still though its life is over; where both services have one "
        "database, `give_up_unsent` does.",
        cron="*/30 * * * *",
    ),
)
"""What a gateway with a database of its own does besides."""

OF_AGENT = (
    Duty(
        "forget_sign_ins",
        sign_ins.forget_sign_ins,
        "Deletes one-time links thirty days after they were used or ran out, sessions that are over, failed attempts "
        "to sign in that count no more, and browsers and notes of letters about accounts after 180 days.",
        cron=AT_NIGHT,
    ),
    Duty(
        "forget_conversations",
        people.forget_conversations,
        "Deletes the lines of conversations long quiet, the reasons behind answers, drafts, and what was written into "
        "the CRM as long ago. Whoever has an open case or deal, a call ahead, a chain or sequence under way, a draft "
        "that waits or a line nobody answered keeps them; contacts, orders, purchases and wishes always stay.",
        cron=AT_NIGHT,
        settings=("CONVERSATIONS_KEPT_DAYS",),
    ),
    Duty(
        "forget_traces",
        people.forget_traces,
        "Deletes why the salesperson said something long ago, and the steps of sequences that are over.",
        cron=AT_NIGHT,
        settings=("TRACES_KEPT_DAYS",),
    ),
    Duty(
        "forget_audit",
        sign_ins.forget_audit,
        "Deletes old entries of the audit log.",
        cron=AT_NIGHT,
        settings=("AUDIT_KEPT_DAYS",),
    ),
    Duty(
        "forget_uploads",
        forget_uploads,
        "Deletes files of orders and sales that nobody has taken in for a day.",
        cron=AT_NIGHT,
    ),
    Duty(
        "forget_pictures",
        pictures.forget_pictures,
        "Deletes series of pictures nobody has touched for long and of which no picture was accepted, files of "
        "pictures no series names, and answers of the web that count no more.",
        cron=AT_NIGHT,
        settings=("PICTURES_KEPT_DAYS",),
    ),
    Duty(
        "forget_in_broker",
        forget_in_broker,
        "Lets RabbitMQ or Redis forget what could not be handled there, and Redis readers that will not come back.",
        cron=AT_NIGHT,
        settings=("DEAD_LETTERS_KEPT_DAYS",),
    ),
)

OF_GATEWAY = (
    Duty(
        "forget_old_files",
        files.forget_old_files,
        "Deletes old files customers sent, and after a day what is left of files that never came whole.",
        cron=AT_NIGHT,
        settings=("MEDIA_KEPT_DAYS",),
    ),
    Duty(
        "forget_said",
        files.forget_said,
        "Empties the gateway's log of what was said in chats long quiet.",
        cron=AT_NIGHT,
        settings=("CONVERSATIONS_KEPT_DAYS",),
    ),
    Duty(
        "forget_trial_mail",
        files.forget_trial_mail,
        "Deletes letters that lie in a mailbox for trying things out, after thirty days.",
        cron=AT_NIGHT,
    ),
)
