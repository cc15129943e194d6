"""The two kinds of hosted engines that have forms: those that write, and those that draw."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from saudager import attention, shop_settings
from saudager.app import App
from saudager.attention import Why
from saudager.console.connections import engine_fields, painter_fields
from saudager.engines import notices
from saudager.settings import Settings


@dataclass(frozen=True, slots=True)
class Kind:
    """What their forms differ in."""

    path: str
    """After ``/console/connections/``."""
    action: str
    """Before the dot of what the audit log calls a change, and before the colon of what it was of."""
    forms: Mapping[str, Mapping[str, Any]]
    titles: Mapping[str, str]
    order: str
    """The setting that holds their order."""
    among: Sequence[str]
    """The settings their forms may change."""
    secret: Callable[[str], str]
    forgotten: Callable[[Settings, str], dict[str, str]]
    try_it: Callable[[App, Settings, str], Awaitable[str]]
    """The vendor's sentence when it refuses, "" when all is well."""
    is_asked: Callable[[App, str], bool]
    """Whether it can be told to be asked no more."""
    settle: Callable[[Session, str, datetime], None]
    """What a person was told of its trouble is over."""

    @property
    def home(self) -> str:
        return f"/console/connections/{self.path}"


def _has_what_it_needs(app: App, name: str) -> bool:
    return all(getattr(app.settings, setting) for setting in engine_fields.FORMS[name]["required"])


def _draws(app: App, name: str) -> bool:
    return name in {painter.engine.name for painter in app.painters}


def _settle_engine(session: Session, name: str, now: datetime) -> None:
    attention.settle(session, Why.ENGINE, notices.about(name), now=now)


WRITERS = Kind(
    "engines",
    "engine",
    engine_fields.FORMS,
    notices.TITLES,
    "engines",
    shop_settings.ENGINES,
    engine_fields.secret,
    lambda settings, name: engine_fields.forgotten(name),
    lambda app, settings, name: app.try_engine(settings, name),
    _has_what_it_needs,
    _settle_engine,
)
PAINTERS = Kind(
    "painters",
    "painter",
    painter_fields.FORMS,
    painter_fields.TITLES,
    "image_engines",
    shop_settings.PAINTERS,
    painter_fields.secret,
    painter_fields.forgotten,
    lambda app, settings, name: app.try_painter(settings, name),
    _draws,
    lambda session, name, now: _settle_engine(session, f"{name}:images", now),
)
