"""What Agno and the SDKs do to the process they are imported into, each seen in a fresh one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]


def test_a_shop_without_a_hosted_model_never_imports_agno(tmp_path: Path) -> None:
    alone(
        tmp_path,
        "from pathlib import Path",
        "from saudager.bootstrap import bootstrap",
        "from saudager.settings import Settings",
        "import saudager.providers.llm.agno",
        "app = bootstrap(Settings(_env_file=None, data_dir=Path('.')))",
        "assert not {'agno', 'openai', 'google.genai', 'httpx2'} & set(sys.modules)",
    )


def test_telemetry_is_off_before_agno_is_imported_whatever_the_environment_says(tmp_path: Path) -> None:
    alone(
        tmp_path,
        "seen = []",
        "def hear(event, arguments):",
        "    if event == 'import' and arguments[0] == 'agno': seen.append(os.environ['AGNO_TELEMETRY'])",
        "sys.addaudithook(hear)",
        "import saudager.providers.llm.agno.vendors",
        "from agno.agent import Agent",
        "from agno.agent._init import set_telemetry",
        "agent = Agent(); set_telemetry(agent)",
        "assert (seen[:1], agent.telemetry) == (['false'], False), (seen, agent.telemetry)",
        AGNO_TELEMETRY="true",
    )


def test_the_event_loop_is_never_stopped_once_an_engine_is_warm(tmp_path: Path) -> None:
    """In a process of its own, because the SDKs build most of what they need at their first request.

    Time is the loop's own: CPU of its thread between two ticks, so that a busy machine does not count.
    """
    alone(
        tmp_path,
        "import asyncio, time",
        "from saudager.providers.llm.agno import AgnoModel",
        "from tests.fakes.models import KEY, FakeModels",
        "from tests.providers.llm.model_contract import TURN, WHO",
        "from saudager.providers.llm import Verdict",
        "stops = []",
        "async def tick():",
        "    while True:",
        "        before = time.thread_time()",
        "        await asyncio.sleep(0)",
        "        stops.append(time.thread_time() - before)",
        "async def main():",
        "    async with FakeModels() as models:",
        "        for vendor in (models.openrouter, models.gemini):",
        "            model = AgnoModel('m', vendor.kind, base_url=vendor.base_url, model='small-1', api_key=KEY)",
        "            await model.warm_up()",
        "            ticking, known = asyncio.create_task(tick()), set(sys.modules)",
        "            for _ in range(3):",
        "                await model.decide(TURN); await model.write(WHO); await model.extract(WHO, Verdict)",
        "            ticking.cancel()",
        "            late = [each for each in {*sys.modules} - known if each.startswith(('openai', 'google', 'agno'))]",
        "            assert not late, late",
        "            await model.close()",
        "asyncio.run(main())",
        "assert max(stops) < 0.05, max(stops)",
    )


def alone(folder: Path, *lines: str, **environment: str) -> None:
    """Run the lines in a fresh interpreter; a failing one fails the test with what it wrote."""
    script = "\n".join(("import os, sys", *lines))
    search = os.pathsep.join((str(ROOT), str(ROOT / "src")))
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": search, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
