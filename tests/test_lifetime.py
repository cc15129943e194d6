"""What runs beside the services ends when they stop, even when a library swallows the first call to."""

import asyncio

import pytest

from saudager import lifetime

pytestmark = pytest.mark.slow


async def test_a_task_that_swallows_a_cancellation_is_cancelled_again():
    swallowed = 0

    async def stubborn() -> None:
        nonlocal swallowed
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if swallowed == 2:
                    raise
                swallowed += 1

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    async with asyncio.timeout(20):
        await lifetime.end([task])
    assert swallowed == 2
    assert task.cancelled()
