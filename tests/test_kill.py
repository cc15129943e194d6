"""Nothing acknowledged is lost and nobody is answered twice, whatever dies when: the product is killed at random."""

import asyncio
import json
import os
import random
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aio_pika
import httpx
import pytest

from saudager.contracts import CONTRACT
from saudager.db.threads import connect
from saudager.providers.wires import DEAD
from tests import databases, servers
from tests.fakes.serving import refused_url
from tests.fakes.wappi import PROFILE, TOKEN

CONVERSATIONS = 200
KILLS = 14
SEED = 20260311
_ROOT = Path(__file__).parents[1]
_QUESTIONS = ("Здравствуйте!", "Сколько стоит окно?", "А доставка есть?", "Какая гарантия на окна?")
_SLOW_WAPPI = """
import sys
from tests.fakes import wappi

class SlowWappi(wappi.FakeWappi):
    def __init__(self, **options):
        super().__init__(**options)
        self.latency = 0.01

wappi.FakeWappi = SlowWappi
wappi.main()
"""
WIRED = [pytest.param(name, marks=pytest.mark.servers) for name in ("rabbitmq", "redis and postgresql")]


class Product:
    """The product's processes, killed one by one and started again on the same folder and databases."""

    def __init__(self, folder: Path, wappi_url: str, commands: Sequence[str], **settings: str) -> None:
        self.kills = Counter[str]()
        self.folder = folder
        self.gateway_url = settings.get("GATEWAY_DATABASE_URL", f"sqlite:///{folder / 'saudager.db'}")
        self.agent_url = settings.get("AGENT_DATABASE_URL", f"sqlite:///{folder / 'saudager.db'}")
        self._log = folder / "product.log"
        self._environment = os.environ | {
            "DATA_DIR": str(folder),
            "WAPPI_TOKEN": TOKEN,
            "WAPPI_PROFILE_ID": PROFILE,
            "WAPPI_BASE_URL": wappi_url,
            "POLLING_INTERVAL": "0.1",
            "PATIENCE": "0.3",
            "PATIENCE_COMPLETE": "0.15",
            "PATIENCE_CAP": "1",
            "SENDS_PER_MINUTE": "0",
            "LOG_LEVEL": "WARNING",
            **settings,
        }
        self._commands = [(command, str(urlsplit(refused_url()).port)) for command in commands]
        self._processes: dict[int, subprocess.Popen[bytes]] = {}

    @property
    def size(self) -> int:
        return len(self._commands)

    def start(self) -> None:
        for number in range(self.size):
            if number not in self._processes:
                self._start(number)

    def _start(self, number: int) -> None:
        command, port = self._commands[number]
        run = [sys.executable, "-c", f"from saudager.cli import main; main(['{command}'])"]
        where = self._environment | {"PORT": port, "AGENT_PORT": port}
        with self._log.open("ab") as log:
            self._processes[number] = subprocess.Popen(run, cwd=self.folder, env=where, stdout=log, stderr=log)

    def is_up(self) -> bool:
        for number, process in self._processes.items():
            assert process.poll() is None, self.log()
            if not _answers(f"http://127.0.0.1:{self._commands[number][1]}/health"):
                return False
        return True

    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")[-3000:]

    def kill(self, number: int, when: str) -> None:
        process = self._processes.pop(number)
        assert process.poll() is None, self.log()
        process.kill()
        process.wait()
        self.kills[f"{self._commands[number][0]}, {when}" if self.size > 1 else when] += 1

    def stop(self) -> None:
        for process in self._processes.values():
            process.kill()
            process.wait()
        self._processes.clear()


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "sent.jsonl"
    path.touch()
    return path


@pytest.fixture
def wappi_url(journal: Path) -> Iterator[str]:
    """A fake Wappi of its own process, which outlives every death of the product."""
    url = refused_url()
    arguments = ["--port", str(urlsplit(url).port), "--journal", str(journal)]
    fake = subprocess.Popen([sys.executable, "-c", _SLOW_WAPPI, *arguments], cwd=_ROOT)
    try:
        _until(lambda: _answers(f"{url}/control/sent"), "the fake Wappi to start")
        yield url
    finally:
        fake.kill()
        fake.wait()


@pytest.fixture(params=["alone", *WIRED])
def product(request: pytest.FixtureRequest, tmp_path: Path, wappi_url: str) -> Iterator[Product]:
    """One process on SQLite; or services of their own with a broker between them, of the agent two on PostgreSQL."""
    folder = tmp_path / "data"
    folder.mkdir()
    with ExitStack() as stack:
        if request.param == "alone":
            running = Product(folder, wappi_url, ["up"])
        elif request.param == "rabbitmq":
            servers.need("RabbitMQ", servers.RABBITMQ)
            asyncio.run(_forget_queues())
            files = {f"{name}_DATABASE_URL": f"sqlite:///{folder / name}.db" for name in ("GATEWAY", "AGENT")}
            running = Product(folder, wappi_url, ["gateway", "agent"], RABBITMQ_URL=servers.RABBITMQ, **files)
        else:
            databases.need_postgresql()
            redis = stack.enter_context(servers.own_redis(tmp_path))
            urls = {f"{name}_DATABASE_URL": stack.enter_context(databases.fresh()) for name in ("GATEWAY", "AGENT")}
            running = Product(folder, wappi_url, ["gateway", "agent", "agent"], REDIS_URL=redis, **urls)
        stack.callback(running.stop)
        yield running


async def _forget_queues() -> None:
    async with await aio_pika.connect(servers.RABBITMQ) as connection:
        channel = await connection.channel()
        for name in CONTRACT:
            for queue in (name, name + DEAD):
                await channel.queue_delete(queue, if_unused=False, if_empty=False)


@pytest.mark.slow
def test_every_line_is_in_one_closed_turn_and_every_turn_is_answered_once_whatever_is_killed(
    product: Product, wappi_url: str, journal: Path
) -> None:
    dice = random.Random(SEED)
    lines = _lines(dice, CONVERSATIONS if product.size == 1 else CONVERSATIONS // 2)
    share = len(lines) // KILLS + 1
    product.start()
    _until(product.is_up, "the product to start")
    for number in range(KILLS):
        with _customers(wappi_url, lines[number * share : (number + 1) * share], dice.uniform(0.01, 0.04)):
            victim = number % product.size
            _kill(product, victim, journal, dice, ("starting", "sending", "sending", "any time")[number // 2 % 4])
            product.start()
    _until(product.is_up, "the product to start for the last time")
    _until(lambda: _is_done(product, len(lines)), "every line to be closed", lambda: _left(product))
    product.stop()
    counts = _judge(product, journal, Counter(line["chat"] for line in lines))
    print(f"\n{KILLS} kills {dict(product.kills)}: {counts}")  # noqa: T201


def _kill(product: Product, victim: int, journal: Path, dice: random.Random, when: str) -> None:
    """While the product starts, just when a send has been accepted and not answered yet, or at any time."""
    if when == "starting":
        time.sleep(dice.uniform(0.05, 0.9))
    else:
        _until(product.is_up, "the product to start again")
        time.sleep(dice.uniform(0, 0.4))
        if when == "sending":
            size = journal.stat().st_size
            _within(2, lambda: journal.stat().st_size > size, pause=0.0002)
    product.kill(victim, when)


def _lines(dice: random.Random, conversations: int) -> list[dict[str, str]]:
    """What so many people write, 1–3 lines each."""
    return [
        {"chat": f"7701{number:07}@c.us", "text": dice.choice(_QUESTIONS)}
        for number in range(conversations)
        for _ in range(dice.randint(1, 3))
    ]


@contextmanager
def _customers(wappi_url: str, lines: list[dict[str, str]], pause: float) -> Iterator[None]:
    """They write while the block runs."""

    def write() -> None:
        with httpx.Client(base_url=wappi_url, timeout=30) as control:
            for line in lines:
                control.post("/control/customer_writes", json=[line]).raise_for_status()
                time.sleep(pause)

    writing = threading.Thread(target=write)
    writing.start()
    try:
        yield
    finally:
        writing.join()


def _is_done(product: Product, lines: int) -> bool:
    """Every line closed, every answer's fate known, and nothing left in the queues."""
    with _read(product.gateway_url) as rows:
        if rows("select count(*) from queue_messages where state = 0") != [(0,)]:
            return False
    with _read(product.agent_url) as rows:
        (closed,) = rows("select count(*) from messages where author = 'customer' and turn_id is not null")[0]
        (on_the_way,) = rows("select count(*) from messages where delivery_state in ('queued', 'sent')")[0]
        (waiting,) = rows("select count(*) from queue_messages where state = 0")[0]
    return bool(closed == lines and on_the_way == waiting == 0)


def _judge(product: Product, journal: Path, written: dict[str, int]) -> dict[str, int]:
    """Compare what the customers wrote and got with what the product believes."""
    got = Counter(json.loads(line)["chat"] for line in journal.read_text(encoding="utf-8").splitlines())
    with _read(product.gateway_url) as rows:
        left = rows("select queue, state, error from queue_messages where state <> 1")
        leased = rows("select queue, key from queue_lanes where lease_until > 0")
    with _read(product.agent_url) as rows:
        stored = dict(
            rows("""
                select c.chat, count(*) from messages m join conversations c on c.id = m.conversation_id
                where m.author = 'customer' and m.turn_id is not null group by c.chat""")
        )
        doubled = rows("select message_id from messages group by account, message_id having count(message_id) > 1")
        answered = Counter(
            chat
            for (chat,) in rows("""
                select c.chat from turns t join conversations c on c.id = t.conversation_id
                where t.outcome = 'answered'""")
        )
        turns = Counter(outcome for (outcome,) in rows("select outcome from turns"))
        twice = rows("select turn_id from messages where author = 'bot' group by turn_id having count(*) > 1")
        human = rows("select count(*) from messages where author = 'human'")[0][0]
        if product.agent_url != product.gateway_url:
            left += rows("select queue, state, error from queue_messages where state <> 1")
            leased += rows("select queue, key from queue_lanes where lease_until > 0")
        unsettled = rows("select conversation_id from messages where delivery_state = 'unsettled'")
        desk = {about for (about,) in rows("select about from attention where settled is null")}
    assert stored == written
    assert doubled == []
    assert twice == []
    assert human == 0
    assert [row for row in left if row[1] == 0] == []
    assert leased == []
    assert {f"conversation:{conversation}" for (conversation,) in unsettled} <= desk
    assert len(left) == len(unsettled)
    assert turns["answered"] == turns.total()
    assert got == answered
    return {
        "conversations": len(written),
        "lines": sum(written.values()),
        "turns": turns.total(),
        "sent": got.total(),
        "unsettled": len(unsettled),
    }


@contextmanager
def _read(url: str) -> Iterator[Callable[[str], list[Any]]]:
    engine = connect(url, read_only=True)
    with engine.connect() as connection:
        yield lambda query: [tuple(row) for row in connection.exec_driver_sql(query).all()]
    engine.dispose()


def _left(product: Product) -> str:
    """What is not done, for whoever reads the failure."""
    told = [product.log()]
    for url in dict.fromkeys((product.gateway_url, product.agent_url)):
        with _read(url) as rows:
            told.append(str(rows("select queue, key, msg_id from queue_messages where state = 0 limit 20")))
            told.append(str(rows("select * from queue_lanes limit 20")))
    with _read(product.agent_url) as rows:
        told.append(str(rows("select author, delivery_state, count(*) from messages group by author, delivery_state")))
        told.append(str(rows("select count(*) from messages where author = 'customer' and turn_id is null")))
    return "\n".join(told)


def _until(done: Callable[[], bool], what: str, tell: Callable[[], str] = lambda: "") -> None:
    if not _within(60, done, pause=0.05):
        raise TimeoutError(f"waited a minute for {what}\n{tell()}")


def _within(seconds: float, done: Callable[[], bool], *, pause: float) -> bool:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == HTTPStatus.OK)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
