"""The blocks of shell in the documents: what of them is run by a test, and what cannot be here and why."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from tests.docs.reading import Block, blocks

NOT_HERE = {
    "sudo": "needs root",
    "docker": "needs a container engine",
    "journalctl": "needs systemd",
    "promtool": "needs Prometheus installed",
    "chmod": "is about a file that a container wrote",
    "cd": "goes to a folder that root made",
    "git pull": "needs the repository this was cloned from",
    "make check": "runs the tests",
    "make test": "runs the tests",
    "saudager orders import": "needs a shop's own files",
    "saudager images": "asks the web",
    "saudager backup /mnt/copy/shop.zip": "writes to another disk",
    "saudager restore": "needs a backup of that name; tests/backups restores one",
}
"""Commands that no test can run on a clean checkout, by how they begin."""
RUN = ("make", "cp", "mkdir", "saudager", "python", "curl")
"""Programs that a test runs."""


def lines(block: Block) -> Iterator[str]:
    """The commands of a block as they are typed, a line each."""
    for line in re.sub(r"\\\n\s*", " ", block.text).splitlines():
        typed = block.kind == "sh" or line.startswith("$ ")
        if typed and (command := line.removeprefix("$ ").strip()) and not command.startswith("#"):
            yield command


def typed(*pages: Path) -> Iterator[tuple[Block, str]]:
    """Every line of shell in these pages, in their order."""
    for block in blocks(*pages):
        if block.kind in ("sh", "console"):
            for line in lines(block):
                yield block, line


def reason_not_to(line: str) -> str | None:
    """Why no test can run the line, or None."""
    for command in commands(line):
        plain = " ".join([Path(command[0]).name, *command[1:]])
        for beginning, reason in NOT_HERE.items():
            if plain == beginning or plain.startswith(f"{beginning} "):
                return reason
    return None


def commands(line: str) -> Iterator[list[str]]:
    """The programs a line of shell starts with their words; ``sudo`` and ``docker compose exec`` start another."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="&;|")
    lexer.whitespace_split = True
    lexer.commenters = "#"
    one: list[str] = []
    for word in [*lexer, ";"]:
        if not set(word) <= set("&;|"):
            one.append(word)
        elif one:
            yield one
            one = []


def within(command: list[str]) -> list[str]:
    """The command that another one starts: as root, in a container."""
    if command[0] == "sudo":
        return within(command[3:] if command[1] == "-u" else command[1:])
    if command[:2] == ["docker", "compose"] and "exec" in command:
        rest = command[command.index("exec") + 1 :]
        while rest[0].startswith("-"):
            rest = rest[1:]
        return within(rest[1:])
    return command
