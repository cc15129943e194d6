"""How the day goes, for a person's dashboard and for Prometheus; behind a key with the scope ``watch``."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from saudager import logs, machine
from saudager.api.answers import text
from saudager.api.examples import shown
from saudager.api.guard import behind
from saudager.app import App
from saudager.keys import Scope
from saudager.machine import Ailments, broker
from saudager.queues import table

Counts = Callable[[Session, datetime], dict[str, int]]
Family = tuple[str, str, tuple[str, ...], Mapping[tuple[str, ...], float]]
"""A name, what it says, the names of its labels, and each value by those of the labels."""
Families = Callable[[Session, datetime], Sequence[Family]]
_METRICS = """# HELP saudager_messages_received_today messages received today
# TYPE saudager_messages_received_today gauge
saudager_messages_received_today 12.0
# HELP saudager_queue_messages Messages in the tables
# TYPE saudager_queue_messages gauge
saudager_queue_messages{queue="turns",state="waiting"} 0.0
"""


class Stats(BaseModel):
    """The day in numbers, since midnight of TIMEZONE."""

    model_config = shown(
        {
            "messages_received_today": 12,
            "messages_sent_today": 10,
            "voice_transcribed_today": 1,
            "queues": {"turns": {"waiting": 0, "done": 10, "dead": 0}},
            "broker": {"outgoing_messages": 0},
        }
    )

    messages_received_today: int
    messages_sent_today: int
    voice_transcribed_today: int
    queues: dict[str, dict[str, int]] = Field(description="Rows of each queue's table, by state.")
    broker: dict[str, int] | None = Field(description="What the broker holds; null without one or while it is silent.")


def router(app: App, counts: Counts, ailments: Ailments, families: Sequence[Families] = ()) -> APIRouter:
    """``counts(session, since)`` says what happened since a moment, ``ailments`` what is not well now, and each
    of ``families(session, now)`` what else Prometheus is shown.

    ``GET /stats``, and ``GET /metrics``: the same, ``families``, the lines of the log, the answers over HTTP, the disk,
    and the process's memory and CPU, in Prometheus's text format.
    """
    routes = APIRouter(**behind(app, Scope.WATCH), tags=["Watching"])

    @routes.get("/stats")
    async def stats() -> Stats:
        """The day in numbers."""
        today = app.clock.now().astimezone(app.settings.zone).replace(hour=0, minute=0, second=0, microsecond=0)
        counted = await app.db.read(counts, today)
        carried = (await broker(app.wire))[0] if app.wire else None
        return Stats(**counted, queues=await app.db.read(table.depth), broker=carried)

    @routes.get("/metrics", response_class=Response, responses=text("text/plain", _METRICS, "Prometheus's format."))
    async def metrics(request: Request) -> Response:
        """The same and more for Prometheus: docs/monitoring.md has every figure."""
        now = app.clock.now()
        told = [family for several in families for family in await app.db.read(several, now)]
        told += _of_day(await stats())
        told += [
            ("ailments", "Reasons why /health is not healthy", (), {(): len(await ailments())}),
            ("disk_free_bytes", "Left on the disk of DATA_DIR", (), {(): machine.disk_free(app)}),
            ("log_lines_total", "Lines of the log", ("level",), _by_one(logs.lines_by_level())),
            ("http_responses_total", "Answers over HTTP", ("status",), _by_one(request.app.state.answers)),
        ]
        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        registry.register(_Told(told))
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return routes


class _Told(Collector):
    """Families as Prometheus reads them: what is called a total only ever grows."""

    def __init__(self, families: Sequence[Family]) -> None:
        self._families = families

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        for name, says, labels, values in self._families:
            kind = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
            family = kind(f"saudager_{name}", says, labels=labels)
            for named, value in values.items():
                family.add_metric(named, value)
            yield family


def _of_day(stats: Stats) -> Iterator[Family]:
    for name, count in stats:
        if isinstance(count, int):
            yield name, name.replace("_", " "), (), {(): count}
    states = {(queue, state): count for queue, counts in stats.queues.items() for state, count in counts.items()}
    yield "queue_messages", "Messages in the tables", ("queue", "state"), states
    yield "broker_messages", "Messages in the broker", ("queue",), _by_one(stats.broker or {})


def _by_one(values: Mapping[str, int]) -> dict[tuple[str, ...], float]:
    return {(name,): value for name, value in values.items()}
