"""Every connected account has its loops running: polled, watched, told where to call; those that come and go too."""

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from typing import Any, cast

from saudager import lifetime
from saudager.app import App
from saudager.gateway import polling, watching, webhooks
from saudager.providers.channels import Channel, PolledChannel, PushedChannel

_Running = dict[str, tuple[Channel, list["asyncio.Task[None]"]]]


async def keep_connected(app: App) -> None:
    """Start what the open channels need and stop what is no longer open, for ever."""
    running: _Running = {}
    try:
        while True:
            app.channels_changed.clear()
            await _stop(
                running, [name for name, (channel, _) in running.items() if app.channels.get(name) is not channel]
            )
            for name, channel in app.channels.items():
                if name not in running:
                    running[name] = channel, [asyncio.create_task(loop) for loop in _loops(app, name, channel)]
            await app.channels_changed.wait()
    finally:
        await _stop(running, list(running))


async def _stop(running: _Running, names: Sequence[str]) -> None:
    await lifetime.end([loop for name in names for loop in running[name][1]])
    for name in names:
        await running[name][0].close()
        del running[name]


def _loops(app: App, name: str, channel: Channel) -> Iterator[Coroutine[Any, Any, None]]:
    if hasattr(channel, "chats"):
        yield polling.keep_polling(app, name, cast(PolledChannel, channel))
    elif hasattr(channel, "read"):
        yield watching.keep_watching(app, name, channel)
    if app.settings.public_url and hasattr(channel, "subscribe"):
        yield webhooks.subscribe(app, name, cast(PushedChannel, channel))
