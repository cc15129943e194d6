"""Voice notes between processes: one that is killed while it listens, and two with a broker between them."""

import asyncio
import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from saudager import services
from saudager.bootstrap import SIMULATOR, bootstrap, connect_accounts
from saudager.contracts import Kind
from saudager.gateway import intake
from saudager.gateway.models import Account
from saudager.providers.channels.simulator import Simulator
from saudager.providers.llm.scripted import ScriptedModel
from saudager.providers.speech.scripted import ScriptedTranscriber
from saudager.rehearsal import CUSTOMER
from tests import servers
from tests.fakes.transcribers import KEY, MODEL, FakeTranscribers
from tests.fakes.wappi import FakeWappi
from tests.product import Phone, Product

QUESTION = "Сколько стоит окно?"
VOICE = b"OggS\x00\x02" + bytes(range(256)) * 40


@pytest.mark.slow
async def test_a_process_killed_while_it_listens_answers_once_and_leaves_no_recording_behind(tmp_path: Path) -> None:
    async with FakeWappi() as wappi, FakeTranscribers() as vendors:
        listening = {
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": vendors.openai.base_url,
            "OPENAI_SPEECH_MODEL": MODEL,
            "ENGINES": "compatible",
        }
        phone = Phone(wappi.base_url, tmp_path / "journal")
        product = Product(tmp_path, phone, ["up"], **listening)
        try:
            product.start()
            await _until(product.is_up)
            wappi.customer_writes(CUSTOMER, type="ptt", file=VOICE, mime_type="audio/ogg; codecs=opus")
            vendors.openai.fail("hang", "hang", "hang")
            for number in range(3):
                await _until(lambda number=number: len(vendors.openai.recordings) > number)
                await asyncio.to_thread(product.kill, 0, "listening")
                assert _holding(VOICE, tmp_path) == []
                product.start()
            await _until(lambda: wappi.sent)
            await _until(product.is_up)
            await asyncio.sleep(1)
        finally:
            product.stop()
            phone.close()
    assert len(wappi.sent) == 1
    assert vendors.openai.recordings == [(VOICE, "note.ogg")] * 4
    assert vendors.openai.wrong == []
    assert _holding(VOICE, tmp_path) == []


def _holding(recording: bytes, folder: Path) -> list[Path]:
    """Files in which the recording lies, as it came or as text."""
    forms = recording[:300], base64.b64encode(recording)[:300]
    files = [(path, path.read_bytes()) for path in folder.rglob("*") if path.is_file()]
    return [path for path, content in files if any(form in content for form in forms)]


@pytest.mark.servers
async def test_words_go_from_the_gateway_to_the_agent_over_a_wire(settings: Callable[..., Any], tmp_path: Path) -> None:
    model = ScriptedModel(["Сейчас расскажу."])
    with servers.own_redis(tmp_path) as redis:
        urls = {f"{name}_database_url": f"sqlite:///{tmp_path / name}.db" for name in ("gateway", "agent")}
        chosen = settings(redis_url=redis, patience=0.2, patience_complete=0.2, **urls)
        gateway = bootstrap(chosen, service="gateway", transcriber=ScriptedTranscriber(listening=1))
        agent = bootstrap(chosen, service="agent", model=model)
        try:
            await connect_accounts(gateway, simulator=True)
            phone = gateway.channels[SIMULATOR]
            assert isinstance(phone, Simulator)
            account = await gateway.db.read(lambda session: session.get_one(Account, SIMULATOR))
            async with (
                services.running(gateway, gateway=True, agent=False),
                services.running(agent, gateway=False, agent=True),
            ):
                note = phone.write(CUSTOMER, None, kind=Kind.VOICE, file=(QUESTION.encode(), "audio/ogg"))
                await gateway.db.run(intake.take, account, [note], hears=True, now=gateway.clock.now())
                await _until(lambda: len(phone.chat(CUSTOMER)) > 1)
        finally:
            await gateway.close()
            await agent.close()
    assert [line.text for line in phone.chat(CUSTOMER) if line.from_us] == ["Сейчас расскажу."]
    assert [briefing.new_lines for briefing in model.briefings] == [[f"[ТРАНСКРИБАЦИЯ] {QUESTION}"]]


async def _until(done: Callable[[], Any]) -> None:
    async with asyncio.timeout(120):
        while not await asyncio.to_thread(done):
            await asyncio.sleep(0.02)
