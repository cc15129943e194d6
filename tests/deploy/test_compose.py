"""compose.yaml's two services, started as it says: its commands, its environment, its health checks. Servers of this
machine stand in for its containers of PostgreSQL and RabbitMQ."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests import databases, servers
from tests.deploy.test_files import GRACE, ours
from tests.fakes.wappi import PROFILE, TOKEN
from tests.product import ANSWERS, chat_of, until, wappi

pytestmark = [pytest.mark.slow, pytest.mark.servers]
_PASSWORD = "LettersAndDigits7"


@pytest.fixture
def services(tmp_path: Path) -> Iterator[dict[str, dict[str, Any]]]:
    """What compose.yaml starts: of each its command, its environment and its health check."""
    databases.need_postgresql()
    with ExitStack() as stack:
        gateway, agent = (stack.enter_context(databases.fresh()) for _ in range(2))
        broker = stack.enter_context(servers.own_rabbitmq(tmp_path))
        ports = {"8000": servers.free_port(), "8001": servers.free_port()}
        here = {
            r"postgresql://saudager:\S+@postgres/saudager_gateway": gateway,
            r"postgresql://saudager:\S+@postgres/saudager_agent": agent,
            r"amqp://saudager:\S+@rabbitmq": broker,
            r"http://gateway:": "http://127.0.0.1:",
            r"^/data$": str(tmp_path),
            r"^0\.0\.0\.0$": "127.0.0.1",
        } | {rf"\b{port}\b": str(free) for port, free in ports.items()}

        def on_this_machine(text: str) -> str:
            text = re.sub(r"\$\{\w+:\?[^}]*\}", _PASSWORD, text)
            text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)
            for pattern, instead in here.items():
                text = re.sub(pattern, instead, text)
            return text

        yield {
            name: {
                "command": [str(Path(sys.executable).with_name(service["command"][0])), *service["command"][1:]],
                "environment": {key: on_this_machine(value) for key, value in service["environment"].items()},
                "asks": [on_this_machine(word) for word in service.get("healthcheck", {}).get("test", [])][1:],
            }
            for name, service in ours("compose.yaml").items()
        }


def test_a_line_is_answered_through_both_services(services: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    (tmp_path / "knowledge_base").mkdir()
    (tmp_path / "knowledge_base" / "answers.md").write_text(ANSWERS, encoding="utf-8")
    with ExitStack() as stack:
        phone = stack.enter_context(wappi(tmp_path))
        env_file = {"WAPPI_TOKEN": TOKEN, "WAPPI_PROFILE_ID": PROFILE, "WAPPI_BASE_URL": phone.url}
        env_file |= {"POLLING_INTERVAL": "0.2", "PATIENCE": "0.3", "PATIENCE_COMPLETE": "0.1", "SENDS_PER_MINUTE": "0"}
        running = {
            name: stack.enter_context(_started(one, env_file, tmp_path / name)) for name, one in services.items()
        }
        assert set(running) == {"gateway", "agent"}
        asked = services["agent"]["asks"]
        assert shlex.join(asked).startswith("python -c")
        until(lambda: _is_healthy(asked), "the agent's health check", seconds=300)

        phone.writes(chat_of(1), "Сколько стоит окно?")
        until(lambda: bool(phone.got()), "an answer", seconds=300)
        assert "120 000" in " ".join(phone.got()[chat_of(1)])

        for process in running.values():
            process.terminate()
        assert [process.wait(timeout=GRACE * 2) for process in running.values()] == [0, 0]


@contextmanager
def _started(service: dict[str, Any], env_file: dict[str, str], folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    folder.mkdir()
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(sys.path)} | env_file | service["environment"]
    with (folder / "told").open("wb") as told:
        process = subprocess.Popen(service["command"], cwd=folder, env=environment, stdout=told, stderr=told)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def _is_healthy(asked: list[str]) -> bool:
    return subprocess.run([sys.executable, *asked[1:]], capture_output=True, check=False).returncode == 0
