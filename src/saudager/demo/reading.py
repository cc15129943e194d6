"""How far the demo's documents have been read."""

from dataclasses import dataclass


@dataclass(slots=True)
class Reading:
    """How far the documents have been read; ``total`` is 0 until the first of them is done.

    ``opened`` once those there at the start are read and the shop answers, ``under_way`` whenever it reads.
    """

    done: int = 0
    total: int = 0
    opened: bool = False
    under_way: bool = True
    problem: str | None = None
