"""On a clean checkout, with Python, make and git alone, the commands of the documents do what they say."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from docx import Document
from openpyxl import Workbook
from tests.docs.reading import DOCS, PAGES, ROOT, tree
from tests.docs.shell import commands, reason_not_to, typed
from tests.product import until

from scripts import api_reference

pytestmark = pytest.mark.slow

FOUND_WANTING = {"saudager doctor": 1}
"""Commands that end with another status in a shop where nothing is connected yet."""
SERVES = ("make demo", "saudager up")
READY = re.compile(r"http://127\.0\.0\.1:\d+/")
ASKS_OUTSIDE = re.compile(r"/gateway/v1/(?:test|accounts|mailboxes).* (?:--json|-X)|-X PUT .*/gateway/v1/")
"""Calls between the services that would ask a messenger or a mail server on the internet."""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What is in the repository, in a folder of its own, and the documents a shop owner has."""
    folder = tmp_path / "saudager"
    for file in tree():
        if (ROOT / file).is_file():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, folder / file)
    sample = folder / "src" / "saudager" / "demo" / "sample_shop"
    for name in ("prices.pdf", "terms.pdf"):
        shutil.copy(sample / name, folder)
    document = Document()
    document.add_paragraph("Доставка по Алматы в течение двух дней.")
    document.save(str(folder / "terms.docx"))
    book = Workbook()
    book.active.append(["Товар", "Цена"])
    book.active.append(["Окно", "85000"])
    book.save(folder / "prices.xlsx")
    return folder


@pytest.fixture
def environment(checkout: Path) -> dict[str, str]:
    """A shell in which nothing is set but where programs, caches and package indexes are."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "LC_", "LANG", "HOME"))}
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    path = f"{checkout}/.venv/bin:{os.environ['PATH']}"
    return kept | {"PATH": path, "PORT": port, "PYTHONDONTWRITEBYTECODE": "1"}


def test_the_documents_can_be_followed(checkout: Path, environment: dict[str, str]) -> None:
    ran, wrong = followed(checkout, environment)
    assert wrong == []
    assert {"make install", "make demo", "saudager up", "saudager doctor"} <= ran
    assert wrongly_answered(checkout, environment) == []


def followed(checkout: Path, environment: dict[str, str]) -> tuple[set[str], list[str]]:
    """Type every line that can be run, page by page: what was run, and what did not do what it says."""
    ran, wrong = set[str](), []
    for block, line in typed(*PAGES):
        if reason_not_to(line) is not None or block.page.parent.name == "api-reference":
            continue
        plain = " ".join(next(commands(line))).removeprefix(".venv/bin/")
        if not plain.startswith(SERVES):
            done = subprocess.run(
                ["sh", "-c", line], cwd=checkout, env=environment, capture_output=True, text=True, timeout=1800
            )
            if done.returncode not in (0, FOUND_WANTING.get(plain, 0)):
                wrong.append(f"{block}: {line}: {done.returncode}: {done.stderr[-500:]}")
        elif plain not in ran:
            with serving(line, checkout, environment) as address:
                page = httpx.get(address, follow_redirects=True, trust_env=False)
                if page.status_code != 200 or "<html" not in page.text:
                    wrong.append(f"{block}: {line}: {page.status_code} at {address}")
        ran.add(plain)
    return ran, wrong


def wrongly_answered(checkout: Path, environment: dict[str, str]) -> list[str]:
    """Send every call of the reference to a shop that has just begun: those answered otherwise than is written."""
    reference = DOCS / api_reference.FOLDER
    known: dict[str, Any] = {}
    for service in api_reference.SERVICES:
        known |= json.loads((reference / f"{service}.json").read_text(encoding="utf-8"))["paths"]
    make_key = ["saudager", "key", "create", "program", "--scope", "all", "--json"]
    key = json.loads(subprocess.run(make_key, cwd=checkout, env=environment, capture_output=True, check=True).stdout)
    own = environment | {"SERVICE_KEY": "of-both-services"}
    wrong = []
    with serving("saudager up", checkout, own) as address:
        for block, line in typed(*sorted(reference.glob("*.md"))):
            if ASKS_OUTSIDE.search(line):
                continue
            sent = line.replace("http://127.0.0.1:8000/", address) + " -s -o /dev/null -w '%{http_code}'"
            given = own | {"KEY": key["key"]}
            told = subprocess.run(["sh", "-c", sent], env=given, capture_output=True, text=True, timeout=60).stdout
            if told not in _statuses(line, known):
                wrong.append(f"{block}: {line}: {told}")
    return wrong


def _statuses(line: str, known: dict[str, Any]) -> set[str]:
    """What the reference says a call may be answered with."""
    words = shlex.split(line)
    path = next(word for word in words if "127.0.0.1" in word).partition(":8000")[2].partition("?")[0]
    method = words[words.index("-X") + 1] if "-X" in words else "POST" if "--json" in words else "GET"
    return {
        status
        for template, methods in known.items()
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) and method.lower() in methods
        for status in methods[method.lower()]["responses"]
    }


@contextmanager
def serving(line: str, folder: Path, environment: dict[str, str]) -> Iterator[str]:
    """A command that serves until it is told to stop, and the address it prints; it stops by itself then."""
    log = folder / "served.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            ["sh", "-c", f"exec {line}"], cwd=folder, env=environment, stdout=out, stderr=out, start_new_session=True
        )
    try:
        until(
            lambda: READY.search(log.read_text()) is not None or process.poll() is not None,
            f"{line} serves",
            log.read_text,
            seconds=1800,
        )
        address = READY.search(log.read_text())
        assert address is not None, log.read_text()[-2000:]
        yield address[0]
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(60)
        until(lambda: not _is_left(process.pid), f"{line} is over")


def _is_left(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
