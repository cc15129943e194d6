"""A task a service does besides handling messages: what it is for, and who asks for it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from saudager.app import App
from saudager.queues import tasks
from saudager.queues.schedule import Job, Rows

AT_NIGHT = "17 3 * * *"
"""When housekeeping is done."""


@dataclass(frozen=True, slots=True)
class Due:
    """Rows of which the earliest wakes a task; see ``schedule.keep_due``."""

    rows: str
    """What falls due, in English."""
    next_due: Callable[[Session], datetime | None]
    look_every: Callable[[App], timedelta]


@dataclass(frozen=True, slots=True)
class Duty:
    """A task with the sentences docs/jobs.md is made of. The clock asks for it (``cron``, in the shop's time zone), or
    rows that fall due, or what ``asked`` says, or several of them."""

    task: str
    work: Callable[..., Awaitable[Any]]
    """Takes the App, then by name ``task_id`` and what it was asked for with."""
    does: str
    cron: str | None = None
    due: Due | None = None
    asked: str = ""
    settings: tuple[str, ...] = ()
    """Those that say how much it keeps, or when it acts."""
    queue: str = tasks.QUEUE


def jobs(duties: Sequence[Duty]) -> list[Job]:
    """What the clock asks for."""
    return [Job(duty.task, duty.cron, duty.queue) for duty in duties if duty.cron is not None]


def known(app: App, duties: Sequence[Duty], queue: str) -> dict[str, tasks.Task]:
    """The tasks of a queue by name."""
    return {duty.task: partial(duty.work, app) for duty in duties if duty.queue == queue}


def falling_due(app: App, duties: Sequence[Duty]) -> list[Rows]:
    """What asks for tasks by falling due."""
    return [
        Rows(duty.task, duty.due.next_due, partial(duty.due.look_every, app)) for duty in duties if duty.due is not None
    ]
