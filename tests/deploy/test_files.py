"""The files a deployment is made of hold together: with each other, with the settings and with the commands."""

import configparser
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from saudager.cli import main
from saudager.settings import Settings
from tests.deploy.image import ROOT, in_context, instructions
from tests.servers import program

COMPOSE = ("compose.yaml", "compose.single.yaml")
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
SETTINGS = {name.upper() for name in Settings.model_fields}
_OF_UVICORN = {"FORWARDED_ALLOW_IPS"}
_USED = re.compile(r"\$\{(\w+)")
GRACE = 40


def read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    return found


def ours(name: str) -> dict[str, dict[str, Any]]:
    """The services of a compose file that are the product."""
    return {one: service for one, service in read(name)["services"].items() if service["image"] == "saudager"}


def commands() -> set[str]:
    return set(main.commands)


@pytest.mark.parametrize("name", COMPOSE)
def test_the_product_is_shut_in_its_container_and_given_time_to_stop(name: str) -> None:
    for service in ours(name).values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["stop_grace_period"] == f"{GRACE}s"
        assert set(service["environment"]) <= SETTINGS | _OF_UVICORN
        written = [mount.split(":")[1] for mount in service["volumes"]] + service["tmpfs"]
        assert service["environment"]["DATA_DIR"] in written
        if "command" in service:
            program, command = service["command"]
            assert (program, command in commands()) == ("saudager", True)


@pytest.mark.parametrize("name", COMPOSE)
def test_a_compose_file_names_versions_and_only_what_exists(name: str) -> None:
    file = read(name)
    for service in file["services"].values():
        _, _, tag = service["image"].partition(":")
        assert service["image"] == "saudager" or tag not in ("", "latest")
        for mount in service.get("volumes", ()):
            source, _, _ = mount.partition(":")
            assert (ROOT / source).exists() if source.startswith(".") else source in file["volumes"]
        for needed in service.get("depends_on", ()):
            assert needed in file["services"]
        for where in service.get("depends_on", {}).values():
            assert where["condition"] in ("service_healthy", "service_started")


@pytest.mark.parametrize("name", COMPOSE)
def test_a_compose_file_opens_nothing_to_the_world_and_holds_no_secret(name: str) -> None:
    for service in read(name)["services"].values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
        for variable, value in service.get("environment", {}).items():
            if re.search("PASS|KEY|TOKEN|SECRET", variable):
                assert str(value).startswith("${"), variable
            assert not re.search(r"://[^:/@]+:[^$@]+@", str(value)), variable


@pytest.mark.parametrize("name", COMPOSE)
def test_what_a_compose_file_asks_of_env_stands_in_its_example(name: str) -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    used = set(_USED.findall((ROOT / name).read_text(encoding="utf-8")))
    assert {one for one in used if not re.search(rf"^(# )?{one}=", example, re.MULTILINE)} == set()


def test_who_waits_for_a_service_until_it_is_healthy_finds_a_health_check() -> None:
    services = read("compose.yaml")["services"]
    waited_for = {
        name
        for service in services.values()
        for name, where in service.get("depends_on", {}).items()
        if where["condition"] == "service_healthy"
    }
    assert waited_for
    assert all("healthcheck" in services[name] for name in waited_for)


def test_the_blueprint_names_settings_commands_and_services_that_exist() -> None:
    file = read("render.yaml")
    groups = {group["name"]: group["envVars"] for group in file["envVarGroups"]}
    databases = {database["name"] for database in file["databases"]}
    services = {service["name"]: service for service in file["services"]}
    web = [service for service in services.values() if service["type"] == "web"]
    assert [service["dockerCommand"] for service in web] == ["saudager gateway", "saudager agent"]
    for service in web:
        assert service["healthCheckPath"] == "/health"
        assert (service["runtime"], service["disk"]["mountPath"]) == ("docker", "/data")
        variables = [one for one in service["envVars"] if "key" in one]
        variables += [one for one in service["envVars"] if "fromGroup" in one for one in groups[one["fromGroup"]]]
        assert {one["key"] for one in variables} <= SETTINGS | _OF_UVICORN
        for variable in variables:
            if "fromDatabase" in variable:
                assert variable["fromDatabase"]["name"] in databases
            elif "fromService" in variable:
                named = variable["fromService"]
                assert services[named["name"]]["type"] == named["type"]
            else:
                assert ("value" in variable) ^ ("generateValue" in variable)
    broker = [service for service in services.values() if service["type"] == "keyvalue"]
    assert [(one["maxmemoryPolicy"], one["plan"] != "free") for one in broker] == [("noeviction", True)]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_starts_a_command_as_nobody_in_particular_and_shuts_it_in(unit: Path) -> None:
    read = configparser.ConfigParser(strict=False, interpolation=None)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read(unit, encoding="utf-8")
    service = read["Service"]
    assert service["ExecStart"].split()[-1] in commands()
    assert service["User"] == "saudager"
    assert service.get("Type") == "oneshot" or service["TimeoutStopSec"] == str(GRACE)
    assert (service["ProtectSystem"], service["NoNewPrivileges"]) == ("strict", "yes")
    assert service["CapabilityBoundingSet"] == ""


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_systemd_understands_every_line_of_a_unit(unit: Path, tmp_path: Path) -> None:
    systemd = program("systemd-analyze")
    here = tmp_path / unit.name
    text = unit.read_text(encoding="utf-8").replace("/opt/saudager/.venv/bin/saudager", "/bin/true")
    here.write_text(text.replace("file:/opt/saudager", f"file:{ROOT}"), encoding="utf-8")
    checked = subprocess.run([systemd, "verify", here], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_image_is_built_in_stages_of_a_named_version_and_runs_as_nobody_in_particular() -> None:
    steps = [*instructions()]
    words = [word for word, _ in steps]
    assert words.count("FROM") == 2
    assert {rest.split()[0] for word, rest in steps if word == "FROM"} == {"python:3.12-slim"}
    last = dict(steps[len(words) - words[::-1].index("FROM") :])
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", last["USER"])
    assert words.index("USER") > max(place for place, word in enumerate(words) if word == "RUN")
    assert {"HEALTHCHECK", "VOLUME", "CMD"} <= last.keys()
    assert not any(re.search("PASS|KEY|TOKEN|SECRET", rest) for word, rest in steps if word in ("ENV", "ARG"))


def test_the_builder_sees_what_the_dockerfile_copies_and_nothing_of_a_shop() -> None:
    copied = [
        source
        for word, rest in instructions()
        if word == "COPY" and not rest.startswith("--from")
        for source in rest.split()[:-1]
    ]
    assert {"src", "requirements.lock", "deploy/trim.sh"} <= {*copied}
    assert all((ROOT / source).exists() and in_context(source) for source in copied)
    assert in_context("src/saudager/cli/__init__.py")
    for path in (
        ".env",
        ".git/config",
        ".venv/bin/python",
        "data/saudager.db",
        "data/vault.key",
        "deploy/monitoring/watch.key",
        "tests/conftest.py",
        "src/saudager/__pycache__/app.cpython-312.pyc",
        "src/saudager/cli/__pycache__/running.cpython-312.pyc",
    ):
        assert not in_context(path), path
