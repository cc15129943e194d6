"""What is published: the wheel and the source archive hold what git tracks; the wheel alone is the whole product."""

import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from saudager import __version__
from tests import servers
from tests.demo.visitor import visiting
from tests.product import answers, until

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
LARGEST_MB = 5
WITH_A_LIBRARY_OF_THEIR_OWN = (
    ("letters", "floor_aiosmtplib", "aiosmtpd"),
    ("queues", "celery_redis", "celery"),
    ("turns", "floor_sqlalchemy_async", "aiosqlite, greenlet"),
)
EVERY_MODULE = """
import importlib, pkgutil, saudager
for one in pkgutil.walk_packages(saudager.__path__, "saudager."):
    if one.name.rpartition(".")[2] not in ("__main__", "env", "celery_stack"):  # the last is a process of Celery's own
        importlib.import_module(one.name)
"""
EVERY_HELP = """
import click
from click.testing import CliRunner
from saudager.cli import main

def helped(command, words):
    answer = CliRunner().invoke(main, [*words, "--help"])
    assert answer.exit_code == 0 and "Usage:" in answer.output, (words, answer.output)
    for name, below in getattr(command, "commands", {}).items():
        helped(below, [*words, name])
    print(*words)

helped(main, [])
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both archives."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", folder], cwd=ROOT, capture_output=True, check=True
    )
    return folder


def tracked(*folders: str) -> set[str]:
    """Files git knows, and those it will: what lies there and is not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *folders],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return {name for name in listed.split("\0") if name and (ROOT / name).exists()}


def test_the_wheel_holds_every_tracked_file_of_the_package_and_nothing_else(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        inside = {name for name in opened.namelist() if ".dist-info/" not in name}
        about = {Path(name).name for name in opened.namelist() if ".dist-info/" in name}
    assert inside == {name.removeprefix("src/") for name in tracked("src")}
    assert {"saudager/demo/sample_shop/prices.pdf", "saudager/operators/common_passwords.txt"} <= inside
    assert about == {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "LICENSE"}
    assert wheel.name == f"saudager-{__version__}-py3-none-any.whl"
    assert wheel.stat().st_size < LARGEST_MB * 1_000_000


def test_the_source_archive_holds_every_tracked_file_and_nothing_else(built: Path) -> None:
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        inside = {name.partition("/")[2] for name in opened.getnames()}
    assert inside == tracked() | {"PKG-INFO"}


class Installed:
    """What the wheel and the locked libraries put into an environment of its own, used in an empty folder."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        self.programs, self.shop = folder / "venv" / "bin", folder / "shop"
        self.shop.mkdir()
        venv.create(folder / "venv", with_pip=True)
        pip = [self.programs / "pip", "install", "--quiet", "--no-compile", "--disable-pip-version-check"]
        for what in (["--require-hashes", "-r", ROOT / "requirements.lock"], ["--no-deps", wheel]):
            subprocess.run([*pip, *what], cwd=self.shop, capture_output=True, check=True)

    @property
    def environment(self) -> dict[str, str]:
        return {"PATH": f"{self.programs}:{os.defpath}", "HOME": str(self.shop), "LANG": "C.UTF-8"}

    def says(self, *command: str, code: int = 0) -> str:
        """What it prints when it ends as it should."""
        ended = subprocess.run(
            command, cwd=self.shop, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert ended.returncode == code, ended.stdout
        return ended.stdout

    @contextmanager
    def serving(self, *command: str, **settings: str) -> Iterator[None]:
        program, environment = self.programs / "saudager", self.environment | settings
        with subprocess.Popen(
            [program, *command], cwd=self.shop, env=environment, stdout=subprocess.DEVNULL
        ) as process:
            try:
                yield
            finally:
                process.terminate()


async def test_the_wheel_alone_in_an_empty_folder_is_the_whole_product(built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("*.whl")
    installed = Installed(tmp_path, wheel)
    assert installed.says("pip", "check") == "No broken requirements found.\n"
    assert installed.says("saudager", "--version") == f"saudager, version {__version__}\n"
    installed.says("python", "-c", EVERY_MODULE)
    assert "preview" in installed.says("python", "-c", EVERY_HELP).splitlines()

    demo = f"http://127.0.0.1:{(port := servers.free_port())}"
    with installed.serving("demo", "--port", str(port)):
        until(lambda: answers(demo), "the demo to start")
        async with visiting(demo) as visitor:
            assert "94 500" in await visitor.asks("Сколько стоит окно 1500 на 1500?")
    shop = f"http://127.0.0.1:{(port := servers.free_port())}"
    with installed.serving("up", PORT=str(port)):
        until(lambda: answers(f"{shop}/health"), "the shop to start")
        assert answers(f"{shop}/console/sign-in")
        assert answers(f"{shop}/console/static/console.css")

    assert "FIX  каналы: ни один не подключён" in installed.says("saudager", "doctor", code=1)
    assert "напишем: 0" in installed.says("saudager", "preview")
    assert "passed" in installed.says("saudager", "exam", "optout")
    for bench, variant, needs in WITH_A_LIBRARY_OF_THEIR_OWN:
        assert installed.says("python", "-m", "saudager.bench", bench, variant, "0.02") == (
            f'{{"left_out": "{needs} not installed: pip install \'saudager[bench]\'"}}\n'
        )
