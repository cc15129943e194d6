"""One click and no more offers come: from the mail program or from the page, twice or years later."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager import web
from saudager.api import unsubscribe as page
from saudager.app import App
from saudager.errors import NotFound
from saudager.letters import sending, unsubscribe
from saudager.letters.models import Letter
from saudager.letters.unsubscribe import Links
from saudager.outreach import consent
from saudager.outreach.models import Consent
from saudager.sales.models import Person
from tests.campaigns import people

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
async def browser(app: App) -> AsyncIterator[httpx.AsyncClient]:
    site = web.make_web("test")
    site.include_router(page.router(app))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(site), base_url="https://shop.example") as client:
        yield client


@pytest.fixture
async def sent(app: App) -> int:
    """A letter that went out."""

    def write(session: Session) -> int:
        return people.letter(session, people.person(session, now=app.clock.now()), now=app.clock.now())

    letter = await app.db.run(write)
    assert await sending.send_due(app, "test") == 1
    return letter


@pytest.fixture
def path(app: App, sent: int) -> str:
    return f"/u/{Links(app.vault, app.settings.public_url).token(sent)}"


async def _standing(app: App, letter_id: int) -> tuple[str | None, str | None, int]:
    """What the person and the contact behind the letter say of offers, and how often it was said."""

    def read(session: Session) -> tuple[str | None, str | None, int]:
        letter = session.get_one(Letter, letter_id)
        person = session.get_one(Person, letter.person_id)
        assert person.contact_id is not None
        said = session.scalars(select(Consent.id).where(Consent.contact_id == person.contact_id)).all()
        return person.consent, consent.standing(session, person.contact_id), len(said)

    return await app.db.read(read)


async def test_opening_the_page_shows_whose_mailbox_it_is_and_changes_nothing(
    app: App, browser: httpx.AsyncClient, sent: int, path: str
) -> None:
    for _ in range(3):
        shown = await browser.get(path)

    assert shown.status_code == 200
    assert "i…n@techcom.example" in shown.text
    assert "ivan@techcom.example" not in shown.text
    assert "<form" in shown.text
    assert (await browser.head(path)).status_code in (200, 405)
    assert await _standing(app, sent) == ("given", None, 0)


async def test_a_mail_programs_click_acts_at_once_without_a_redirect(
    app: App, browser: httpx.AsyncClient, sent: int, path: str
) -> None:
    answer = await browser.post(path, data=ONE_CLICK)

    assert answer.status_code == 200
    assert answer.history == []
    assert await _standing(app, sent) == ("refused", "offers", 1)


async def test_its_words_are_kept_and_a_second_click_adds_none(
    app: App, browser: httpx.AsyncClient, sent: int, path: str
) -> None:
    for _ in range(2):
        assert (await browser.post(path, data=ONE_CLICK)).status_code == 200

    assert await _standing(app, sent) == ("refused", "offers", 1)
    said = await app.db.read(lambda session: session.scalars(select(Consent.words)).all())
    assert said == [unsubscribe.LEFT]


@pytest.mark.parametrize(
    "sent_as",
    [
        {"data": ONE_CLICK},
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {"content": b""},
        {"content": b"\xff\x00", "headers": {"content-type": "application/octet-stream"}},
    ],
    ids=["form", "multipart", "nothing", "junk"],
)
async def test_whatever_is_posted_it_acts(
    app: App, browser: httpx.AsyncClient, sent: int, path: str, sent_as: dict[str, object]
) -> None:
    answer = await browser.post(path, **sent_as)  # type: ignore[arg-type]

    assert answer.status_code == 200
    assert (await _standing(app, sent))[1] == "offers"


async def test_the_page_takes_it_back_and_says_so(app: App, browser: httpx.AsyncClient, sent: int, path: str) -> None:
    left = await browser.post(path)
    assert f'action="{path}/back"' in left.text

    back = await browser.post(f"{path}/back")

    assert "Вы снова получаете предложения" in back.text
    assert await _standing(app, sent) == ("given", None, 2)


async def test_a_link_does_not_take_back_that_he_wants_to_hear_nothing_at_all(
    app: App, browser: httpx.AsyncClient, sent: int, path: str
) -> None:
    def silence(session: Session) -> None:
        person = session.get_one(Person, session.get_one(Letter, sent).person_id)
        assert person.contact_id is not None
        consent.note(session, person.contact_id, consent.EVERYTHING, "не пишите мне", app.clock.now())

    await app.db.run(silence)

    shown = await browser.post(f"{path}/back")

    assert "/back" not in shown.text
    assert (await _standing(app, sent))[1] == "everything"


async def test_a_link_works_years_later_and_for_a_mailbox_that_several_people_read(
    app: App, browser: httpx.AsyncClient, sent: int, path: str
) -> None:
    def another(session: Session) -> int:
        first = session.get_one(Person, session.get_one(Letter, sent).person_id)
        other = people.person(session, "x@x.example", now=app.clock.now())
        other.email = first.email
        session.flush()
        return other.id

    other = await app.db.run(another)
    app.clock.move_to(app.clock.now() + timedelta(days=2000))  # type: ignore[attr-defined]

    await browser.post(path)

    assert (await app.db.read(lambda session: session.get_one(Person, other))).consent == "refused"


async def test_the_next_letter_does_not_go(app: App, browser: httpx.AsyncClient, sent: int, path: str) -> None:
    await browser.post(path)

    def write(session: Session) -> int:
        person = session.get_one(Person, session.get_one(Letter, sent).person_id)
        return people.letter(session, person, now=app.clock.now())

    following = await app.db.run(write)
    assert await sending.send_due(app, "test") == 0

    letter = await app.db.read(lambda session: session.get_one(Letter, following))
    assert (letter.state, letter.reason) == ("refused", "opted_out")


@pytest.mark.parametrize("change", [lambda t: t[:-1], lambda t: t + "A", lambda t: "A" + t[1:], lambda t: t.swapcase()])
async def test_a_guessed_link_opens_nothing(
    browser: httpx.AsyncClient, path: str, change: Callable[[str], str]
) -> None:
    guessed = f"/u/{change(path.removeprefix('/u/'))}"

    for asked in (browser.get(guessed), browser.post(guessed), browser.post(f"{guessed}/back")):
        assert (await asked).status_code == 404


def test_tokens_hide_their_letters(app: App) -> None:
    links = Links(app.vault, "https://shop.example/")
    tokens = [links.token(number) for number in range(1, 200)]

    assert [links.letter(token) for token in tokens] == list(range(1, 200))
    assert len({token[:6] for token in tokens}) > 190
    assert {len(token) for token in tokens} == {32}
    assert links.of(7) == f"https://shop.example/u/{links.token(7)}"
    assert Links(app.vault, "").of(7) is None
    for wrong in ("", "a", "💥", "A" * 32, "A" * 5000):
        with pytest.raises(NotFound):
            links.letter(wrong)


@pytest.mark.parametrize("language", ["kk", "en"])
async def test_the_page_speaks_the_letters_language(
    app: App, browser: httpx.AsyncClient, sent: int, path: str, language: str
) -> None:
    def change(session: Session) -> None:
        session.get_one(Letter, sent).language = language

    await app.db.run(change)

    for shown in (await browser.get(path), await browser.post(path), await browser.post(f"{path}/back")):
        assert f'<html lang="{language}">' in shown.text
        assert not any(word in shown.text for word in ("Отписаться", "Письма", "предложени"))
