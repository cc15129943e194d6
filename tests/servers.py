"""Which brokers are running for the tests that need one."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import aio_pika
import pytest
from redis.asyncio import Redis

from tests.databases import REQUIRED
from tests.fakes.serving import refused_url

RABBITMQ = os.environ.get("SAUDAGER_TEST_RABBITMQ", "amqp://guest:guest@127.0.0.1:5672/")
REDIS = os.environ.get("SAUDAGER_TEST_REDIS", "redis://127.0.0.1:6379/9")


def need(name: str, url: str) -> None:
    """Leave the test out when the server is not running, or fail it where it must be there."""
    where = urlsplit(url)
    try:
        socket.create_connection((where.hostname or "", where.port or 0), timeout=3).close()
    except OSError:
        if REQUIRED:
            pytest.fail(f"{name} is not running, and SAUDAGER_REQUIRE_SERVICES=1 wants it")
        pytest.skip(f"{name} is not running")


async def publish_to_rabbitmq(queue: str, data: bytes, **headers: str) -> None:
    """As a third party does, with nothing but the data or with headers of its own."""
    async with await aio_pika.connect(RABBITMQ) as connection:
        channel = await connection.channel()
        await channel.default_exchange.publish(aio_pika.Message(data, headers=dict(headers)), queue)


async def publish_to_redis(queue: str, data: bytes, **fields: str) -> None:
    """As a third party does, with nothing but the data or with fields of its own."""
    async with Redis.from_url(REDIS) as redis:
        await redis.xadd(queue, {"data": data, **fields})


@contextmanager
def poor_rabbitmq_user() -> Iterator[str]:
    """The broker's address for a user who may do nothing there."""
    need("RabbitMQ", RABBITMQ)
    user = f"saudager_test_{os.getpid()}"
    _rabbitmqctl("add_user", user, "secret")
    try:
        _rabbitmqctl("set_permissions", user, "^$", "^$", "^$")
        where = urlsplit(RABBITMQ)
        yield f"amqp://{user}:secret@{where.hostname}:{where.port or 5672}/"
    finally:
        _rabbitmqctl("delete_user", user)


def _rabbitmqctl(*arguments: str) -> None:
    done = subprocess.run(["rabbitmqctl", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"rabbitmqctl {arguments[0]}: {done.stderr}") if REQUIRED else pytest.skip(done.stderr)


@contextmanager
def own_redis(folder: Path) -> Iterator[str]:
    """The address of a Redis of the test's own, which keeps everything on disk."""
    port = free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--appendonly", "yes", "--dir", str(folder), "--save", ""]
    with running([program("redis-server"), *options], port):
        yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def own_rabbitmq(folder: Path) -> Iterator[str]:
    """The address of a RabbitMQ of the test's own, in a folder of its own."""
    port, home = free_port(), folder / "rabbitmq"
    home.mkdir()
    (home / "rabbitmq.conf").write_text(f"listeners.tcp.1 = 127.0.0.1:{port}\n", encoding="ascii")
    own = {
        "HOME": str(home),
        "RABBITMQ_NODENAME": f"saudager-{port}@localhost",
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_CONF_ENV_FILE": os.devnull,
        "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
        "RABBITMQ_MNESIA_BASE": str(home),
        "RABBITMQ_LOG_BASE": str(home),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
    }
    debian = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")  # the one on PATH there becomes another user
    with running([str(debian) if debian.exists() else program("rabbitmq-server")], port, **own):
        yield f"amqp://guest:guest@127.0.0.1:{port}/"


def free_port() -> int:
    """A port of this machine nobody listens on."""
    return urlsplit(refused_url()).port or 0


def program(name: str, folder: str | None = None) -> str:
    """Where a program is, also in a folder that is not on PATH; without it the test is left out, or fails."""
    program = shutil.which(name) or (shutil.which(name, path=folder) if folder else None)
    if program is None:
        if REQUIRED:
            pytest.fail(f"{name} is not installed, and SAUDAGER_REQUIRE_SERVICES=1 wants it")
        pytest.skip(f"{name} is not installed")
    return program


@contextmanager
def running(command: list[str], port: int, **environment: str) -> Iterator[None]:
    """A server and all it starts, from its first answer on the port to the end of the block."""
    process = subprocess.Popen(
        command,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, f"{command[0]} ended at once"
            time.sleep(0.05)
        yield
    finally:
        with suppress(ProcessLookupError):  # one that ended at once is told of above
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
