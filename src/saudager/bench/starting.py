"""From a command to the first good answer of /health, and the memory held when nothing happens.

Every start is a real process with an environment of its own; ``cpu_s`` is the processor's time it and its children have
used by then. Memory is what its processes hold of the machine together, what they share counted once (PSS). The Celery
stack is what the project's documents name: FastAPI under uvicorn, a worker and beat, on Redis and PostgreSQL, whose own
memory is in nobody's figure.
"""

import asyncio
import http.client
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from saudager.bench import compared, left_out, memory, processor, servers

_TIMES, _IDLE, _AT_MOST, _LOOK_EVERY = 3, 5.0, 120.0, 0.02
_KEPT = ("PATH", "PYTHONPATH", "HOME", "LANG", "LC_ALL", "VIRTUAL_ENV", "AGNO_TELEMETRY")
_STACK = "saudager.bench.celery_stack"
Row = dict[str, Any]


async def saudager_up(scale: float) -> Row:
    """`saudager up` with nothing set; ``first_s`` in an empty folder, where it makes its database."""
    return await asyncio.to_thread(_ours, scale, {})


async def saudager_up_model(scale: float) -> Row:
    """The same with a hosted model set, so that Agno and the vendor's SDK are loaded before the first message."""
    model = {"COMPATIBLE_BASE_URL": "http://127.0.0.1:9/v1", "COMPATIBLE_MODEL": "none"}
    return await asyncio.to_thread(_ours, scale, model)


async def bare_agno(scale: float) -> Row:
    """One Agno agent behind FastAPI and uvicorn, and nothing else: no database, no queue, no messenger."""
    return await asyncio.to_thread(_rival, scale, {}, [])


async def celery_stack(scale: float) -> Row:
    """``health_s`` is the web service's; ``working_s`` is when the worker has done the task sent at the start."""
    left_out.need("celery")
    servers.need(servers.REDIS)
    with servers.fresh_database() as database:
        async with servers.own_names(servers.REDIS) as prefix:
            told = {"STACK_BROKER": servers.REDIS, "STACK_DATABASE": database, "STACK_PREFIX": prefix}
            celery = (sys.executable, "-m", "celery", "-A", f"{_STACK}:tasks")
            beside = [
                [*celery, "worker", "--loglevel", "warning"],
                [*celery, "beat", "--loglevel", "warning", "--schedule", "beat", "--pidfile", ""],
            ]
            return await asyncio.to_thread(_rival, scale, told, beside, f"{_STACK}:site")


def ratios(rows: dict[str, Row]) -> dict[str, float]:
    """Ours beside each rival that could be started here."""
    pairs = {"celery_stack": "saudager_up", "bare_agno": "saudager_up_model"}
    return compared.ratios(
        rows,
        {
            f"{figure}_vs_{rival}": (figure, ours, rival)
            for rival, ours in pairs.items()
            for figure in ("health_s", "cpu_s", "idle_mb")
        },
    )


def _ours(scale: float, told: Mapping[str, str]) -> Row:
    command = [sys.executable, "-c", "from saudager.cli import main; main()", "up"]
    with tempfile.TemporaryDirectory() as folder:
        took, used = [], []
        for _ in range(_times(scale) + 1):
            port = _free_port()
            environment = {"DATA_DIR": folder, "PORT": str(port), "HOST": "127.0.0.1", **told}
            with _running([command], folder, environment) as pids:
                took.append(_seconds_to_health(port))
                used.append(sum(map(processor.used, pids)))
                held = _idle(pids, scale)
    return {"first_s": round(took[0], 2), **_told(took[1:], used[1:]), **held}


def _rival(
    scale: float, told: Mapping[str, str], beside: Sequence[Sequence[str]], site: str = "saudager.bench.agno_site:site"
) -> Row:
    took, worked, used = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(_times(scale)):
            port = _free_port()
            web = [sys.executable, "-m", "uvicorn", site, "--port", str(port), "--log-level", "warning"]
            began = time.perf_counter()
            with _running([web, *beside], folder, told) as pids:
                took.append(_seconds_to_health(port))
                if beside:
                    _until(lambda port=port: _answer(port, "/worked") == (200, True), "the worker")
                    worked.append(time.perf_counter() - began)
                used.append(sum(map(processor.used, pids)))
                held = _idle(pids, scale)
    return {**_told(took, used), **({"working_s": round(statistics.median(worked), 2)} if worked else {}), **held}


def _times(scale: float) -> int:
    return max(1, round(_TIMES * scale))


def _told(took: Sequence[float], used: Sequence[float]) -> Row:
    return {
        "starts": len(took),
        "health_s": round(statistics.median(took), 2),
        "slowest_s": round(max(took), 2),
        "cpu_s": round(statistics.median(used), 2),
    }


def _idle(pids: Sequence[int], scale: float) -> Row:
    time.sleep(max(0.5, _IDLE * scale))
    alive = memory.family(pids)
    return {"processes": len(alive), "idle_mb": round(sum(memory.own_share_mb(pid) for pid in alive), 1)}


@contextmanager
def _running(commands: Sequence[Sequence[str]], folder: str, told: Mapping[str, str]) -> Iterator[list[int]]:
    """All of them started at once; they and what they have started end with the block."""
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ} | dict(told)
    log = Path(folder) / "log"
    started: list[subprocess.Popen[bytes]] = []
    with log.open("ab") as said:
        try:
            for command in commands:
                started.append(
                    subprocess.Popen(  # noqa: S603
                        command, cwd=folder, env=environment, stdout=said, stderr=said, start_new_session=True
                    )
                )
            yield [process.pid for process in started]
        except TimeoutError as late:
            raise RuntimeError(f"{late}: {log.read_text(encoding='utf-8', errors='replace')[-2000:]}") from None
        finally:
            for process in started:
                process.terminate()
            for process in started:
                _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _seconds_to_health(port: int) -> float:
    began = time.perf_counter()
    _until(lambda: _answer(port, "/health")[0] == 200, "/health")
    return time.perf_counter() - began


def _until(is_so: Any, what: str) -> None:
    latest = time.monotonic() + _AT_MOST
    while not is_so():
        if time.monotonic() > latest:
            raise TimeoutError(f"{what} gave no good answer within {_AT_MOST:g} s")
        time.sleep(_LOOK_EVERY)


def _answer(port: int, path: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    except (OSError, http.client.HTTPException, ValueError):
        return 0, None
    finally:
        connection.close()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port
