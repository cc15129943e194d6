"""How the day goes, for a person's dashboard and for Prometheus; behind a key with the scope ``watch``."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, ProcessCollector, generate_latest
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from saudager.ailments import Ailment
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

    ``GET /stats``, and ``GET /metrics``: the same and the process's memory and CPU, in Prometheus's text format.
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
    async def metrics() -> Response:
        """The same and more for Prometheus: docs/monitoring.md has every figure."""
        now = app.clock.now()
        others = [family for several in families for family in await app.db.read(several, now)]
        figures = _as_prometheus(await stats(), others, ailments=await ailments())
        return Response(figures, media_type=CONTENT_TYPE_LATEST)

    return routes


def _as_prometheus(stats: Stats, others: Sequence[Family], *, ailments: list[Ailment]) -> bytes:
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    for name, count in stats:
        if isinstance(count, int):
            Gauge(f"saudager_{name}", name.replace("_", " "), registry=registry).set(count)
    waiting = Gauge("saudager_queue_messages", "Messages in the tables", ["queue", "state"], registry=registry)
    for queue, states in stats.queues.items():
        for state, count in states.items():
            waiting.labels(queue, state).set(count)
    carried = Gauge("saudager_broker_messages", "Messages in the broker", ["queue"], registry=registry)
    for queue, count in (stats.broker or {}).items():
        carried.labels(queue).set(count)
    for name, says, labels, values in others:
        gauge = Gauge(f"saudager_{name}", says, labels, registry=registry)
        for named, value in values.items():
            gauge.labels(*named).set(value)
    Gauge("saudager_ailments", "Reasons why /health is not healthy", registry=registry).set(len(ailments))
    return generate_latest(registry)
