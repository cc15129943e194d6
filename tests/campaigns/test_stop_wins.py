"""The stop button wins over whoever is at a letter of its campaign at that very moment."""

import asyncio
from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.letters import campaigns, sending
from saudager.letters.models import Campaign, CampaignState, Letter, LetterState
from saudager.letters.unsubscribe import Links
from saudager.outreach import door, hours, release
from saudager.outreach.models import OutreachVerdict
from tests.campaigns import people
from tests.conftest import OpenShop

pytestmark = [pytest.mark.parametrize("storage", ["postgresql"], indirect=True), pytest.mark.slow]


async def _sending(app: App) -> tuple[int, int]:
    """A campaign under way with a draft and an approved letter, and that letter."""

    def make(session: Session) -> tuple[int, int]:
        now = app.clock.now()
        campaign = Campaign(
            name="К новому году",
            segment={"kind": "everyone"},
            account=people.MAILBOX,
            context="",
            tone="professional",
            purpose="offer",
            products=[],
            include_sales_data=True,
            state=CampaignState.SENDING,
            created_by="Айгерим",
            created_at=now,
            started_at=now,
        )
        session.add(campaign)
        session.flush()
        other = people.person(session, "other@firm.example", now=now)
        people.letter(session, other, now=now, campaign_id=campaign.id, state=LetterState.DRAFT, due_at=None)
        return campaign.id, people.letter(session, people.person(session, now=now), now=now, campaign_id=campaign.id)

    return await app.db.run(make)


async def _stopped_while(app: App, campaign: int, deed: Callable[[Session], Any]) -> None:
    """Stop the campaign while the deed is done and its transaction still open."""
    done, may_end = Event(), Event()

    def hold(session: Session) -> None:
        deed(session)
        session.flush()
        done.set()
        may_end.wait(10)

    deeds = asyncio.ensure_future(app.db.run(hold))
    await asyncio.to_thread(done.wait, 10)
    stop = asyncio.ensure_future(app.db.run(campaigns.stop, campaign, now=app.clock.now()))
    async with asyncio.timeout(10):
        while not await app.db.read(lambda session: session.scalar(_WAITING)):
            await asyncio.sleep(0.005)
    may_end.set()
    await asyncio.gather(deeds, stop)


async def test_a_letter_that_is_being_handed_to_the_door_comes_back(app: App) -> None:
    campaign, letter = await _sending(app)
    ours, now = await sending.mailboxes(app), app.clock.now()
    links = Links(app.vault, app.settings.public_url)
    due = await app.db.read(sending._due, now=now)
    shown = sending._shown(due, ours, links)

    def hand_in(session: Session) -> None:
        sending._hand_in(session, shown, ours, links, app.settings, now=now)

    await _stopped_while(app, campaign, hand_in)

    def fate(session: Session) -> tuple[str, str | None]:
        verdict = session.query(OutreachVerdict).filter_by(about=f"letter:{letter}").one()
        return session.get_one(Letter, letter).state, verdict.fate

    assert await app.db.read(fate) == (LetterState.DROPPED, "withdrawn")


async def test_a_letter_taken_back_while_it_is_looked_at_stays_here(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = await open_shop(public_url="https://shop.example", mail_per_minute=0)
    app, opens = shop.app, hours.next_open
    _, letter = await _sending(app)
    loop, taken_back = asyncio.get_running_loop(), list[bool]()

    def stopped_meanwhile(*told: Any) -> Any:
        if not taken_back:
            taken_back.append(asyncio.run_coroutine_threadsafe(_taken_back(app, letter), loop).result(10))
        return opens(*told)

    monkeypatch.setattr(release, "next_open", stopped_meanwhile)
    assert await sending.send_due(app, "test") == 1
    await shop.settles()

    assert taken_back == [True]
    assert not shop.mail.delivered


async def _taken_back(app: App, letter: int) -> bool:
    return await app.db.run(door.withdraw, sending.about(letter), "campaign_stopped", app.clock.now())


_WAITING = text("select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()")
