"""``saudager doctor --live`` tries a real account on the merchant's own phone; here a fake Wappi stands in for it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from saudager.clock import MovableClock
from saudager.live_check import Step, try_out
from saudager.providers.channels.wappi import Config, WhatsAppWappi
from tests.fakes.wappi import FakeWappi

OWN = "77010000009@c.us"


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(datetime(2026, 3, 11, 7, 0, tzinfo=UTC))


@pytest.fixture
async def wappi(clock: MovableClock) -> AsyncIterator[FakeWappi]:
    async with FakeWappi(now=lambda: clock.now().timestamp()) as fake:
        yield fake


@pytest.fixture
async def channel(wappi: FakeWappi, clock: MovableClock) -> AsyncIterator[WhatsAppWappi]:
    config = Config(base_url=wappi.base_url, token=wappi.token, profile_id=wappi.profile_id)
    opened = WhatsAppWappi(config, clock=clock)
    yield opened
    await opened.close()


async def tried(channel: WhatsAppWappi, wappi: FakeWappi, clock: MovableClock, *, answers: bool) -> dict[str, Step]:
    """Every step by its name; time passes whenever the check waits for it."""

    async def passes() -> None:
        while True:
            await asyncio.sleep(0.001)
            if (stop := clock.next_wake()) is not None:
                clock.move_to(stop)

    time = asyncio.create_task(passes())
    steps: dict[str, Step] = {}
    async for step in try_out(channel, OWN, clock):
        steps[step.about] = step
        if step.asks and answers:
            wappi.customer_writes(OWN, "Да")
            wappi.customer_writes(OWN, type="ptt", file=b"OggS", mime_type="audio/ogg")
        if step.about.startswith("text of 4"):
            for sent in wappi.sent:
                wappi.rows[sent.message_id]["delivery_status"] = "delivered"
    time.cancel()
    return steps


async def test_an_account_that_works_passes_every_step(channel: WhatsAppWappi, wappi: FakeWappi, clock: MovableClock):
    steps = await tried(channel, wappi, clock, answers=True)
    assert [step for step in steps.values() if not step.good] == []
    assert {"linked", "quoted text", "typing", "found again", "long text", "an answer", "a voice note"} <= set(steps)
    assert {sent.chat for sent in wappi.sent} == {OWN}


async def test_what_does_not_work_is_told_and_the_rest_tried(
    channel: WhatsAppWappi, wappi: FakeWappi, clock: MovableClock
):
    wappi.fail("typing/start", "500", "500", "500", "500")
    steps = await tried(channel, wappi, clock, answers=False)
    assert not steps["typing"].good
    assert steps["quoted text"].good
    assert steps["an answer"].says == "none came within three minutes"


async def test_an_account_that_is_not_linked_ends_it_at_once(
    channel: WhatsAppWappi, wappi: FakeWappi, clock: MovableClock
):
    wappi.profile["authorized"] = False
    steps = await tried(channel, wappi, clock, answers=False)
    assert list(steps) == ["linked"]
    assert "QR" in steps["linked"].says
    assert wappi.sent == []
