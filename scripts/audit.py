"""Look for libraries with known holes: in our own list, and by pip-audit where its service answers.

``make audit`` runs it. Exit code 1 for a hole. A service counts as answering when it tells of one that is there.
"""

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
LOCKS = ("requirements.lock", "requirements-dev.lock")
KNOWN_BAD = "jinja2==3.1.5"
"""CVE-2025-27516."""
_LOCKED = re.compile(r"^([a-z0-9-]+)(?:\[[\w,-]+\])?==([^\s;\\]+)", re.MULTILINE)


def least(root: Path = ROOT) -> Iterator[tuple[str, str, Version]]:
    """Where a library is named, which, and the oldest version that may be installed from there."""
    for lock in LOCKS:
        for name, version in _LOCKED.findall((root / lock).read_text(encoding="utf-8")):
            yield lock, name, Version(version)
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for wanted in map(Requirement, chain(project["dependencies"], *project["optional-dependencies"].values())):
        oldest = [Version(one.version) for one in wanted.specifier if one.operator in (">=", "==", "~=")]
        yield "pyproject.toml", canonicalize_name(wanted.name), max(oldest, default=Version("0"))


def holes(root: Path = ROOT) -> list[str]:
    """A sentence for each version that is older than the one that closed a hole."""
    closed = tomllib.loads(Path(__file__).with_name("known_holes.toml").read_text(encoding="utf-8"))["closed"]
    return [
        f"{where}: {name} {version} has a hole that {closed[name][0]} closed: {closed[name][1]}"
        for where, name, version in least(root)
        if name in closed and version < Version(closed[name][0])
    ]


def asked(service: str, *what: str) -> list[str] | None:
    """A sentence for each hole the service knows; None when it was not there or knows nothing of a library."""
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "--vulnerability-service",
        service,
        "--disable-pip",
        "--format",
        "json",
    ]
    ended = subprocess.run([*command, *what], cwd=ROOT, capture_output=True, text=True)  # noqa: S603
    try:
        libraries = json.loads(ended.stdout)["dependencies"]
    except ValueError:
        return None
    if any("skip_reason" in one for one in libraries):
        return None
    return [
        f"{one['name']} {one['version']}: {hole['id']}, closed in {', '.join(hole['fix_versions']) or 'no version yet'}"
        for one in libraries
        for hole in one["vulns"]
    ]


def answers(service: str) -> bool:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as known:
        known.write(KNOWN_BAD)
        known.flush()
        return bool(asked(service, "--no-deps", "--requirement", known.name))


def main() -> None:
    found = holes()
    service = next((one for one in ("pypi", "osv") if answers(one)), None)
    for lock in LOCKS if service else ():
        told = asked(service, "--require-hashes", "--requirement", lock)  # type: ignore[arg-type]
        found += (
            [f"{lock}: a library the service does not know"] if told is None else [f"{lock}: {one}" for one in told]
        )
    print("\n".join(found) or "no hole of scripts/known_holes.toml in the locks")
    print(f"asked pip-audit's service {service}" if service else "NOT ASKED: neither service of pip-audit answers here")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
