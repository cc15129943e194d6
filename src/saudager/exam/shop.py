"""What an exam needs of the running shop it examines."""

from collections.abc import Sequence
from typing import Protocol

from saudager.app import App
from saudager.clock import MovableClock
from saudager.providers.channels import Line


class Phone(Protocol):
    """The customers' phones."""

    def chat(self, chat: str, /) -> Sequence[Line]:
        """Every line of a chat, oldest first."""
        ...


class Shop(Protocol):
    """The running shop an exam is taken by; its clock stands still unless it is moved."""

    app: App

    @property
    def phone(self) -> Phone: ...

    @property
    def clock(self) -> MovableClock: ...

    async def ask_as_customer(self, question: str, *, chat: str) -> list[str]:
        """What a known customer, who writes for the first time, is answered."""
        ...

    async def customer_says(self, *texts: str | None, chat: str, name: str) -> object:
        """Lines typed on a customer's phone at this moment; returns once the gateway has them."""
        ...
