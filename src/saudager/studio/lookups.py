"""What the web says of a product: asked once, one question at a time, and kept; nothing of it is proved."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.errors import OutsideError
from saudager.providers.websearch import FoundPhoto, FoundText, WebSearch
from saudager.studio import hints
from saudager.studio.models import WebLookup
from saudager.studio.subjects import Car, Thing

_log = logging.getLogger(__name__)
KEPT, KEPT_EMPTY = timedelta(hours=24), timedelta(hours=1)
LONGEST = timedelta(seconds=30)
"""How long a series waits for the web at most; what is not known by then, it does without."""
_PHOTOS, _TEXTS = 20, 8
Found = list[dict[str, Any]]
Question = tuple[str, str]
"""Its kind, ``texts`` or ``photos``, and its words."""


@dataclass(frozen=True, slots=True)
class Known:
    """What was found; what is missing is not known, which never means that there is none."""

    logo: str | None = None
    """What the logo looks like, in the web's words."""
    photos: dict[str, str] = field(default_factory=dict)
    """The address of a real photo, by angle."""


async def look_up(app: App, subject: Car | Thing, views: Sequence[str]) -> Known:
    """The logo and a photo from every angle, all asked for at once; however the web fares, within ``LONGEST``."""
    if app.web_search is None:
        return Known()
    about_logo = ("texts", hints.logo_query(subject.brand))
    about_view = {view: ("photos", hints.query(subject, view)) for view in views}
    questions = [*([about_logo] if subject.brand else []), *about_view.values()]
    answers = await _answers(app, app.web_search, list(dict.fromkeys(questions)))
    photos = {
        view: hints.best([FoundPhoto(**one) for one in answers.get(asked, [])]) for view, asked in about_view.items()
    }
    return Known(
        hints.of_logo([FoundText(**one) for one in answers.get(about_logo, [])], subject.brand),
        {view: link for view, link in photos.items() if link is not None},
    )


async def _answers(app: App, web: WebSearch, questions: Sequence[Question]) -> dict[Question, Found]:
    """The answers that are kept or come in time."""
    answers = await app.db.read(_all_kept, questions, now=app.clock.now())
    asked = {one: asyncio.create_task(_answer(app, web, one)) for one in questions if one not in answers}
    if not asked:
        return answers
    over = asyncio.create_task(app.clock.sleep_until(app.clock.now() + LONGEST))
    first: list[asyncio.Future[Any]] = [asyncio.gather(*asked.values(), return_exceptions=True), over]
    try:
        await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
    finally:
        unanswered = [one for one in asked.values() if not one.done()]
        for task in (*unanswered, over):
            task.cancel()
        await asyncio.gather(*asked.values(), over, return_exceptions=True)
    if unanswered:
        _log.info("the web was not heard out: %d of %d questions left", len(unanswered), len(asked))
    return answers | {one: task.result() for one, task in asked.items() if not task.cancelled()}


async def _answer(app: App, web: WebSearch, question: Question) -> Found:
    """The web's answer, or the one that came for another series meanwhile; empty when nothing is known."""
    manners = app.web_manners
    async with manners.turn():
        known = await app.db.read(_kept, question, now=app.clock.now())
        if known is not None or manners.rests(app.clock.now()):
            return known or []
        await manners.pause(app.clock)
        try:
            found = await _ask(web, *question)
        except OutsideError as error:
            _log.info("nothing found about %r: %s", question, error)
            manners.note(answered=False, now=app.clock.now())
            return []
        manners.note(answered=bool(found), now=app.clock.now())
        await app.db.run(_keep, question, found, now=app.clock.now())
        return found


async def _ask(web: WebSearch, kind: str, query: str) -> Found:
    found: Sequence[FoundText | FoundPhoto]
    found = await (web.photos(query, most=_PHOTOS) if kind == "photos" else web.texts(query, most=_TEXTS))
    return [{name: _storable(value) for name, value in asdict(one).items()} for one in found]


def _all_kept(session: Session, questions: Sequence[Question], *, now: datetime) -> dict[Question, Found]:
    found = {question: _kept(session, question, now=now) for question in questions}
    return {question: answer for question, answer in found.items() if answer is not None}


def _kept(session: Session, question: Question, *, now: datetime) -> Found | None:
    row = session.get(WebLookup, question)
    if row is None or row.looked_at < now - (KEPT if row.found else KEPT_EMPTY):
        return None
    return row.found


def _keep(session: Session, question: Question, found: Found, *, now: datetime) -> None:
    kind, query = question
    with suppress(IntegrityError), session.begin_nested():  # another process has kept its answer meanwhile
        session.merge(WebLookup(kind=kind, query=query, found=found, looked_at=now))


def _storable(value: object) -> object:
    """Without the characters PostgreSQL does not take, and no longer than is of use."""
    return hints.storable(value) if isinstance(value, str) else value
