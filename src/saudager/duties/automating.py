"""The tasks of rules and sequences."""

from datetime import timedelta

from saudager import events
from saudager.app import App
from saudager.automation import by_the_clock, journeys, rules, taking
from saudager.db.batches import in_batches
from saudager.duties.duty import AT_NIGHT, Due, Duty


async def forget_events(app: App, task_id: str) -> int:
    """What happened, and what rules made of it."""
    before = app.clock.now() - timedelta(days=app.settings.events_kept_days)
    gone = await in_batches(app.db, rules.forget, before=before)
    return gone + await in_batches(app.db, events.forget, before=before)


DUTIES = (
    Duty(
        by_the_clock.TASK,
        by_the_clock.run_scheduled_rules,
        "Runs rules that go by the clock, once for each lead or contact they hold for.",
        due=Due("a rule's moment", by_the_clock.next_due, lambda app: by_the_clock.LOOKED_AT),
        asked="switching a rule on, and each run for the next one",
    ),
    Duty(
        journeys.TASK,
        taking.take_steps,
        "Takes the steps of sequences.",
        due=Due("a step of a sequence", journeys.next_due, lambda app: journeys.LOOKED_AT),
        asked="what a sequence begins with, or waits for",
    ),
    Duty(
        "forget_events",
        forget_events,
        "Deletes what rules and sequences hear of, and the traces of rules, so that a new rule can be tried on what "
        "happened lately.",
        cron=AT_NIGHT,
        settings=("EVENTS_KEPT_DAYS",),
    ),
)
