"""The pages of campaigns: begun from a form with a live count, looked through, approved, started, stopped."""

import re
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.letters.models import Campaign, Letter
from tests.campaigns import people
from tests.console.conftest import Console, OpenConsole

HOME = "/console/letters/campaigns"
FORM = {
    "name": "К новому году",
    "account": people.MAILBOX,
    "kind": "everyone",
    "purpose": "offer",
    "tone": "professional",
    "context": "Новая линейка",
    "sales": "1",
    "days": "90",
    "months": "12",
}


async def _opened(open_console: OpenConsole, count: int = 3, **person: Any) -> Console:
    console: Console = await open_console(public_url="https://shop.example", mail_per_minute=0)

    def make(session: Session) -> None:
        now = console.shop.clock.now()
        for number in range(count):
            one = people.person(session, f"person{number}@firm.example", now=now, **person)
            people.invoice(session, one.company_id, "120000", on=date(2025, 11, 3), now=now)

    await console.app.db.run(make)
    return console


async def _begun(console: Console, **form: str) -> str:
    """The address of a campaign whose drafts are there."""
    answer = await console.post(f"{HOME}/new", FORM | form)
    assert answer.status_code == 204, answer.text
    await console.shop.time_passes(minutes=1)
    return answer.headers["hx-redirect"]


async def test_without_campaigns_the_page_says_what_they_are_for(open_console: OpenConsole) -> None:
    console = await _opened(open_console, 0)

    assert "Рассылок ещё не было" in await console.sees(HOME)
    assert "Рассылки" in await console.sees("/console/letters")


async def test_the_form_counts_the_segment_as_it_is_chosen(open_console: OpenConsole) -> None:
    console = await _opened(open_console)

    assert "shop@trial.example" in await console.sees(f"{HOME}/new")
    assert (await console.sees(f"{HOME}/count?kind=everyone")).startswith("3 ")
    assert (await console.sees(f"{HOME}/count?kind=lapsed&days=30")).startswith("3 ")
    assert (await console.sees(f"{HOME}/count?kind=lapsed&days=3000")).startswith("0 ")
    for wrong in ("kind=lapsed&days=x", "kind=nobody", "kind=bought_not&months=12"):
        assert not re.match(r"\d", await console.sees(f"{HOME}/count?{wrong}"))


async def test_a_campaign_is_begun_looked_through_approved_and_sent(open_console: OpenConsole) -> None:
    console = await _opened(open_console)
    path = await _begun(console)

    page = await console.sees(path)
    assert "ждёт вашего слова" in page
    assert "Черновиков 3" in page
    assert "Написаны по шаблону, без модели 3" in page
    assert "К новому году" in await console.sees(HOME)

    look = await console.sees(f"{path}/look")
    assert "1 из 3" in look
    assert (await console.post(f"{path}/approve")).status_code == 204
    assert "Одобрено 3" in await console.sees(path)
    assert (await console.post(f"{path}/start")).status_code == 204
    await console.shop.settles()

    done = await console.sees(path)
    assert "завершена" in done
    assert "Отправлено 3" in done
    assert len(console.shop.mail.delivered) == 3


async def test_a_letter_is_shown_as_its_recipient_will_see_it_and_runs_nothing(open_console: OpenConsole) -> None:
    console = await _opened(open_console, 1)
    path = await _begun(console)
    page = await console.get(f"{path}/look")
    (source,) = re.findall(r'<iframe[^>]* sandbox=""[^>]* src="([^"]+)"', page.text)

    shown = await console.get(source)

    assert shown.headers["content-security-policy"].startswith("default-src 'none'")
    assert "sandbox" in shown.headers["content-security-policy"]
    assert shown.headers.get_list("x-frame-options") == ["SAMEORIGIN"]
    assert 'src="data:image/png;base64,' in shown.text
    assert "cid:" not in shown.text
    assert "https://shop.example/u/" in shown.text


async def test_letters_are_approved_one_by_one_where_nobody_gave_consent(open_console: OpenConsole) -> None:
    console = await _opened(open_console, 2, consent=None)
    path = await _begun(console)

    told = await console.post(f"{path}/approve")
    assert "2" in told.headers["hx-trigger"]
    page = await console.get(f"{path}/look")
    (approve,) = re.findall(r'hx-post="([^"]+/approve)"', page.text)
    assert """hx-vals='{"version": 1}'""" in page.text
    assert (await console.post(approve, {"version": "2"})).status_code == 409  # it is not the one that was read
    answer = await console.post(approve, {"version": "1"})
    (drop,) = re.findall(r'hx-post="([^"]+/drop)"', (await console.get(answer.headers["hx-redirect"])).text)
    assert (await console.post(drop)).headers["hx-redirect"] == path

    states = await console.app.db.read(lambda session: session.scalars(select(Letter.state).order_by(Letter.id)).all())
    assert sorted(states) == ["approved", "dropped"]


async def test_stop_is_obeyed(open_console: OpenConsole) -> None:
    console = await _opened(open_console)
    path = await _begun(console)
    await console.post(f"{path}/approve")

    assert (await console.post(f"{path}/stop")).status_code == 204

    assert "остановлена" in await console.sees(path)
    assert (await console.post(f"{path}/start")).status_code == 409
    assert not console.shop.mail.delivered


@pytest.mark.parametrize(
    "wrong",
    [{"name": " "}, {"account": "mail:other@x.example"}, {"kind": "lapsed", "days": "-1"}, {"kind": ""}],
    ids=["no name", "a foreign mailbox", "no days", "no segment"],
)
async def test_a_wrong_form_begins_nothing(open_console: OpenConsole, wrong: dict[str, str]) -> None:
    console = await _opened(open_console)

    answer = await console.post(f"{HOME}/new", FORM | wrong)

    assert answer.status_code in (409, 422)
    assert await console.app.db.read(lambda session: session.scalars(select(Campaign)).all()) == []


async def test_a_viewer_may_look_and_change_nothing(open_console: OpenConsole) -> None:
    console = await _opened(open_console)
    path = await _begun(console)
    viewer = await console.another(role="viewer", name="Даурен")

    assert "Одобрить" not in await viewer.sees(path)
    assert "К новому году" in await viewer.sees(f"{path}/look")
    for deed in ("approve", "start", "stop", "finish", "go-on"):
        assert (await viewer.post(f"{path}/{deed}")).status_code == 403
    assert (await viewer.post(f"{HOME}/new", FORM)).status_code == 403
    assert (await viewer.get(f"{HOME}/new")).status_code == 403


async def test_what_is_not_there_is_not_shown(open_console: OpenConsole) -> None:
    console = await _opened(open_console, 1)
    path = await _begun(console)

    assert (await console.get(f"{HOME}/99")).status_code == 404
    assert (await console.get(f"{HOME}/99/look")).status_code == 404
    assert (await console.get(f"{HOME}/look/99/html")).status_code == 404
    assert (await console.post(f"{path}/look/99/approve", {"version": "1"})).status_code == 404
