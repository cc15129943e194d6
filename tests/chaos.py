"""The long run of ``make chaos``: thousands of messages while the product is killed, in each of its shapes."""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.product import SHAPES, Product, product, rounds, until, within
from tests.verdict import wait_until_done, weigh

LINES_A_CHAT = 10
LONGEST = 7200.0
_MOST_ANSWERS = 20
_WHEN = ("starting", "sending", "sending", "any time")


def kill_again_and_again(running: Product, lines: Sequence[tuple[str, str]], kills: int, dice: random.Random) -> None:
    """Kill one process after the other while the customers write, and start it again; returns with all of them up."""
    share = len(lines) // kills + 1
    running.start()
    until(running.is_up, "the product to start")
    for number in range(kills):
        some = lines[number * share : (number + 1) * share]
        with running.phone.customers_write(some, pause=dice.uniform(0.01, 0.04)):
            _kill(running, number % running.size, dice, _WHEN[number // 2 % len(_WHEN)])
            running.start()
    until(running.is_up, "the product to start for the last time")


def _kill(running: Product, victim: int, dice: random.Random, when: str) -> None:
    """While the product starts, just when a send has been accepted and not answered yet, or at any time; then after
    some answers, so that there is work between the kills."""
    if when == "starting":
        time.sleep(dice.uniform(0.05, 0.9))
    else:
        until(running.is_up, "the product to start again")
        for _ in range(dice.randint(1, _MOST_ANSWERS)):
            if not _is_sent_one_more(running):
                break
        if when == "any time":
            time.sleep(dice.uniform(0, 0.4))
    running.kill(victim, when)


def _is_sent_one_more(running: Product) -> bool:
    """Whether the messenger accepts another answer within two seconds; told in the moment it does."""
    size = running.phone.journal.stat().st_size
    return within(2, lambda: running.phone.journal.stat().st_size > size, pause=0.0002)


def run(shape: str, *, messages: int, kills: int, seed: int) -> bool:
    """One shape; prints its counts and gives back whether all is well."""
    dice = random.Random(seed)
    lines = rounds(dice, -(-messages // LINES_A_CHAT), LINES_A_CHAT)[:messages]
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, product(shape, Path(folder)) as (running, _):
        kill_again_and_again(running, lines, kills, dice)
        wait_until_done(running, seconds=LONGEST)
        memory = ", ".join(f"{size:.0f}" for size in running.resident_mb())
        running.stop()
        counts, wrong = weigh(running)
        counts |= {name: len(found) for name, found in wrong.items()}
        seconds = time.monotonic() - began
        figures = ", ".join(f"{name} {count}" for name, count in (counts | running.kills).items())
        print(f"| {shape} | {figures}, rss_mb {memory}, seconds {seconds:.0f}, seed {seed} |", flush=True)  # noqa: T201
    return not any(wrong.values())


def main() -> None:
    options = argparse.ArgumentParser(description="Kill the product again and again while customers write, and count.")
    options.add_argument("--messages", type=int, default=10_000)
    options.add_argument("--kills", type=int, default=100)
    options.add_argument("--shape", choices=SHAPES, action="append", help="may be given again; default: all of them")
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    well = [
        run(shape, messages=chosen.messages, kills=chosen.kills, seed=chosen.seed) for shape in chosen.shape or SHAPES
    ]
    sys.exit(0 if all(well) else 1)


if __name__ == "__main__":
    main()
