"""The shop's own settings: what the owner has changed in the console lies over what the environment holds."""

import logging
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.errors import Refused
from saudager.settings import Settings
from saudager.shop_settings.models import ShopSetting

_log = logging.getLogger(__name__)

EDITABLE = (
    "shop_name",
    "currency",
    "disclose_ai",
    "greet_unknown",
    "reply_hours",
    "patience",
    "patience_complete",
    "patience_cap",
    "max_context_messages",
    "knowledge_whole_tokens",
    "answer_within",
    "handover_hours",
    "realert_minutes",
    "alert_numbers",
    "outreach_hours",
    "outreach_per_day",
    "first_contacts_per_day",
    "follow_up_intervals",
    "follow_up_template",
    "working_hours_start",
    "working_hours_end",
    "call_minutes",
    "calls_at_once",
    "call_reminder_minutes",
    "days_off",
    "moderator_min_messages",
    "moderator_confidence",
    "daily_budget",
    "usd_rate",
)
"""Settings the agent reads anew each time it needs them, so that a change counts at once."""


class WrongSetting(Refused):
    """A value no setting can have; ``name`` says which one, '' when several do not go together."""

    def __init__(self, name: str, expected: str) -> None:
        super().__init__(expected)
        self.name = name


def stored(session: Session) -> dict[str, ShopSetting]:
    """What was changed, by name."""
    return {one.name: one for one in session.scalars(select(ShopSetting)) if one.name in EDITABLE}


def values(session: Session) -> dict[str, str]:
    """The same, the values alone."""
    return {name: one.value for name, one in stored(session).items()}


def laid_over(environment: Settings, changed: Mapping[str, str]) -> Settings:
    """The environment's settings with these in their place; one the environment has come to forbid is left out."""
    if not changed:
        return environment
    try:
        return checked(environment, changed)
    except WrongSetting as wrong:
        _log.warning("shop_settings: %s: %s", wrong.name or "together", wrong)
    fitting: dict[str, str] = {}
    for name, value in changed.items():
        try:
            checked(environment, fitting | {name: value})
        except WrongSetting:
            continue
        fitting[name] = value
    return checked(environment, fitting)


def checked(environment: Settings, changed: Mapping[str, str]) -> Settings:
    """The same; raises WrongSetting for the first value that cannot be."""
    try:
        return Settings(_env_file=None, **environment.model_dump() | dict(changed))
    except ValidationError as error:
        problem = error.errors()[0]
        name = str(problem["loc"][0]) if problem["loc"] else ""
        raise WrongSetting(name, problem["msg"].removeprefix("Value error, ")) from None


def change(session: Session, environment: Settings, wanted: Mapping[str, str], *, by: str, now: datetime) -> list[str]:
    """Store what differs from what is in force, and forget what is again as the environment has it; the names changed.

    Raises WrongSetting, and Refused for a setting that is not edited here.
    """
    if unknown := wanted.keys() - set(EDITABLE):
        raise Refused(f"{', '.join(sorted(unknown))}: это здесь не меняют.")
    before = stored(session)
    current = laid_over(environment, {name: one.value for name, one in before.items()})
    after = checked(environment, {name: one.value for name, one in before.items()} | dict(wanted))
    changed = [name for name in wanted if getattr(after, name) != getattr(current, name)]
    for name in changed:
        row = before.get(name)
        if getattr(after, name) == getattr(environment, name):
            session.delete(row or session.get_one(ShopSetting, name))
            continue
        if row is None:
            row = ShopSetting(name=name)
            session.add(row)
        row.value, row.changed_at, row.changed_by = written(getattr(after, name)), now, by
    session.flush()
    return changed


def written(value: Any) -> str:
    """A value as the environment would hold it."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ",".join(map(written, value))
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return f"{value:g}"
    return value.isoformat() if isinstance(value, date) else str(value)
