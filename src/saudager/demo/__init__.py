"""The demo: a made-up shop in one process, and a page where the visitor is its customer and sees why it answers so."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from ipaddress import ip_address
from typing import TYPE_CHECKING

from saudager.app import App
from saudager.errors import ConfigurationError
from saudager.lifetime import until_told_to_stop

if TYPE_CHECKING:
    from fastapi import FastAPI

    from saudager.demo.sample_customers import Customer


async def run(
    app: App,
    services: AbstractAsyncContextManager[None],
    open_console: Callable[["FastAPI"], None],
    *,
    customers: "Sequence[Customer]" = (),
    host: str = "127.0.0.1",
    port: int = 8000,
    on_ready: Callable[[str], None] = lambda address: None,
) -> None:
    """Show the demo until SIGINT, SIGTERM or cancellation; ``on_ready`` is told the page's address once it answers.

    ``app`` has a MovableClock and the simulator among its channels; ``services`` (``services.running(app, …)``) is
    entered as soon as the documents are read, and ``open_console`` puts the shop's console on the page's site. The
    page answers before that. ``customers`` have written when it is opened for the first time. Raises ConfigurationError
    for a host that is not loopback and for a port that is taken.
    """
    _require_loopback(host)
    from saudager.demo.page import make_page
    from saudager.demo.shop import open_demo
    from saudager.web import serve

    demo = await open_demo(app, customers)
    await until_told_to_stop(serve(make_page(demo, open_console), host, port, on_ready=on_ready), demo.work(services))


def _require_loopback(host: str) -> None:
    try:
        is_loopback = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise ConfigurationError(
            f"HOST holds {host!r}: expected 127.0.0.1, ::1 or localhost, because the demo has no sign-in"
        )
