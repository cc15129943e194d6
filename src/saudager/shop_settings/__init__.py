"""The shop's own settings: what the owner has changed in the console lies over what the environment holds."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from pydantic import SecretStr, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.errors import ConfigurationError, Refused
from saudager.settings import Settings
from saudager.shop_settings.models import ShopSetting
from saudager.vault import Vault

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
    "ai_seller_enabled",
    "ai_seller_triggers",
    "ai_seller_review_days",
    "ai_seller_cross_sell_days",
    "ai_seller_replenishment_days",
    "ai_seller_language",
    "ai_seller_templates",
    "holdout_share",
    "mail_answers",
    "letter_language",
    "letter_signature",
    "mail_per_minute",
    "mail_per_day",
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

_SHARED_KEYS = ("openrouter_api_key", "gemini_api_key", "openai_api_key")
SEALED = (*_SHARED_KEYS, "compatible_api_key", "pollinations_api_key", "compatible_image_api_key")
"""Secrets: stored as the vault seals them, and shown nowhere."""

ENGINES = (
    "engines",
    "openrouter_model",
    "gemini_model",
    "openai_model",
    "compatible_base_url",
    "compatible_model",
    *_SHARED_KEYS,
    "compatible_api_key",
)
"""Settings the hosted engines are built from; with a change they are built anew."""

PAINTERS = (
    "image_engines",
    "openai_image_model",
    "openai_image_quality",
    "gemini_image_model",
    "openrouter_image_model",
    "pollinations_model",
    "pollinations_api_key",
    "compatible_image_base_url",
    "compatible_image_model",
    "compatible_image_api_key",
    *_SHARED_KEYS,
)
"""The same of the engines that draw; three keys are shared."""


class WrongSetting(Refused):
    """A value no setting can have; ``name`` says which one, '' when several do not go together."""

    def __init__(self, name: str, expected: str) -> None:
        super().__init__(expected)
        self.name = name


def stored(session: Session) -> dict[str, ShopSetting]:
    """What was changed, by name."""
    return {
        one.name: one for one in session.scalars(select(ShopSetting)) if one.name in (*EDITABLE, *ENGINES, *PAINTERS)
    }


def values(session: Session, vault: Vault) -> dict[str, str]:
    """The same, the values alone and the secrets opened; one that this vault cannot open is left out."""
    return _opened(stored(session), vault)


def _opened(rows: Mapping[str, ShopSetting], vault: Vault) -> dict[str, str]:
    plain = {}
    for name, row in rows.items():
        with suppress(ConfigurationError):  # sealed with a vault.key that is gone: the doctor tells
            plain[name] = vault.open(row.value) if name in SEALED and row.value else row.value
    return plain


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


def change(
    session: Session,
    environment: Settings,
    vault: Vault,
    wanted: Mapping[str, str],
    *,
    among: Sequence[str] = EDITABLE,
    by: str,
    now: datetime,
) -> list[str]:
    """Store what differs from what is in force, and forget what is again as the environment has it; the names changed.

    Raises WrongSetting, and Refused for a setting that is not ``among`` those edited here.
    """
    if unknown := wanted.keys() - set(among):
        raise Refused(f"{', '.join(sorted(unknown))}: это здесь не меняют.")
    before = stored(session)
    plain = _opened(before, vault)
    current = laid_over(environment, plain)
    after = checked(environment, plain | dict(wanted))
    lost = before.keys() - plain.keys()
    changed = [name for name in wanted if name in lost or getattr(after, name) != getattr(current, name)]
    for name in changed:
        row = before.get(name)
        if getattr(after, name) == getattr(environment, name):
            if row is not None:
                session.delete(row)
            continue
        if row is None:
            row = ShopSetting(name=name)
            session.add(row)
        value = written(getattr(after, name))
        row.value = vault.seal(value) if name in SEALED and value else value
        row.changed_at, row.changed_by = now, by
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
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return value.isoformat() if isinstance(value, date) else str(value)


def told(name: str, value: Any) -> str:
    """A value as it may be told: of a secret only whether there is one."""
    if name in SEALED:
        return "set" if value else "unset"
    return repr(written(value))
