"""What figures were measured on and when: the machine, its versions, how busy it was."""

import os
import platform
import sqlite3
import subprocess
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import saudager
from saudager.bench import servers
from saudager.bench.left_out import LeftOut

_SOURCE = Path(saudager.__file__).parent
_RIVALS = ("agno", "celery", "dateparser")
_AT_MOST = 10


def load() -> str:
    """How many processes have wanted the processor in the last minute, on average."""
    return f"{os.getloadavg()[0]:.1f}"


def described(now: datetime) -> dict[str, str]:
    """Each fact under its name, in words; what is not there is left out."""
    facts = {
        "measured": f"{now:%Y-%m-%d %H:%M} UTC",
        "saudager": " ".join(filter(None, (saudager.__version__, _commit()))),
        "cpu": f"{_cpu()}, {os.cpu_count()} cores",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GB",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "postgresql": _postgresql(),
        "rabbitmq": _rabbitmq(),
        "redis": _redis(),
        **{name: _installed(name) for name in _RIVALS},
    }
    return {name: said for name, said in facts.items() if said}


def _cpu() -> str:
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in told.splitlines() if line.startswith("model name")), "")


def _commit() -> str:
    """The commit of the checkout this runs from, with a + when the source differs from it; '' outside of one."""
    commit = _git("rev-parse", "--short", "HEAD") if _git("ls-files", "__init__.py") else ""
    return f"{commit}+" if commit and _git("status", "--porcelain", "--", ".") else commit


def _git(*arguments: str) -> str:
    command = ("git", "-C", str(_SOURCE), *arguments)
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_AT_MOST)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _postgresql() -> str:
    import psycopg

    try:
        with psycopg.connect(servers.need(servers.POSTGRESQL), connect_timeout=_AT_MOST) as connection:
            return connection.info.parameter_status("server_version") or ""
    except (LeftOut, psycopg.Error):
        return ""


def _redis() -> str:
    from redis import Redis, RedisError

    try:
        with Redis.from_url(servers.need(servers.REDIS), socket_timeout=_AT_MOST) as redis:
            told: dict[str, Any] = redis.info("server")
            return str(told["redis_version"])
    except (LeftOut, RedisError):
        return ""


def _rabbitmq() -> str:
    import asyncio

    import aiormq

    async def ask() -> str:
        connection = await aiormq.connect(servers.need(servers.RABBITMQ))
        try:
            told = connection.server_properties.get("version")
            return told.decode() if isinstance(told, bytes) else str(told or "")
        finally:
            await connection.close()

    try:
        return asyncio.run(asyncio.wait_for(ask(), _AT_MOST))
    except (LeftOut, aiormq.AMQPError, OSError, TimeoutError):
        return ""
