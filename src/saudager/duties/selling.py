"""The tasks of a shop's day: reading documents, looking at orders, writing what falls due, counting and telling."""

import asyncio
import logging
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

from saudager import attention
from saudager.agent import digest
from saudager.app import App
from saudager.attention import Why
from saudager.calls import booking, news, reminders
from saudager.contracts import CONTRACT, EMAIL_TASKS
from saudager.conversations import cases, outbox
from saudager.duties.duty import Due, Duty
from saudager.exam import runs, sitting
from saudager.followups import plan, touches
from saudager.knowledge import library
from saudager.letters import drafting, sending
from saudager.letters import tasks as letter_tasks
from saudager.operators import sign_in, system_mail
from saudager.orders import backfill, messages, shops, sync, triggers, waiting
from saudager.orders.importing.taking import IMPORTER as ORDER_FILES
from saudager.outreach import release
from saudager.overview import days
from saudager.people import erasing
from saudager.queues import forgetting, tasks
from saudager.sales import from_orders
from saudager.sales.importing.taking import IMPORTER as SALES_FILES
from saudager.studio import drawing, series

_log = logging.getLogger(__name__)
_UNHEARD_OF = timedelta(seconds=2 * CONTRACT["outgoing_messages"].ttl)
_LETTER_UNHEARD_OF = timedelta(seconds=CONTRACT["outgoing_mail"].ttl) + _UNHEARD_OF
_ORDERS_LOOKED_AT = timedelta(hours=1)
_LETTERS_LOOKED_AT = timedelta(hours=1)
_NEW_SHOPS_EVERY = timedelta(minutes=30)
"""The first look at a shop is asked for when it is connected, and each look asks for the next one."""


async def read_knowledge(app: App, task_id: str) -> None:
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


async def look_at_shops(app: App, task_id: str) -> Any:
    looked = await sync.sync_orders(app, task_id)
    await app.db.run(from_orders.ask, now=app.clock.now())
    return looked


async def give_up_unsent(app: App, task_id: str) -> int:
    now = app.clock.now()
    moments = {"before": now - _UNHEARD_OF, "letters_before": now - _LETTER_UNHEARD_OF, "now": now}
    await app.db.run(release.give_up, **moments)
    await app.db.run(system_mail.give_up, now=now)
    await app.db.run(forgetting.forget_secrets, now=now)
    return await app.db.run(outbox.give_up_unsent, **moments)


DUTIES = (
    Duty(
        series.TASK,
        drawing.draw_pictures,
        "Draws the pictures a series lacks.",
        asked="the console, other programs and `saudager images`, when a series is begun or gone on with",
        settings=("IMAGE_ENGINES", "IMAGES_AT_ONCE"),
    ),
    Duty(
        library.TASK,
        read_knowledge,
        "Reads the shop's documents that are new or changed, and forgets those that are gone.",
        cron="*/30 * * * *",
        asked="the console, when a document is uploaded, put away or deleted",
        settings=("KNOWLEDGE_DIR",),
    ),
    Duty(
        "give_up_unsent",
        give_up_unsent,
        "Closes answers and messages of whose fate the gateway has not told for longer than they could live, and "
        "empties letters that hold a secret and wait still though its life is over.",
        cron="*/30 * * * *",
    ),
    Duty(
        days.COUNT_DAYS,
        days.count_days,
        "Counts every day that is over and may have changed, for the figures of Today.",
        cron="10 0 * * *",
        asked="the agent's start, when yesterday was not counted",
    ),
    Duty(
        "daily_digest",
        digest.daily_digest,
        "Tells the merchant's own numbers what the last 24 hours came to.",
        cron="0 19 * * *",
        settings=("ALERT_NUMBERS",),
    ),
    Duty(
        "weekly_digest",
        digest.weekly_digest,
        "Tells the merchant's own numbers what the last seven days came to.",
        cron="0 9 * * 1",
        settings=("ALERT_NUMBERS",),
    ),
    Duty(
        plan.TASK,
        touches.touch_the_silent,
        "Judges customers who fell silent once more and writes to those who may be written to.",
        due=Due(
            "a follow-up",
            plan.next_due,
            lambda app: timedelta(hours=app.settings.follow_up_intervals[0] / 2),
        ),
        asked="the console, when a follow-up is put off or sent at once",
        settings=("FOLLOW_UP_INTERVALS", "OUTREACH_HOURS"),
    ),
    Duty(
        shops.LOOK,
        look_at_shops,
        "Reads new and changed orders from every shop that is due, and has sales look at them.",
        due=Due("a look at a shop", sync.next_due, lambda app: _NEW_SHOPS_EVERY),
        asked="connecting a shop, and each look for the next one",
    ),
    Duty(
        shops.BACKFILL,
        backfill.backfill_orders,
        "Reads a shop's older orders, about which nobody is written to.",
        asked="connecting a shop, or the console",
        settings=("KASPI_BACKFILL_DAYS",),
    ),
    Duty(
        triggers.TASK,
        messages.write_due,
        "Writes to buyers about their orders.",
        due=Due("a message about an order", waiting.next_due, lambda app: _ORDERS_LOOKED_AT),
        asked="an order that changes",
        settings=("AI_SELLER_TRIGGERS", "OUTREACH_HOURS"),
    ),
    Duty(
        from_orders.TASK,
        from_orders.work,
        "Makes sales of orders that changed.",
        due=Due("a changed order", from_orders.next_due, lambda app: _ORDERS_LOOKED_AT),
        asked="a look at a shop",
    ),
    Duty(
        sending.TASK,
        sending.send_due,
        "Hands approved letters to the door, whose rules say when each may leave.",
        due=Due("an approved letter", sending.next_due, lambda app: _LETTERS_LOOKED_AT),
        asked="approving a letter or a campaign",
    ),
    Duty(
        drafting.GATHER,
        drafting.gather_campaign,
        "Notes the next members of a campaign's segment, each with why he gets no letter if he gets none.",
        asked="beginning a campaign, and each page for the next one",
    ),
    Duty(
        drafting.DRAFT,
        drafting.draft_campaign,
        "Sees that a campaign's letters are being written, so many at a time.",
        asked="a campaign whose members are noted, and itself until all drafts are there",
    ),
    Duty(
        booking.REMIND,
        reminders.remind,
        "Reminds a customer of his call.",
        asked="booking a call, for CALL_REMINDER_MINUTES before it",
        settings=("CALL_REMINDER_MINUTES",),
    ),
    Duty(
        news.TELL,
        news.tell_later,
        "Tells a customer what became of his call, once he may be written to.",
        asked="a call that was moved or cancelled at an hour when nobody may be written to",
    ),
    Duty(
        "realert",
        cases.call_again,
        "Tells the merchant's own numbers again of a customer nobody came to.",
        asked="handing a conversation over, for REALERT_MINUTES later",
        settings=("REALERT_MINUTES", "ALERT_NUMBERS"),
    ),
    Duty(
        "end_silence",
        cases.end_silence,
        "Lets the salesperson speak again when the silence of a handover is over.",
        asked="handing a conversation over, for HANDOVER_HOURS later",
        settings=("HANDOVER_HOURS",),
    ),
    Duty(
        erasing.ERASE,
        erasing.erase,
        "Empties everything a person who wants to be forgotten said and was told, in both services.",
        asked="erasing a contact in the console",
    ),
    Duty(
        sign_in.FORGOTTEN,
        sign_in.answer_forgotten,
        "Looks for the operator who has forgotten his password, behind the answer that tells nothing.",
        asked="whoever says so at the console's door",
    ),
    Duty(
        system_mail.TASK,
        system_mail.send,
        "Sends an operator a letter about his own account, with the link it may need.",
        asked="an invitation, a forgotten password, a new address, browser or second factor",
    ),
    Duty(
        runs.TASK,
        sitting.sit,
        "Takes an exam and keeps its report.",
        asked="the console",
    ),
    Duty(
        ORDER_FILES.task,
        ORDER_FILES.work,
        "Takes a file of orders in, all of it or nothing.",
        asked="the console, the API or the command line",
    ),
    Duty(
        SALES_FILES.task,
        SALES_FILES.work,
        "Takes a file of sales in, all of it or nothing.",
        asked="the console, the API or the command line",
    ),
    Duty(
        letter_tasks.generate_sales_insights.name,
        letter_tasks.WORK[letter_tasks.generate_sales_insights.name],
        "Finds what a company buys, for a letter to one of its people.",
        asked="the console, the API, or whoever writes into the queue",
        queue=EMAIL_TASKS,
    ),
    Duty(
        letter_tasks.generate_personalized_letter.name,
        letter_tasks.WORK[letter_tasks.generate_personalized_letter.name],
        "Writes a letter to one person.",
        asked="the console, the API, a campaign, or whoever writes into the queue",
        queue=EMAIL_TASKS,
    ),
    Duty(
        letter_tasks.regenerate_personalized_letter.name,
        letter_tasks.WORK[letter_tasks.regenerate_personalized_letter.name],
        "Writes a letter anew, in other words.",
        asked="the console, the API, or whoever writes into the queue",
        queue=EMAIL_TASKS,
    ),
)
