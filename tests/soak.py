"""The long run: customers write for a while, what the product takes up is measured, and what stays must be data.

``python -m tests.soak real`` runs ``saudager up`` beside a fake Wappi for twenty minutes of real time;
``python -m tests.soak compressed`` lets two hours, and then nine days, of the shop's own clock pass in one process.
"""

import argparse
import asyncio
import itertools
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any

from saudager.bench.settings import in_folder
from saudager.rehearsal import Shop, rehearse
from tests.product import ANSWERS, QUESTIONS, Product, chat_of, product, until
from tests.verdict import Rows, reading, wait_until_done, weigh

REGULARS = 300
NEW = 0.25
"""The share of lines that come from somebody who has never written; the others come from the regulars."""
_EACH = 5.0
_WARM = 0.4
"""The share of a run in which caches fill and the slope is not yet measured."""
_MB = 1 << 20


@dataclass(frozen=True)
class Sample:
    """What a process and its folder take up at one moment."""

    at: float
    """Seconds since the beginning."""
    resident_mb: float
    anonymous_mb: float
    """Of it what the process itself has asked for: neither libraries nor pages of files."""
    files: int
    threads: int
    database_mb: float
    wal_mb: float
    logs_mb: float
    waiting: int
    lines: int
    """Stored lines, the customers' and ours."""
    rows: dict[str, int]


def look(pid: int, folder: Path, url: str, at: float) -> Sample:
    """Measure a process, its folder and its SQLite database from outside."""
    status = dict(
        line.split(":", 1)
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
        if ":" in line
    )
    with reading(url) as rows:
        counted = counts(rows)
        ((waiting,),) = rows("select count(*) from queue_messages where state = 0")
    return Sample(
        at=at,
        resident_mb=int(status["VmRSS"].split()[0]) / 1024,
        anonymous_mb=int(status["RssAnon"].split()[0]) / 1024,
        files=len(list(Path(f"/proc/{pid}/fd").iterdir())),
        threads=int(status["Threads"]),
        database_mb=_size(folder.glob("*.db")),
        wal_mb=_size(folder.glob("*.db-wal")),
        logs_mb=_size([*folder.glob("logs/*"), *folder.glob("*.log")]),
        waiting=waiting,
        lines=counted["messages"],
        rows=counted,
    )


def counts(rows: Rows) -> dict[str, int]:
    """Rows of every table that has any, and of each queue."""
    names = [
        name for (name,) in rows("select name from sqlite_master where type = 'table' and sql not like '%virtual%'")
    ]
    counted = {name: rows(f"select count(*) from {name}")[0][0] for name in sorted(names)}
    counted |= {
        f"queue {queue}": count for queue, count in rows("select queue, count(*) from queue_messages group by 1")
    }
    return {name: count for name, count in counted.items() if count}


def _size(files: Any) -> float:
    return sum(file.stat().st_size for file in files if file.exists()) / _MB


@contextmanager
def sampling(take: Callable[[], Sample], samples: list[Sample]) -> Iterator[None]:
    """Measure every few seconds until the block ends."""
    over = Event()

    def keep_looking() -> None:
        while not over.wait(_EACH):
            samples.append(take())

    watching = Thread(target=keep_looking)
    watching.start()
    try:
        yield
    finally:
        over.set()
        watching.join()


def slope(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The straight line's rise by least squares, and its standard error."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    fitted = statistics.linear_regression(xs, ys)
    rest = sum((y - fitted.intercept - fitted.slope * x) ** 2 for x, y in points)
    spread = sum((x - statistics.fmean(xs)) ** 2 for x in xs)
    return fitted.slope, (rest / (len(points) - 2) / spread) ** 0.5


def tell(samples: Sequence[Sample]) -> None:
    """A line for each minute, and the slopes after the warm-up."""
    head = ("s", "rss", "anon", "files", "threads", "db MB", "wal MB", "log MB", "waiting", "lines")
    say(" | ".join(head))
    step = max(1, len(samples) // 20)
    for one in [*samples[::step], samples[-1]]:
        say(
            f"{one.at:.0f} | {one.resident_mb:.1f} | {one.anonymous_mb:.1f} | {one.files} | {one.threads} | "
            f"{one.database_mb:.1f} | {one.wal_mb:.1f} | {one.logs_mb:.2f} | {one.waiting} | {one.lines}"
        )
    warm = samples[int(len(samples) * _WARM) :]
    for name in ("resident_mb", "anonymous_mb"):
        rise, error = slope([(one.at / 3600, getattr(one, name)) for one in warm])
        say(f"{name}: {rise:+.2f} ± {error:.2f} MB/h over the last {(warm[-1].at - warm[0].at) / 60:.0f} min")


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


def who_writes(dice: random.Random) -> Iterator[str]:
    """Chats of the writers, for ever."""
    strangers = itertools.count(REGULARS)
    while True:
        yield chat_of(next(strangers) if dice.random() < NEW else dice.randrange(REGULARS))


def write(running: Product, dice: random.Random, *, seconds: float, rate: float) -> float:
    """Customers write at an even rate; returns how many lines a second it came to."""
    people = who_writes(dice)
    began = time.monotonic()
    for number in range(int(seconds * rate)):
        time.sleep(max(0.0, began + number / rate - time.monotonic()))
        running.phone.writes(next(people), dice.choice(QUESTIONS))
    return seconds * rate / (time.monotonic() - began)


def real(*, minutes: float, rate: float, seed: int) -> bool:
    """Real time, a real process; whether all is well."""
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder, product("alone", Path(folder), POLLING_INTERVAL="1") as (running, _):
        running.start()
        until(running.is_up, "the product to start")
        (pid,) = running.pids()
        began = time.monotonic()
        samples: list[Sample] = []

        def take() -> Sample:
            return look(pid, running.folder, running.agent_url, time.monotonic() - began)

        with sampling(take, samples):
            written = write(running, dice, seconds=minutes * 60, rate=rate)
            loaded = len(samples)
            wait_until_done(running, seconds=600)
            idle = time.monotonic()
            until(lambda: time.monotonic() - idle > 30, "a rest", seconds=60)
        late = idle - began - minutes * 60
        say(f"{written:.1f} lines a second came to the phone; all done {late:.0f} s after the last")
        tell(samples[:loaded])
        end = take()
        say(f"at rest: {end}")
        running.stop()
        counted, wrong = weigh(running)
        say(f"{counted | {name: len(found) for name, found in wrong.items()}}")
    return not any(wrong.values())


async def compressed(*, hours: float, each_minute: int, seed: int) -> bool:
    """The shop's own clock, in this process: conversations, letters, follow-ups and the clock's jobs; then nine days in
    which nobody writes and every nightly job runs. Whether what is left is data."""
    dice, people = random.Random(seed), who_writes(random.Random(seed))
    samples: list[Sample] = []
    with tempfile.TemporaryDirectory() as name:
        settings = in_folder(name, follow_up_intervals=(0.5, 1.0), mail_per_minute=0, shop_name="Тёплый Дом")
        settings.knowledge_folder.mkdir(parents=True)
        (settings.knowledge_folder / "answers.md").write_text(ANSWERS, encoding="utf-8")
        url = f"sqlite:///{settings.data_dir / 'saudager.db'}"
        async with rehearse(settings) as shop:
            for minute in range(int(hours * 60)):
                for _ in range(each_minute):
                    await shop.customer_says(dice.choice(QUESTIONS), chat=next(people))
                await shop.mail_arrives(f"buyer{dice.randrange(REGULARS)}@example.kz", dice.choice(QUESTIONS))
                await shop.time_passes(minutes=1)
                forget_what_the_phone_showed(shop)
                samples.append(look(os.getpid(), settings.data_dir, url, minute * 60))
            busy = samples[-1]
            await shop.time_passes(days=9)
            calm = look(os.getpid(), settings.data_dir, url, busy.at + 9 * 86_400)
    tell(samples)
    say("rows after the two hours, and nine days later:")
    for table in sorted(busy.rows.keys() | calm.rows.keys()):
        say(f"{table} | {busy.rows.get(table, 0)} | {calm.rows.get(table, 0)}")
    say(f"memory {busy.resident_mb:.1f} and {calm.resident_mb:.1f} MB, files {busy.files} and {calm.files}")
    left = {name for name in calm.rows if name.startswith("queue ")}
    return calm.waiting == 0 and left <= {"queue tasks", "queue gateway_tasks"}  # how the clock's jobs went is kept


def forget_what_the_phone_showed(shop: Shop) -> None:
    """The simulated phone and mailbox are no part of what is measured."""
    shop.phone._chats.clear()
    shop.phone._presence.clear()
    shop.mail.delivered.clear()


def main() -> None:
    options = argparse.ArgumentParser(description="Let customers write for long, and measure what is taken up.")
    options.add_argument("mode", choices=("real", "compressed"))
    options.add_argument("--minutes", type=float, default=20, help="of real time (real)")
    options.add_argument("--rate", type=float, default=20, help="lines a second (real)")
    options.add_argument("--hours", type=float, default=2, help="of the shop's clock (compressed)")
    options.add_argument("--each-minute", type=int, default=10, help="lines of its clock's minute (compressed)")
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    if chosen.mode == "real":
        well = real(minutes=chosen.minutes, rate=chosen.rate, seed=chosen.seed)
    else:
        well = asyncio.run(compressed(hours=chosen.hours, each_minute=chosen.each_minute, seed=chosen.seed))
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()
