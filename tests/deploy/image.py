"""The Dockerfile's steps done in a folder, without a container engine: what it installs, and what it says of a start.

What only a container has is left out: Debian's packages, the system's user, and the layers. Paths of the image lie
below the folder. Python is the Dockerfile's version where it is installed, else the one that runs the tests.
"""

import fcntl
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "Dockerfile"
_PORT = "8000"
_OF_THE_IMAGE = re.compile(r"(?<![\w.])/(opt|src|data|tmp)\b")
_NEEDS_ROOT = ("apt-get", "groupadd")
_PASSED_ON = ("HOME", "LANG", "TMPDIR", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")


@dataclass
class Image:
    """``environment``, ``command`` and ``health_check`` are what the image sets; paths in them are this machine's."""

    folder: Path
    python: str
    environment: dict[str, str] = field(default_factory=dict)
    working_folder: Path = Path()
    user: str = ""
    command: list[str] = field(default_factory=list)
    health_check: list[str] = field(default_factory=list)

    @property
    def venv(self) -> Path:
        return self.folder / "opt" / "saudager"

    @property
    def site_packages(self) -> Path:
        return next(self.venv.glob("lib/python*/site-packages"))

    def megabytes(self) -> float:
        """Of disk that the virtual environment takes, as ``du`` counts it, in millions of bytes."""
        return sum(path.lstat().st_blocks for path in [self.venv, *self.venv.rglob("*")]) * 512 / 1e6

    def files(self) -> set[Path]:
        return set(self.venv.rglob("*"))

    def around(self, **settings: str) -> dict[str, str]:
        """The environment of a process of the image: nothing of the one that runs the tests but what pip needs."""
        own = {name: text for name, text in os.environ.items() if name in _PASSED_ON or name.startswith("PIP_")}
        own["PATH"] = f"{self.folder / 'bin'}:/usr/local/bin:/usr/bin:/bin"
        if "PATH" in self.environment:
            own["PATH"] = f"{self.environment['PATH']}:{own['PATH']}"
        return own | {name: text for name, text in self.environment.items() if name != "PATH"} | settings


def built(folder: Path) -> Image:
    """The image in this folder, built by the first who asks."""
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        image, done = Image(folder, _python(folder)), folder / "built"
        _follow(image, run=not done.exists())
        done.touch()
    return image


def instructions() -> Iterator[tuple[str, str]]:
    """Of the Dockerfile, each with the rest of its line."""
    lines = [line for line in DOCKERFILE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if line.strip():
            word, _, rest = line.partition(" ")
            yield word, rest.strip()


def in_context(path: str) -> bool:
    """Whether .dockerignore lets the builder see a file: the last pattern that names it or a folder round it counts."""
    seen = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        pattern = line.removeprefix("!")
        parts = path.split("/")
        above = ["/".join(parts[: depth + 1]) for depth in range(len(parts))]
        if any(_names(pattern, each) for each in above):
            seen = line.startswith("!")
    return seen


def _names(pattern: str, path: str) -> bool:
    """``*`` stops at a slash, ``**/`` is any folder, as in Docker's own matching."""
    if pattern.startswith("**/"):
        return fnmatch(path.rpartition("/")[2], pattern[3:])
    return pattern.count("/") == path.count("/") and fnmatch(path, pattern)


def _follow(image: Image, *, run: bool) -> None:
    free = image.folder / "port"
    if run:
        from tests.servers import free_port

        free.write_text(str(free_port()), encoding="ascii")
    port = free.read_text(encoding="ascii")
    for word, rest in instructions():
        text = _here(image, rest)
        if word == "FROM":
            image.environment.clear()
        elif word == "ENV":
            known: Mapping[str, str] = {"PATH": ""} | image.environment
            for pair in shlex.split(text):
                name, _, value = pair.partition("=")
                image.environment[name] = value.replace("$PATH", known["PATH"]).rstrip(":")
            image.environment.pop("PIP_NO_CACHE_DIR", None)  # a layer needs no cache, the next run of the tests does
        elif word == "WORKDIR":
            image.working_folder = Path(text)
            if run:
                image.working_folder.mkdir(parents=True, exist_ok=True)
        elif word == "COPY" and run and not text.startswith("--from"):
            _copy(text, image.working_folder)
        elif word == "RUN" and run and not text.startswith(_NEEDS_ROOT):
            command = text.replace(f":{_PORT}/", f":{port}/")
            subprocess.run(
                ["sh", "-c", command], cwd=image.working_folder, env=image.around(PORT=port), check=True, timeout=900
            )
        elif word == "USER":
            image.user = text
        elif word == "CMD":
            image.command = json.loads(text)
        elif word == "HEALTHCHECK":
            image.health_check = json.loads(text.partition("CMD ")[2])


def _here(image: Image, text: str) -> str:
    """With the paths of this machine."""
    found = re.search(r"python(\d+\.\d+)", Path(image.python).name)
    named = found[0] if found else f"python{sys.version_info.major}.{sys.version_info.minor}"
    return _OF_THE_IMAGE.sub(lambda path: f"{image.folder}{path[0]}", text).replace("python3.12", named)


def _copy(text: str, working_folder: Path) -> None:
    *sources, target = text.split()
    into = working_folder / target
    for source in sources:
        files = [ROOT / source] if (ROOT / source).is_file() else sorted((ROOT / source).rglob("*"))
        for file in files:
            named = file.relative_to(ROOT)
            if file.is_file() and in_context(named.as_posix()):
                inside = Path(named.name) if file == ROOT / source else file.relative_to(ROOT / source)
                goal = into / inside
                goal.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, goal)


def _python(folder: Path) -> str:
    """The interpreter that ``python`` is in the steps; the Dockerfile's version, or the tests' own."""
    (wanted,) = {rest.split()[0] for word, rest in instructions() if word == "FROM"}
    name = wanted.replace(":", "").removesuffix("-slim")
    asked = [shutil.which(name) or sys.executable, sys.executable]
    for program in asked:
        told = subprocess.run(
            [program, "-c", "import sys; print(getattr(sys, '_base_executable', sys.executable))"],
            capture_output=True,
            text=True,
            check=False,
        )
        if told.returncode == 0:
            break
    real = Path(told.stdout.strip()).resolve()
    (folder / "bin").mkdir(exist_ok=True)
    if not (folder / "bin" / "python").exists():
        (folder / "bin" / "python").symlink_to(real)
    return str(real)
