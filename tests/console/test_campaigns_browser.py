"""A campaign thought out in a browser: how many it would write to stands below the choice while it is made."""

from datetime import date

import pytest
from sqlalchemy.orm import Session

from tests.browser import browsing, need_browser
from tests.campaigns import people
from tests.console.conftest import OpenConsole

pytestmark = pytest.mark.browser


async def test_the_count_follows_what_is_chosen(open_console: OpenConsole) -> None:
    need_browser()
    console = await open_console(public_url="https://shop.example")

    def make(session: Session) -> None:
        now = console.shop.clock.now()
        one = people.person(session, "person@firm.example", now=now)
        people.invoice(session, one.company_id, "120000", on=date(2025, 11, 3), now=now)

    await console.app.db.run(make)
    async with (
        console.served() as (address, cookies),
        browsing(f"{address}/console/letters/campaigns/new", cookies=cookies) as page,
    ):
        await page.wait_for_selector("#count b:text-is('1')")
        await page.fill("#days", "3000")
        await page.wait_for_selector("#count b:text-is('0')")
