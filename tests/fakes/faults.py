"""Faults a fake vendor shows instead of working, in the order or the share a test asks for."""

import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

FAULTS = {
    "ok": "no fault: lets one call pass",
    "400": "refused",
    "401": "the token is not accepted",
    "404": "no such path",
    "429": "too many calls, with Retry-After",
    "500": "broken, without acting",
    "463": "WhatsApp does not let the account begin conversations (WAHA), without acting",
    "hang": "never answers, without acting",
    "hang_after": "acts, then never answers",
    "cut_before": "the connection is closed before acting",
    "cut_after": "acts, then the connection is closed",
    "garbage": "acts, then answers 200 with something that is not JSON",
    "not_done": "answers 200 with status error, without acting",
    "crossed": "answers with another chat's rows (messages/get), else like ok",
}


@dataclass
class _Rule:
    path: str
    next: Callable[[str], str | None]
    """The fault of the next call about something; None once there is none left."""


class Faults:
    """What goes wrong next, by path; a path matches by its end, an empty one matches every call."""

    def __init__(self) -> None:
        self._rules: list[_Rule] = []

    def add(self, path: str, *faults: str) -> None:
        """The next calls of the path get these, one each."""
        self.add_stream(path, faults)

    def add_stream(self, path: str, faults: Iterable[str]) -> None:
        """The next calls of the path draw from an iterable, endless if it is."""
        stream = iter(faults)
        self._rules.append(_Rule(path, lambda about: next(stream, None)))

    def add_share(self, path: str, share: float, *faults: str, seed: int = 0) -> None:
        """From now on a seeded share (0…1) of the path's calls get one of these: the same of the same chat's calls,
        in whatever order the chats come."""
        calls = Counter[str]()

        def drawn(about: str) -> str:
            calls[about] += 1
            dice = random.Random(f"{seed} {about} {calls[about]}")
            return dice.choice(faults) if dice.random() < share else "ok"

        self._rules.append(_Rule(path, drawn))

    def clear(self) -> None:
        self._rules.clear()

    def next_for(self, path: str, about: str = "") -> str:
        """What goes wrong with a call; ``about`` is the chat it is of."""
        for rule in [rule for rule in self._rules if path.endswith(rule.path)]:
            fault = rule.next(about)
            if fault is None:
                self._rules.remove(rule)
                continue
            if fault not in FAULTS:
                raise ValueError(f"unknown fault {fault!r}: expected one of {', '.join(FAULTS)}")
            if fault != "ok":
                return fault
        return "ok"
