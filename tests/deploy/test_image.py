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


def _until_healthy(image: Image, settings: dict[str, str], running: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + 300
    while subprocess.run(image.health_check, env=settings, stderr=subprocess.DEVNULL, check=False).returncode:
        assert running.poll() is None, "it ended by itself"
        assert time.monotonic() < deadline, "it did not get healthy"
        time.sleep(0.2)
