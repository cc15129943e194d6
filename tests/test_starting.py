"""A shop serves from its first second, whatever it has to read."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.product import Product, product, until

pytestmark = pytest.mark.slow

BLOCKED = """
import os
from saudager.knowledge import documents

read = documents.read

def read_later(path, file):
    with open("go_on", encoding="utf-8"):
        return read(path, file)

documents.read = read_later
"""
"""Reading waits until somebody opens the other end of a pipe."""


@pytest.mark.slow
def test_the_console_answers_and_tells_while_documents_are_still_read(tmp_path: Path) -> None:
    with product("alone", tmp_path, LOG_LEVEL="INFO") as (running, _):
        os.mkfifo(running.folder / "go_on")
        (running.folder / "knowledge_base" / "empty.txt").touch()
        running.prelude = BLOCKED
        running.start()
        until(running.is_up, "the product to start", running.log)
        assert httpx.get(f"{running.address()}/console/sign-in").status_code == 200
        assert "empty.txt" not in running.log()
        with (running.folder / "go_on").open("w", encoding="utf-8"):
            until(lambda: _has_read(running), "the document to be read", running.log)


def _has_read(running: Product) -> bool:
    return "documents read: 1 of 1, empty.txt" in running.log() and "empty.txt: файл пуст" in running.log()


def test_nothing_that_works_on_pictures_is_loaded_before_the_first_picture() -> None:
    asked = (
        "import sys\nfrom saudager import bootstrap, cli, services\n"
        "from saudager.providers.images.offline import OfflineImageModel\n"
        "print({'numpy', 'PIL', 'ddgs', 'lxml'} & set(sys.modules))"
    )

    assert subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout == "set()\n"
