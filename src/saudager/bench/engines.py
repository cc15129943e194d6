"""The whole product on each of its engines, from a customer's line to the answer on his phone, beside a pipeline of
Celery and SQLAlchemy on the same servers.

Every line is of a customer of his own; the messenger is simulated, the model scripted and, but for ``slow_model``,
answers at once. ``messages_per_s`` is of a burst, delays are those at twenty lines a second; CPU is that of all our
processes in the burst, ``server_cpu`` that of broker and database.
"""

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from saudager.bench import compared, left_out, memory, pipeline, processor, servers, settings, split
from saudager.bench.delays import Delays
from saudager.bench.split import Place
from saudager.clock import SystemClock
from saudager.providers.llm.scripted import ScriptedModel
from saudager.rehearsal import Shop, rehearse

_BURST, _STEADY, _RATE, _WARM = 1000, 400, 20, 20
_THINKING, _SHORTEST_THOUGHT = 4.0, 0.2
_TEXT = "Сколько стоит окно 1500 на 1500?"
Row = dict[str, Any]
Write = Callable[[str], Awaitable[object]]
OnSent = Callable[[str], None]
Shopping = Callable[[OnSent], AbstractAsyncContextManager[Write]]


async def embedded(scale: float) -> Row:
    """Both services in one process over a SQLite file: `saudager up` with nothing else."""
    with tempfile.TemporaryDirectory() as folder:

        @asynccontextmanager
        async def shopping(on_sent: OnSent) -> AsyncIterator[Write]:
            model = ScriptedModel(everybody=split.CUSTOMER)
            async with rehearse(settings.in_folder(folder), model=model, clock=SystemClock()) as shop:
                yield _customers(shop, on_sent)

        return await _measured(shopping, scale)


async def rabbitmq_postgresql(scale: float) -> Row:
    """Gateway and one agent, a PostgreSQL database each, RabbitMQ between them."""
    return await _of_services(servers.RABBITMQ, scale)


async def pipeline_rabbitmq_postgresql(scale: float) -> Row:
    """The pipeline on the same servers: webhooks here, a Celery worker for each service."""
    return await _of_pipeline(servers.RABBITMQ, scale)


async def redis_postgresql(scale: float) -> Row:
    """Gateway and one agent, a PostgreSQL database each, Redis between them."""
    return await _of_services(servers.REDIS, scale)


async def redis_postgresql_two_agents(scale: float) -> Row:
    """The same with two agents over one database."""
    return await _of_services(servers.REDIS, scale, agents=2)


async def pipeline_redis_postgresql(scale: float) -> Row:
    """The pipeline on the same servers."""
    return await _of_pipeline(servers.REDIS, scale)


async def slow_model(scale: float) -> Row:
    """One agent whose model thinks for four seconds: 200 turns at once are all it takes."""
    return await _of_services(servers.REDIS, scale, thinking=_thinking(scale))


async def slow_model_two_agents(scale: float) -> Row:
    """Two such agents."""
    return await _of_services(servers.REDIS, scale, agents=2, thinking=_thinking(scale))


def _thinking(scale: float) -> float:
    return max(_SHORTEST_THOUGHT, _THINKING * scale)


def ratios(rows: dict[str, Row]) -> dict[str, float]:
    """Ours beside the pipeline, and two agents beside one, of the same run."""
    pairs = {
        "rabbitmq_vs_pipeline": ("rabbitmq_postgresql", "pipeline_rabbitmq_postgresql"),
        "redis_vs_pipeline": ("redis_postgresql", "pipeline_redis_postgresql"),
        "embedded_vs_pipeline": ("embedded", "pipeline_rabbitmq_postgresql"),
        "two_agents_vs_one": ("redis_postgresql_two_agents", "redis_postgresql"),
        "two_agents_vs_one_slow_model": ("slow_model_two_agents", "slow_model"),
    }
    figures = {"": "messages_per_s", "_cpu": "cpu_ms_per_message"}
    return compared.ratios(
        rows,
        {name + what: (figure, *pair) for what, figure in figures.items() for name, pair in pairs.items()},
    )


async def _of_services(broker: str, scale: float, *, agents: int = 1, thinking: float = 0.0) -> Row:
    async with _place(broker, thinking) as place:

        @asynccontextmanager
        async def shopping(on_sent: OnSent) -> AsyncIterator[Write]:
            async with split.shop(place, agents) as shop:
                yield _customers(shop, on_sent)

        return await _measured(shopping, scale, broker, servers.POSTGRESQL, thinking=thinking)


async def _of_pipeline(broker: str, scale: float) -> Row:
    left_out.need("celery")
    async with _place(broker) as place:

        @asynccontextmanager
        async def shopping(on_sent: OnSent) -> AsyncIterator[Write]:
            async with pipeline.gateway(place, on_sent) as webhook:
                yield lambda chat: webhook(chat, _TEXT)

        return await _measured(shopping, scale, broker, servers.POSTGRESQL)


@asynccontextmanager
async def _place(broker: str, thinking: float = 0.0) -> AsyncIterator[Place]:
    with (
        tempfile.TemporaryDirectory() as folder,
        servers.fresh_database() as gateway,
        servers.fresh_database() as agent,
    ):
        async with servers.own_names(broker) as prefix:
            yield Place(folder, gateway, agent, broker, prefix, thinking)


def _customers(shop: Shop, on_sent: OnSent) -> Write:
    shop.phone.on_sent = lambda line: on_sent(line.chat)
    return lambda chat: shop.customer_says(_TEXT, chat=chat)


async def _measured(shopping: Shopping, scale: float, *used: str, thinking: float = 0.0) -> Row:
    """A burst, then (unless the model is slow) the steady rate; ``used`` are the servers' addresses."""
    phases: list[Delays] = []
    count, slow = int(_BURST * scale), int(_STEADY * scale)
    async with shopping(lambda chat: phases[-1].answered(chat)) as write:

        def phase() -> Delays:
            phases.append(Delays(write, first=len(phases) * 100_000))
            return phases[-1]

        await phase().burst(_WARM)
        cpu, served = processor.used(), _used_by(used)
        seconds = await phase().burst(count)
        cpu, serving = processor.used() - cpu, _used_by(used)
        row = {
            "messages": count,
            "messages_per_s": round(count / seconds, 1),
            "cpu_ms_per_message": round(cpu / count * 1000, 2),
        }
        if served and serving:
            row["server_cpu_ms_per_message"] = round((serving - served) / count * 1000, 2)
        if not thinking:
            steady = phase()
            await steady.steady(slow, _RATE)
            row |= {"rate_per_s": _RATE, **steady.percentiles()}
        return row | {"rss_mb": memory.now_mb()}


def _used_by(addresses: tuple[str, ...]) -> float | None:
    """Seconds of the processor all these servers have used; None when one of them cannot be seen, or there is none."""
    used = [processor.used_by_server(address) for address in addresses]
    return sum(one for one in used if one is not None) if used and None not in used else None
