"""What the clock asks for: what each job does, how it went and when it comes; the owner may have it done now."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Response

from saudager.app import App
from saudager.console import screen
from saudager.console.connections.asking import note
from saudager.console.connections.cron import in_words
from saudager.console.deeds import deed
from saudager.console.door import Owner, Visitor
from saudager.errors import NotFound, OutsideError
from saudager.providers.gateway import JobRun
from saudager.queues import schedule
from saudager.queues.schedule import Job
from saudager.queues.tasks import GATEWAY_QUEUE

WORDS = {
    "read_knowledge": ("Прочитать новые документы", "Читает новые и изменённые документы и забывает удалённые."),
    "give_up_unsent": (
        "Закрыть то, о чём нет вестей",
        "Закрывает ответы и сообщения, о судьбе которых слишком долго ничего не слышно.",
    ),
    "count_days": ("Посчитать вчерашний день", "Считает закончившиеся дни для цифр на странице «Сегодня»."),
    "daily_digest": ("Итоги дня", "Пишет на ваши номера, чем кончились последние 24 часа."),
    "weekly_digest": ("Итоги недели", "Пишет на ваши номера, чем кончились последние семь дней."),
    "forget_handled_messages": (
        "Забыть обработанное",
        "Удаляет из очередей то, что обработано больше трёх дней назад.",
    ),
    "forget_dead_letters": (
        "Забыть то, что не получилось",
        "Удаляет то, что не получилось обработать и никто не вернул в очередь за срок DEAD_LETTERS_KEPT_DAYS.",
    ),
    "forget_logs": ("Удалить старые журналы", "Удаляет файлы журнала старше LOGS_KEPT_DAYS дней."),
    "forget_secrets": ("Забыть секреты", "Стирает ссылки из писем, которые не ушли, пока ссылка действовала."),
    "forget_sign_ins": (
        "Удалить старые входы",
        "Удаляет просроченные ссылки, законченные сеансы и забытые попытки входа.",
    ),
    "forget_events": (
        "Забыть старые события",
        "Удаляет события и следы правил старше EVENTS_KEPT_DAYS дней.",
    ),
    "forget_conversations": (
        "Удалить старую переписку",
        "Удаляет строки чатов, которые молчат дольше CONVERSATIONS_KEPT_DAYS дней (0 — хранить всегда). Открытые дела, "
        "сделки и звонки, контакты, заказы и просьбы не писать остаются.",
    ),
    "forget_traces": (
        "Забыть старые объяснения",
        "Удаляет, почему продавец так ответил, и шаги законченных цепочек старше TRACES_KEPT_DAYS дней.",
    ),
    "forget_audit": ("Укоротить журнал", "Удаляет записи журнала старше AUDIT_KEPT_DAYS дней (0 — хранить всегда)."),
    "forget_said": (
        "Очистить журнал шлюза",
        "Стирает в журнале шлюза слова чатов, которые молчат дольше CONVERSATIONS_KEPT_DAYS дней.",
    ),
    "forget_uploads": (
        "Удалить незагруженные файлы",
        "Удаляет файлы заказов и продаж, которые за день никто не загрузил.",
    ),
    "forget_pictures": (
        "Удалить ненужные картинки",
        "Удаляет серии, из которых не приняли ни одной картинки и которых не трогали PICTURES_KEPT_DAYS дней, "
        "а ещё файлы картинок, которых нет ни в одной серии, и старые ответы интернета.",
    ),
    "forget_in_broker": (
        "Прибрать в RabbitMQ или Redis",
        "Удаляет то, что там не получилось обработать за срок DEAD_LETTERS_KEPT_DAYS.",
    ),
    "forget_old_files": (
        "Удалить старые файлы клиентов",
        "Удаляет фото и документы клиентов старше MEDIA_KEPT_DAYS дней и недокачанное.",
    ),
    "forget_trial_mail": ("Удалить пробные письма", "Удаляет письма из пробных ящиков старше 30 дней."),
}
"""A name and a sentence for each."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One job as a row of the table."""

    job: Job
    words: str
    does: str
    often: str
    last: JobRun | None
    next: datetime

    @property
    def is_gateways(self) -> bool:
        return self.job.queue == GATEWAY_QUEUE


def add_to(routes: APIRouter, app: App) -> None:
    @routes.post("/jobs/run")
    async def run(visitor: Owner, task: Annotated[str, Form()], queue: Annotated[str, Form()]) -> Response:
        if not any((job.task, job.queue) == (task, queue) for job in app.jobs):
            raise NotFound("Такой работы нет.")
        if queue == GATEWAY_QUEUE:
            await app.gateway.run_job(task)
            await note(app, visitor, "job.run", f"job:{task}")
        else:
            now = app.clock.now()
            await deed(app, visitor, "job.run", f"job:{task}", schedule.run_now, task, queue=queue, now=now)
        return screen.told(visitor.say("Поставлено в очередь: результат появится здесь."))


async def planned(app: App, visitor: Visitor) -> list[Planned]:
    """Every job of both services; how those of a gateway that does not answer went is not known."""
    runs = await app.db.read(schedule.last_runs)
    theirs: Mapping[str, JobRun] = {}
    with suppress(OutsideError):  # the page says so already
        theirs = await app.gateway.job_runs()
    return [_planned(app, visitor, job, theirs if job.queue == GATEWAY_QUEUE else runs) for job in app.jobs]


def _planned(app: App, visitor: Visitor, job: Job, runs: Mapping[str, JobRun]) -> Planned:
    words, does = WORDS[job.task]
    return Planned(
        job,
        visitor.say(words),
        visitor.say(does),
        in_words(job.cron, visitor.say),
        runs.get(job.task),
        schedule.next_tick(job, app.clock.now(), app.settings.zone),
    )
