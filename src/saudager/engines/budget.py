"""The day's money for hosted engines: what is left of it, and when a person must hear of it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal

from saudager.engines import notices

_log = logging.getLogger(__name__)
_WARN_AT = Decimal("0.8")


class Budget:
    """A cap in US dollars for one day of the shop. Calls under way hold a reserve, so that many at once pass the cap
    by one call at most; an engine that costs nothing is never held back.
    """

    def __init__(self, written: str, usd_rate: float | None, *, stand_in: str = notices.OFFLINE) -> None:
        """``written`` is ``3 USD`` or ``1500 KZT``, ``usd_rate`` the price of a dollar in a currency that is not USD,
        ``stand_in`` who answers when the money is spent."""
        amount, self.currency = written.split()
        self._rate = Decimal(1) if self.currency == "USD" else Decimal(str(usd_rate))
        self._stand_in = stand_in
        self.written = written
        self.cap = Decimal(amount) / self._rate
        self.day: date | None = None
        self.spent = Decimal(0)
        self._reserved = Decimal(0)
        self._told: str | None = ""

    def begin(self, day: date, spent: Decimal) -> None:
        """Count a new day, of which ``spent`` is known."""
        self.day, self.spent, self._told = day, spent, ""

    def allows(self, estimate: Decimal) -> bool:
        return estimate == 0 or self.spent + self._reserved < self.cap

    @contextmanager
    def reserve(self, estimate: Decimal) -> Iterator[None]:
        """Hold money for a call under way."""
        self._reserved += estimate
        try:
            yield
        finally:
            self._reserved -= estimate

    def charge(self, cost: Decimal, day: date) -> None:
        if day == self.day:
            self.spent += cost

    def learn(self, spent: Decimal, day: date) -> None:
        """What the database holds, other processes' calls included."""
        if day == self.day:
            self.spent = max(self.spent, spent)

    def as_money(self) -> str:
        """What is spent today, in the cap's currency."""
        return f"{self.spent * self._rate:.2f} {self.currency}"

    def news(self) -> dict[str, str | None]:
        """What to put on a person's desk (None takes it off), once for every change."""
        told = self._sentence()
        if told == self._told:
            return {}
        self._told = told
        if told is not None:
            _log.log(logging.CRITICAL if self.spent >= self.cap else logging.WARNING, "%s", told)
        return {notices.about("budget"): told}

    def _sentence(self) -> str | None:
        if self.spent >= self.cap:
            return notices.money_spent(self.written, self._stand_in)
        if self.spent >= self.cap * _WARN_AT:
            return notices.money_nearly_spent(self.written, self._stand_in)
        return None
