"""Processes a variant starts: they end when their standard input does, with the block or the variant itself."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

_END_WITHIN = 20.0


class Child:
    """A line in says what to do, a line out what came of it; both are JSON."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.pid = process.pid

    def tell(self, what: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()

    def told(self) -> Any:
        """Block until the child says something. Raises RuntimeError when it has ended instead."""
        assert self._process.stdout is not None
        if not (line := self._process.stdout.readline()):
            raise RuntimeError(f"a process of this variant has ended: {self._process.args!r}")
        return json.loads(line)


def say(what: Any) -> None:
    """In the child: to its parent, from any thread."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


async def orders() -> AsyncIterator[Any]:
    """In the child: what its parent says, until it or the variant has ended."""
    while line := await asyncio.to_thread(sys.stdin.readline):
        yield json.loads(line)


@asynccontextmanager
async def child(module: str, *arguments: str) -> AsyncIterator[Child]:
    """A module of the benches run as a process, once it has said that it is ready."""
    command = [sys.executable, "-m", f"saudager.bench.{module}", *arguments]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603, ASYNC220
    try:
        running = Child(process)
        await asyncio.to_thread(running.told)
        yield running
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.to_thread(process.wait, _END_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
