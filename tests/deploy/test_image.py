"""The image of the Dockerfile, made in a folder: how large it is, how it starts, answers and stops."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.deploy.image import Image, built
from tests.servers import free_port, program

pytestmark = pytest.mark.slow
LARGEST_MB = 250
GRACE = 40
"""Seconds that the compose files give a container to stop."""


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """Built by one of the workers for all; the Dockerfile's own start of the product is part of it."""
    program("strip")
    own = tmp_path_factory.getbasetemp()
    return built((own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "image")


def test_its_virtual_environment_is_small(image: Image) -> None:
    assert image.megabytes() <= LARGEST_MB


def test_it_starts_in_an_empty_folder_answers_its_health_check_and_stops(image: Image, tmp_path: Path) -> None:
    before = image.files()
    settings = image.around(DATA_DIR=str(tmp_path), PORT=str(free_port()), HOST="127.0.0.1")
    settings["PUBLIC_URL"] = "https://shop.example.org"
    with subprocess.Popen(image.command, cwd=tmp_path, env=settings, text=True, stdout=subprocess.PIPE) as running:
        try:
            _until_healthy(image, settings, running)
            running.send_signal(signal.SIGTERM)
            told, _ = running.communicate(timeout=GRACE)
        finally:
            running.kill()
    assert running.returncode == 0
    assert "https://shop.example.org/console/welcome/" in told
    assert {"saudager.db", "vault.key"} <= {path.name for path in tmp_path.iterdir()}
    assert image.files() == before, "a start wrote into what is read-only in a container"


def test_every_compiled_part_still_loads_and_so_do_the_libraries_that_were_cut(image: Image, tmp_path: Path) -> None:
    walked = subprocess.run(
        [image.venv / "bin" / "python", "-B", "-c", _WALK],
        cwd=tmp_path,
        env=image.around(DATA_DIR=str(tmp_path)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (walked.returncode, walked.stdout, walked.stderr) == (0, "well\n", "")


_WALK = """
import asyncio, importlib, io, pathlib, pkgutil, sysconfig

import psycopg  # before its compiled half
root = pathlib.Path(sysconfig.get_path("purelib"))
for file in root.rglob("*.so"):
    inside = file.relative_to(root)
    if not inside.parts[0].endswith((".libs", "_raw")):
        importlib.import_module(".".join([*inside.parts[:-1], inside.name.split(".")[0]]))

import saudager
for module in pkgutil.walk_packages(saudager.__path__, "saudager."):
    if not module.name.startswith(("saudager.bench.", "saudager.db.migrations")):
        importlib.import_module(module.name)

from saudager import tracing
from saudager.demo.shop import SAMPLE_SHOP
from saudager.knowledge.library import read
from saudager.languages import russian
from saudager.phones import normalise_phone
from saudager.providers.llm import ModelFault, Task
from saudager.providers.llm.agno import AgnoModel
from saudager.providers.websearch import ddgs
from saudager.templates import _for_mail_programs

assert russian.analyser().parse("окна")[0].normal_form == "окно"
assert normalise_phone("8 701 000 00 01") == "77010000001"
assert ddgs._open() is not None
column = "<mj-section><mj-column><mj-text>Окно</mj-text></mj-column></mj-section>"
assert "Окно" in _for_mail_programs(f"<mjml><mj-body>{column}</mj-body></mjml>")
for document in sorted(SAMPLE_SHOP.iterdir()):
    if document.suffix in (".pdf", ".docx", ".xlsx", ".md", ".csv"):
        read(SAMPLE_SHOP, document.name)


async def ask():
    for kind in ("openrouter", "gemini", "openai", "compatible"):
        model = AgnoModel(kind, kind, base_url="http://127.0.0.1:9/v1", model="m", api_key="k")
        try:
            await model.write(Task("Скажи слово."))
        except ModelFault as fault:
            assert fault.kind.name == "CONNECT", fault
        await model.close()


asyncio.run(ask())
with tracing.exporting("http://127.0.0.1:9", "both"):
    pass

from PIL import Image
from saudager.studio import fidelity

picture = Image.new("RGB", (200, 200), "white")
picture.paste((200, 30, 30), (60, 60, 140, 140))
for kind in ("PNG", "JPEG", "WEBP"):
    kept = io.BytesIO()
    picture.save(kept, kind)
    look = fidelity.look(kept.getvalue())
    assert fidelity.compare(look, look).score == 1
print("well")
"""


def _until_healthy(image: Image, settings: dict[str, str], running: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + 300
    while subprocess.run(image.health_check, env=settings, stderr=subprocess.DEVNULL, check=False).returncode:
        assert running.poll() is None, "it ended by itself"
        assert time.monotonic() < deadline, "it did not get healthy"
        time.sleep(0.2)
