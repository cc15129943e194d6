"""The fake Wappi as a process of its own, as the kill tests use it."""

import asyncio
import json
import sys
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from saudager.providers.channels.wappi import Config, WhatsAppWappi
from tests.fakes.clocks import InstantClock
from tests.fakes.serving import refused_url
from tests.fakes.wappi import PROFILE, TOKEN

CHAT = "77750000002@c.us"


@pytest.mark.slow
async def test_every_accepted_send_is_in_the_journal_before_it_is_answered(tmp_path: Path) -> None:
    journal, base_url = tmp_path / "sent.jsonl", refused_url()
    arguments = ["--port", str(urlsplit(base_url).port), "--journal", str(journal)]
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.fakes.wappi", *arguments)
    try:
        async with httpx.AsyncClient(base_url=base_url, transport=httpx.AsyncHTTPTransport(retries=8)) as control:
            line = {"chat": CHAT, "text": "Здравствуйте", "at": 100}
            (asked,) = (await control.post("/control/customer_writes", json=[line])).json()
            channel = WhatsAppWappi(
                Config(base_url=base_url, token=TOKEN, profile_id=PROFILE), clock=InstantClock(), timeout=5
            )
            assert (await channel.lines(CHAT, limit=5, offset=0))[0].message_id == asked
            message_id = await channel.send(CHAT, "Добрый день!")
            (written,) = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
            assert (written["id"], written["chat"], written["text"]) == (message_id, CHAT, "Добрый день!")
            assert (await control.get("/control/sent")).json() == [written]
            await channel.close()
    finally:
        process.kill()
        await process.wait()
