"""The console's shell: who is let in, what every answer carries, and what an open page hears."""

import asyncio

import httpx
import pytest

from saudager.console import live, menu
from tests.console.conftest import OpenConsole

pytestmark = pytest.mark.slow


async def test_who_is_not_signed_in_is_sent_to_the_door(open_console: OpenConsole) -> None:
    console = await open_console()
    console.http.cookies.clear()
    page = await console.get("/console/menu?a=1")
    assert page.status_code == 303
    assert page.headers["location"] == "/console/sign-in?next=/console/menu%3Fa%3D1"
    part = await console.get("/console/menu", headers={"hx-request": "true"})
    assert part.status_code == 401
    assert part.headers["hx-redirect"] == "/console/sign-in"


async def test_every_answer_forbids_scripts_and_frames_of_others(open_console: OpenConsole) -> None:
    console = await open_console()
    headers = (await console.get("/console/menu")).headers
    assert headers["content-security-policy"].startswith("default-src 'self'")
    assert headers["x-frame-options"] == "DENY"


async def test_the_menu_counts_what_waits(open_console: OpenConsole) -> None:
    console = await open_console()
    assert '"today": 0' in (await console.get("/console/menu")).headers["hx-trigger"]


async def test_an_open_page_hears_what_changed_and_at_first_everything(open_console: OpenConsole) -> None:
    console = await open_console()
    marks = iter(["a", "a", "b"])
    watches = {"thing": lambda session, argument, *, now: next(marks, "b")}
    stopping = asyncio.Event()
    token = console.http.cookies["saudager_session"]
    changes = live.Changes(console.app)
    stream = live._stream(console.app, watches, ["thing:7"], changes, token, stopping)
    heard = []
    async for piece in stream:
        heard.append(piece)
        changes._tell()
        if len([one for one in heard if one.startswith("event")]) == 2:
            stopping.set()
    assert heard == ["retry: 1000\n\n", "event: changed\ndata: thing:7\n\n", "event: changed\ndata: thing:7\n\n"]


async def test_nobody_watches_what_does_not_exist(open_console: OpenConsole) -> None:
    console = await open_console()
    assert (await console.get("/console/events?watch=menu&watch=secrets")).status_code == 422
    assert set(menu.WATCHES) == {"menu"}


@pytest.mark.parametrize("path", ["/", "/console", "/console/"])
async def test_the_first_page_is_today(open_console: OpenConsole, path: str) -> None:
    console = await open_console()
    answer: httpx.Response = await console.get(path)
    assert (answer.status_code, answer.headers["location"]) == (307, "/console/today")


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/console/nowhere", 404, "There is no such page."),
        ("/console/simulator/chat", 422, "В запросе чего-то не хватает"),
        ("/console/operators", 403, "Это может только владелец."),
    ],
)
async def test_a_page_that_cannot_be_shown_says_why_in_the_readers_language_and_leads_on(
    open_console: OpenConsole, path: str, status: int, says: str
) -> None:
    console = await open_console(role="viewer")
    if says.isascii():
        console.http.cookies.clear()
    answer = await console.get(path, headers={"accept": "text/html", "accept-language": "en"})
    assert (answer.status_code, says in console.text(answer)) == (status, True)
    assert f'<html lang="{"en" if says.isascii() else "ru"}">' in answer.text
    assert '<a class="button main" href="/console/today">' in answer.text
    assert (await console.get("/console/static/console.css")).status_code == 200
    assert 'href="/console/static/console.css"' in answer.text
