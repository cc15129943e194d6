"""The log of what operators did: complete, in order, findable, and written with the deed or not at all."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from saudager.console.deeds import deed
from saudager.console.door import Visitor
from saudager.console.wording import Wording
from saudager.operators import accounts, audit
from saudager.operators.roles import Role
from tests.console.conftest import Console, OpenConsole


def _write(session: Session, number: int, *, now: Any) -> None:
    for at in range(number):
        audit.note(
            session,
            operator_id=1 if at % 2 else None,
            who="Марат" if at % 2 else "command line",
            action="contact.overruled" if at % 3 else "turn.answered",
            about=f"contact:{at}",
            details={"from": at},
            now=now + timedelta(seconds=at),
        )


async def _filled(console: Console, number: int) -> None:
    await console.app.db.run(_write, number, now=console.shop.clock.now())


async def test_the_log_is_read_backwards_page_by_page_and_nothing_twice(open_console: OpenConsole) -> None:
    console = await open_console()
    await _filled(console, 120)
    seen: list[int] = []
    ways = ["/console/audit"]
    for way in ways:
        page = html.unescape((await console.get(way)).text)
        seen += [int(at) for at in re.findall(r">contact:(\d+)<", page)]
        ways += re.findall(r'hx-get="(/console/audit[^"]+)"', page)
    assert seen == list(reversed(range(120)))
    assert len(ways) == 3


@pytest.mark.parametrize(
    ("asked", "found"),
    [("operator=1", 3), ("action=turn.answered", 2), ("about=contact:4", 1), ("operator=1&action=turn.answered", 1)],
)
async def test_the_log_is_found_by_who_what_and_about(open_console: OpenConsole, asked: str, found: int) -> None:
    console = await open_console()
    await _filled(console, 6)
    page = (await console.get(f"/console/audit?{asked}")).text
    assert page.count("<time ") == found


async def test_an_empty_log_says_how_it_fills(open_console: OpenConsole) -> None:
    console = await open_console()
    assert "Здесь появится" in await console.sees("/console/audit")
    assert "Такого в журнале нет" in await console.sees("/console/audit?about=contact:1")


async def test_what_is_logged_is_text_and_never_a_page(open_console: OpenConsole) -> None:
    console = await open_console()

    def note(session: Session) -> None:
        details, now = {"words": "<script>alert(1)</script>", "list": ["<b>"]}, console.shop.clock.now()
        audit.note(session, operator_id=1, who="<i>Марат", action="x<y", about='a"b', details=details, now=now)

    await console.app.db.run(note)
    page = (await console.get("/console/audit")).text
    assert "<script>alert" not in page
    assert "<i>Марат" not in page


@pytest.mark.both_kinds
async def test_a_deed_that_fails_is_not_logged_and_one_that_cannot_be_logged_is_not_done(
    open_console: OpenConsole,
) -> None:
    console = await open_console()
    app, now = console.app, console.shop.clock.now()
    wording = Wording("ru", app.settings.zone, now)
    visitor = Visitor(1, 1, "marat", "Марат", Role.OWNER, "ru", "", now, wording)

    def rename_and_fail(session: Session) -> None:
        accounts.rename(session, 1, "Другой")
        raise ValueError("on the way")

    with pytest.raises(ValueError, match="on the way"):
        await deed(app, visitor, "profile.changed", "operator:1", rename_and_fail)
    stranger = Visitor(1, 404, "nobody", "Никто", Role.OWNER, "ru", "", now, wording)
    with pytest.raises(Exception, match=r"(?i)foreign key|violates"):
        await deed(app, stranger, "profile.changed", "operator:1", accounts.rename, 1, "Третий")
    assert await app.db.read(audit.listed) == []
    assert (await app.db.read(accounts.by_id, 1)).name == "Марат"
