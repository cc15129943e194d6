"""The product as its own processes beside a fake Wappi of another process: started, killed, watched."""

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
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests import databases, servers
from tests.fakes.serving import refused_url
from tests.fakes.wappi import PROFILE, TOKEN
from tests.proxy import Proxy, proxied

ACCOUNT = f"wappi:{PROFILE}"
SHAPES = ("alone", "rabbitmq", "redis and postgresql")
QUESTIONS = ("Здравствуйте!", "Сколько стоит окно?", "А доставка есть?", "Какая гарантия на окна?")
ANSWERS = """# Окна

Окно стоит 120 000 ₸. Доставка есть по всему городу. Гарантия на окна 3 года.
"""
"""The shop's only document: who asks twice what no document holds would be handed over to a person."""
_ROOT = Path(__file__).parents[1]
_SLOW_WAPPI = """
from tests.fakes import wappi

class SlowWappi(wappi.FakeWappi):
    def __init__(self, **options):
        super().__init__(**options)
        self.latency = 0.01
        self.retry_after = "1"

wappi.FakeWappi = SlowWappi
wappi.main()
"""


class Phone:
    """The fake Wappi, which outlives every death of the product, and what the customers wrote and got on it."""

    def __init__(self, url: str, journal: Path) -> None:
        self.url = url
        self.journal = journal
        self._control = httpx.Client(base_url=url, timeout=30)
        self.written: dict[str, list[str]] = {}
        """Ids of the lines by chat, oldest first."""

    def writes(self, chat: str, text: str) -> str:
        """A customer's line; its id."""
        (id,) = self._control.post("/control/customer_writes", json=[{"chat": chat, "text": text}]).json()
        self.written.setdefault(chat, []).append(id)
        return str(id)

    @property
    def lines(self) -> int:
        return sum(map(len, self.written.values()))

    @contextmanager
    def customers_write(self, lines: Iterable[tuple[str, str]], *, pause: float) -> Iterator[None]:
        """They write while the block runs, and the block ends when they have; a chat and a text each."""
        failed: list[BaseException] = []

        def write() -> None:
            try:
                for chat, text in lines:
                    self.writes(chat, text)
                    time.sleep(pause)
            except BaseException as error:
                failed.append(error)

        writing = threading.Thread(target=write)
        writing.start()
        try:
            yield
        finally:
            writing.join()
        if failed:
            raise failed[0]

    def fails(self, path: str, share: float, *faults: str, seed: int) -> None:
        """From now on a share of the path's calls fail so."""
        rule = {"path": path, "share": share, "faults": faults, "seed": seed}
        self._control.post("/control/fail", json=rule).raise_for_status()

    def faults(self) -> Counter[str]:
        """How often each fault was shown."""
        return Counter(self._control.get("/control/faults").json())

    def close(self) -> None:
        self._control.close()

    def got(self) -> dict[str, list[str]]:
        """What each customer was sent, oldest first."""
        got: dict[str, list[str]] = {}
        for line in self.journal.read_text(encoding="utf-8").splitlines():
            sent = json.loads(line)
            got.setdefault(sent["chat"], []).append(sent["text"])
        return got


class Product:
    """The product's processes, each of which can be killed and started again on the same folder and databases."""

    def __init__(self, folder: Path, phone: Phone, commands: Sequence[str], **settings: str) -> None:
        self.kills = Counter[str]()
        self.folder = folder
        self.phone = phone
        self.prelude = ""
        """Python that runs in every process before the product."""
        self.gateway_url = settings.get("GATEWAY_DATABASE_URL", f"sqlite:///{folder / 'saudager.db'}")
        self.agent_url = settings.get("AGENT_DATABASE_URL", f"sqlite:///{folder / 'saudager.db'}")
        self.settings = {
            "DATA_DIR": str(folder),
            "WAPPI_TOKEN": TOKEN,
            "WAPPI_PROFILE_ID": PROFILE,
            "WAPPI_BASE_URL": phone.url,
            "POLLING_INTERVAL": "0.1",
            "PATIENCE": "0.3",
            "PATIENCE_COMPLETE": "0.15",
            "PATIENCE_CAP": "1",
            "SENDS_PER_MINUTE": "0",
            "LOG_LEVEL": "WARNING",
            **settings,
        }
        self._log = folder / "product.log"
        self._commands = [(command, urlsplit(refused_url()).port or 0) for command in commands]
        self._processes: dict[int, subprocess.Popen[bytes]] = {}

    @property
    def size(self) -> int:
        return len(self._commands)

    def address(self, number: int = 0) -> str:
        return f"http://127.0.0.1:{self._commands[number][1]}"

    def reads(self, document: Path) -> None:
        """Have the shop read a document before anything is started."""
        self._run("knowledge", "add", str(document)).wait()

    def start(self, *numbers: int) -> None:
        """Start these processes (all of them when none is named) unless they run."""
        for number in numbers or range(self.size):
            if number not in self._processes:
                self._start(number)

    def _start(self, number: int) -> None:
        command, port = self._commands[number]
        self._processes[number] = self._run(command, PORT=str(port), AGENT_PORT=str(port))

    def _run(self, *words: str, **settings: str) -> "subprocess.Popen[bytes]":
        run = [sys.executable, "-c", f"{self.prelude}\nfrom saudager.cli import main; main({list(words)!r})"]
        where = os.environ | self.settings | settings
        with self._log.open("ab") as log:
            return subprocess.Popen(run, cwd=self.folder, env=where, stdout=log, stderr=log)

    def is_up(self) -> bool:
        """Whether every process that was started answers; fails when one has died by itself."""
        for number, process in self._processes.items():
            assert process.poll() is None, self.log()
            if not answers(f"{self.address(number)}/health"):
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

    def is_told_to_stop(self, number: int) -> int:
        """Ask a process to end as a person or a supervisor does; its exit code once it has."""
        process = self._processes.pop(number)
        process.terminate()
        return process.wait(timeout=60)

    def stop(self) -> None:
        """End every process that still runs, without a chance to tidy up."""
        for process in self._processes.values():
            process.kill()
            process.wait()
        self._processes.clear()

    def pids(self) -> list[int]:
        """Of the processes that run."""
        return [process.pid for process in self._processes.values()]

    def resident_mb(self) -> list[float]:
        """Memory of each process."""
        sizes = []
        for process in self._processes.values():
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
            (line,) = (line for line in status.splitlines() if line.startswith("VmRSS"))
            sizes.append(int(line.split()[1]) / 1024)
        return sizes


@contextmanager
def wappi(folder: Path) -> Iterator[Phone]:
    """A fake Wappi that takes 10 ms for a call."""
    journal = folder / "sent.jsonl"
    journal.touch()
    url = refused_url()
    arguments = ["--port", str(urlsplit(url).port), "--journal", str(journal)]
    fake = subprocess.Popen([sys.executable, "-c", _SLOW_WAPPI, *arguments], cwd=_ROOT)
    phone = Phone(url, journal)
    try:
        until(lambda: answers(f"{url}/control/sent"), "the fake Wappi to start")
        yield phone
    finally:
        phone.close()
        fake.kill()
        fake.wait()


@contextmanager
def product(shape: str, folder: Path, **settings: str) -> Iterator[tuple[Product, dict[str, Proxy]]]:
    """The product in one of the shapes, not started yet, and a proxy before each server it needs, by its name.

    One process on SQLite; or services of their own with a broker between them, of the agent two on PostgreSQL.
    """
    data = folder / "data"
    data.mkdir()
    (folder / "answers.md").write_text(ANSWERS, encoding="utf-8")
    with ExitStack() as stack:
        phone = stack.enter_context(wappi(folder))
        urls: dict[str, str] = {}
        proxies: dict[str, Proxy] = {}

        def behind_a_proxy(name: str, url: str) -> str:
            proxies[name] = stack.enter_context(proxied(url))
            return proxies[name].url

        if shape == "alone":
            commands = ["up"]
        elif shape == "rabbitmq":
            commands = ["gateway", "agent"]
            urls = {f"{name.upper()}_DATABASE_URL": f"sqlite:///{data / name}.db" for name in commands}
            urls["RABBITMQ_URL"] = behind_a_proxy("RabbitMQ", stack.enter_context(servers.own_rabbitmq(folder)))
        else:
            databases.need_postgresql()
            commands = ["gateway", "agent", "agent"]
            urls["REDIS_URL"] = behind_a_proxy("Redis", stack.enter_context(servers.own_redis(folder)))
            server = behind_a_proxy("PostgreSQL", databases.SERVER)
            for name in ("GATEWAY", "AGENT"):
                own = databases.name_of(stack.enter_context(databases.fresh()))
                urls[f"{name}_DATABASE_URL"] = f"{server.rpartition('/')[0]}/{own}"
        running = Product(data, phone, commands, **urls, **settings)
        stack.callback(running.stop)
        running.reads(folder / "answers.md")
        yield running, proxies


def conversations(dice: random.Random, count: int, *, first: int = 0) -> list[tuple[str, str]]:
    """So many people write 1-3 lines each, one after the other."""
    return [
        (chat_of(number), dice.choice(QUESTIONS))
        for number in range(first, first + count)
        for _ in range(dice.randint(1, 3))
    ]


def rounds(dice: random.Random, chats: int, times: int) -> list[tuple[str, str]]:
    """The same people write again and again."""
    return [(chat_of(number), dice.choice(QUESTIONS)) for _ in range(times) for number in range(chats)]


def chat_of(number: int) -> str:
    return f"7701{number:07}@c.us"


def until(done: Callable[[], bool], what: str, tell: Callable[[], Any] = lambda: "", *, seconds: float = 120) -> None:
    if not within(seconds, done, pause=0.05):
        raise TimeoutError(f"waited {seconds:g} s for {what}\n{tell()}")


def within(seconds: float, done: Callable[[], bool], *, pause: float) -> bool:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == HTTPStatus.OK)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
