"""A shop's process that lives at one moment, and may be killed in the middle of taking a step."""

import asyncio
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from saudager.automation import journeys
from saudager.clock import MovableClock
from saudager.rehearsal import rehearse
from tests.conftest import Given

KILLED = 9


async def live(folder: Path, moment: datetime, dies_at: int) -> None:
    """Do what is due at the moment; at so many steps it is gone, whatever was under way (0: it lives)."""
    took, steps = journeys.took, 0

    def dies(session: Session, *args: Any, **kwargs: Any) -> None:
        nonlocal steps
        steps += 1
        if steps == dies_at:
            os._exit(KILLED)
        took(session, *args, **kwargs)

    journeys.took = dies
    settings = Given(data_dir=folder, sends_per_minute=0, outreach_per_day=1000, first_contacts_per_day=1000)
    async with rehearse(settings, clock=MovableClock(moment)) as shop:
        await shop.time_passes(minutes=3)


if __name__ == "__main__":
    asyncio.run(live(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2]), int(sys.argv[3])))
