"""A real HTTP server on a free loopback port, and an address where there is none."""

import socket

from saudager.bench.serving import Asgi, Message, Receive, Send, cut, served, until_disconnected

__all__ = ["Asgi", "Message", "Receive", "Send", "cut", "refused_url", "served", "until_disconnected"]


def refused_url() -> str:
    """An address of this machine where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        return f"http://127.0.0.1:{closed.getsockname()[1]}"
