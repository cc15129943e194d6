"""What is installed: the locks hold what pyproject.toml asks for, hashed, and nothing with a hole that is known."""

import re
import shutil
import sys
import tomllib
from collections import Counter
from importlib import metadata
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.scripts import ROOT, script

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
ONLY_IN = {"bench": {"aiosmtpd", "bpe_openai", "celery", "dateparser", "reportlab"}, "speech": {"faster_whisper"}}
"""Modules of an extra, which the product imports where it is used and says so when it is not there."""
IMPORTED = re.compile(r"^ *(?:from (?=[\w.]+ import )|import )(\w+)", re.MULTILINE)
LOCKED = re.compile(
    r"^([a-z0-9-]+)(?:\[[\w,-]+\])?==([^\s;\\]+)[^\n]*((?:\n    --hash=sha256:[0-9a-f]{64}[ \\]*)*)", re.MULTILINE
)


@pytest.mark.parametrize(
    ("lock", "asked"),
    [
        ("requirements.lock", [*PROJECT["dependencies"], *EXTRAS["build"]]),
        ("requirements-dev.lock", [*PROJECT["dependencies"], *EXTRAS["build"], *EXTRAS["dev"]]),
    ],
)
def test_a_lock_holds_what_is_asked_for_and_nothing_without_a_hash(lock: str, asked: list[str]) -> None:
    held: dict[str, list[str]] = {}
    for name, version, hashes in LOCKED.findall((ROOT / lock).read_text(encoding="utf-8")):
        assert hashes, f"{name} of {lock} has no hash"
        held.setdefault(name, []).append(version)
    for one in map(Requirement, asked):
        versions = held.get(canonicalize_name(one.name), [])
        assert versions, f"{one.name} of pyproject.toml is not in {lock}: run `make lock`"
        assert all(version in one.specifier for version in versions), (
            f"{lock} has {one.name} {versions}: run `make lock`"
        )


def test_the_lock_of_the_product_is_within_that_of_its_development() -> None:
    product, development = (
        Counter(LOCKED.findall((ROOT / lock).read_text(encoding="utf-8")))
        for lock in ("requirements.lock", "requirements-dev.lock")
    )
    assert {(name, version) for name, version, _ in product} <= {(name, version) for name, version, _ in development}


def test_the_product_imports_only_libraries_that_are_installed_with_it() -> None:
    comes_from = metadata.packages_distributions()
    installed = {name for name, _, _ in LOCKED.findall((ROOT / "requirements.lock").read_text(encoding="utf-8"))}
    own = sys.stdlib_module_names | {"saudager", "__future__"} | set(chain(*ONLY_IN.values()))
    strange = {
        f"{file.relative_to(ROOT)}: {module}"
        for file in (ROOT / "src").rglob("*.py")
        for module in set(IMPORTED.findall(file.read_text(encoding="utf-8"))) - own
        if not installed & {canonicalize_name(one) for one in comes_from.get(module, ())}
    }
    assert not strange


def test_no_library_that_may_be_installed_has_a_hole_that_is_known() -> None:
    assert script("audit").holes() == []


def test_the_audit_tells_an_old_version_in_a_lock_and_one_that_pyproject_allows(tmp_path: Path) -> None:
    for name in ("requirements.lock", "requirements-dev.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    with (tmp_path / "requirements.lock").open("a") as lock:
        lock.write("jinja2==3.1.5 \\\n")
    project = (tmp_path / "pyproject.toml").read_text(encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(re.sub(r"pillow>=[\d.]+", "pillow>=12.0", project), encoding="utf-8")
    assert [one.partition(" has ")[0] for one in script("audit").holes(tmp_path)] == [
        "requirements.lock: jinja2 3.1.5",
        "pyproject.toml: pillow 12.0",
    ]
