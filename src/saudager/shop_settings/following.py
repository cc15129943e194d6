"""Keeping a process to the shop's settings, whichever process they were changed in."""

import asyncio
import logging

from saudager import shop_settings
from saudager.app import App
from saudager.errors import SaudagerError
from saudager.settings import Settings

_log = logging.getLogger(__name__)
_LOOK_EVERY = 2.0


async def catch_up(app: App) -> None:
    """Take the stored settings over, if any of them changed; raises ConfigurationError for a budget that cannot be
    counted here. Engines that are built anew answer the next question; what is being asked is asked to its end."""
    settings = shop_settings.laid_over(app.environment, await app.db.read(shop_settings.values, app.vault))
    if settings == app.settings:
        return
    if _differ(settings, app.settings, *shop_settings.ENGINES):
        app.reset_engines(settings)
    elif _differ(settings, app.settings, "daily_budget", "usd_rate"):
        app.reset_budget(settings)
    if _differ(settings, app.settings, *shop_settings.PAINTERS):
        app.reset_painters(settings)
    app.settings = settings


def _differ(one: Settings, other: Settings, *names: str) -> bool:
    return any(getattr(one, name) != getattr(other, name) for name in names)


async def keep_following(app: App) -> None:
    """Look every other second, for ever, for what another process stored."""
    while True:
        await asyncio.sleep(_LOOK_EVERY)
        try:
            await catch_up(app)
        except SaudagerError as error:
            _log.warning("shop settings: %s", error)
