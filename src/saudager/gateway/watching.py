"""Ask a messenger that is never polled whether it still takes our messages: nobody tells when a key has ended."""

import logging
from datetime import timedelta

from saudager.app import App
from saudager.errors import SaudagerError
from saudager.gateway import accounts
from saudager.providers.channels import Channel

_log = logging.getLogger(__name__)
_EVERY = timedelta(minutes=5)


async def keep_watching(app: App, name: str, channel: Channel) -> None:
    """Pause the account when the messenger says it cannot send, and resume it when it can again, for ever."""
    while True:
        try:
            status = await channel.status()
            await app.db.run(accounts.note_status, name, status, now=app.clock.now())
        except Exception as error:
            _log.warning("%s does not say how it is: %r", name, error, exc_info=not isinstance(error, SaudagerError))
        await app.clock.sleep_until(app.clock.now() + _EVERY)
