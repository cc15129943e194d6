"""Ten times the load the product was asked to bear: all of it comes through, and answers overtake outreach."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from saudager import services
from saudager.bootstrap import SIMULATOR
from saudager.clock import MovableClock
from saudager.contracts import Kind
from saudager.gateway import accounts
from saudager.providers.channels import Line
from saudager.providers.llm.scripted import ScriptedModel
from saudager.providers.speech.scripted import ScriptedTranscriber
from saudager.queues import table
from saudager.rehearsal import OPENING, Shop

CONTACTS, NOTES, FOLLOW_UPS = 1000, 500, 2000
QUESTION, FOLLOW_UP = "Сколько стоит окно?", "Вы ещё думаете?"


def chat_of(number: int) -> str:
    return f"7701{number:07}@c.us"


async def _unfinished(shop: Shop) -> dict[str, int]:
    """What waits or died, by queue."""
    depths = await shop.app.db.read(table.depth)
    return {queue: left for queue, counts in depths.items() if (left := counts["waiting"] + counts["dead"])}


@pytest.mark.slow
async def test_a_thousand_contacts_who_write_at_once_are_answered_once_each(open_shop: Any):
    shop: Shop = await open_shop(model=ScriptedModel())
    for number in range(CONTACTS):
        await shop.customer_says(QUESTION, chat=chat_of(number))
    await shop.time_passes(seconds=30)
    answers = [len(shop.answers(chat_of(number))) for number in range(CONTACTS)]
    print(f"\n{CONTACTS} contacts: {sum(answers)} answers, unfinished {await _unfinished(shop)}")  # noqa: T201
    assert answers == [1] * CONTACTS
    assert await _unfinished(shop) == {}


@pytest.mark.slow
async def test_five_hundred_voice_notes_in_five_minutes_are_all_answered(open_shop: Any):
    clock = MovableClock(OPENING)
    hears = ScriptedTranscriber(listening=3, clock=clock)
    shop: Shop = await open_shop(model=ScriptedModel(), transcriber=hears, clock=clock)
    for number in range(NOTES):
        recording = f"{QUESTION} Вариант {number}".encode()
        await shop.customer_says(None, chat=chat_of(number), kind=Kind.VOICE, file=(recording, "audio/ogg"))
        await shop.time_passes(seconds=300 / NOTES)
    await shop.time_passes(minutes=2)
    answers = [len(shop.answers(chat_of(number))) for number in range(NOTES)]
    print(f"\n{NOTES} voice notes: {sum(answers)} answers, unfinished {await _unfinished(shop)}")  # noqa: T201
    assert answers == [1] * NOTES
    assert await _unfinished(shop) == {}


@pytest.mark.slow
async def test_two_thousand_follow_ups_due_at_one_moment_all_go_and_an_answer_overtakes_them(open_shop: Any):
    shop: Shop = await open_shop(model=ScriptedModel(), patience=0, patience_complete=0)
    sent: list[Line] = []
    arriving: list[asyncio.Task[Line]] = []

    def note(line: Line) -> None:
        sent.append(line)
        if len(sent) == 100:
            question = shop.phone.write(chat_of(1), QUESTION)
            arriving.append(asyncio.create_task(shop.arrives(question)))

    shop.phone.on_sent = note
    held_until = shop.clock.now() + timedelta(minutes=1)
    await shop.app.db.run(accounts.hold_sends, SIMULATOR, until=held_until)
    for number in range(FOLLOW_UPS):
        follow_up = {"account": SIMULATOR, "chat": chat_of(number), "message_text": FOLLOW_UP, "class": "follow_up"}
        await services.put(shop.app, "outgoing_messages", json.dumps(follow_up).encode())
    assert sent == []
    await shop.time_passes(minutes=5)
    position = next(number for number, line in enumerate(sent, 1) if line.text != FOLLOW_UP)
    print(f"\n{FOLLOW_UPS} follow-ups: {len(sent)} sent, the answer went out as number {position}")  # noqa: T201
    assert len(sent) == FOLLOW_UPS + 1
    assert {len(shop.answers(chat_of(number))) for number in range(FOLLOW_UPS) if number != 1} == {1}
    assert position < FOLLOW_UPS / 2
    assert await _unfinished(shop) == {}
