"""How the console writes moments, money and phone numbers in the reader's language and the shop's time zone."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
from babel.dates import format_date, format_time
from babel.numbers import format_decimal

from saudager import templates
from saudager.contracts import MAILBOX, is_mailbox

PACKAGE = "saudager.console"
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


_CHANNELS = {
    "wappi": "WhatsApp",
    "waha": "WhatsApp",
    "whatsapp_cloud": "WhatsApp",
    "kommo_talks": "Kommo",
    "mirror": "Kommo",
    "simulator": "Телефон для пробы",
}


@dataclass(frozen=True, slots=True)
class Wording:
    """Words for one reader at one moment; the methods are names in every template."""

    language: str
    zone: ZoneInfo
    moment: datetime

    def say(self, text: str, **values: Any) -> str:
        """The text in the reader's language; ``text`` is Russian and stands literally where it is said."""
        return templates.say(PACKAGE, self.language, text, **values)

    def channel(self, account: str) -> str:
        """An account as a merchant knows it."""
        if is_mailbox(account):
            return account.removeprefix(MAILBOX)
        return self.say(_CHANNELS.get(account.partition(":")[0], account))

    def clock(self, moment: datetime) -> str:
        """12:03"""
        return format_time(moment.astimezone(self.zone), "HH:mm", locale=self.language)

    def day(self, moment: datetime) -> str:
        """среда, 11 марта; with the year when it is not this one."""
        local = moment.astimezone(self.zone)
        shape = "EEEE, d MMMM" if local.year == self._today.year else "d MMMM y"
        return format_date(local, shape, locale=self.language)

    def when(self, moment: datetime) -> str:
        """12:03, вчера 12:03, завтра 12:03, 11 мар., 12:03"""
        local = moment.astimezone(self.zone)
        distance = (local.date() - self._today.date()).days
        near = {0: "", -1: self.say("вчера"), 1: self.say("завтра")}
        if distance in near:
            return f"{near[distance]} {self.clock(moment)}".strip()
        shape = "d MMM" if local.year == self._today.year else "d MMM y"
        return f"{format_date(local, shape, locale=self.language)}, {self.clock(moment)}"

    def ago(self, moment: datetime) -> str:
        """How long it has been: 4 мин, 2 ч, 3 дн."""
        return self.span(self.moment - moment)

    def span(self, span: timedelta) -> str:
        """4 мин, 2 ч, 3 дн.; under a minute: меньше минуты."""
        if span < _MINUTE:
            return self.say("меньше минуты")
        if span < _HOUR:
            return self.say("%(n)s мин", n=span // _MINUTE)
        if span < 2 * _DAY:
            return self.say("%(n)s ч", n=span // _HOUR)
        return self.say("%(n)s дн.", n=span // _DAY)

    def number(self, amount: int | float | Decimal) -> str:
        """131 000"""
        return format_decimal(amount, locale=self.language)

    def money(self, amount: int | float | Decimal, currency: str = "₸") -> str:
        """131 000 ₸"""
        return f"{format_decimal(amount, format='#,##0.##', locale=self.language)}\N{NO-BREAK SPACE}{currency}"

    def phone(self, number: str | None) -> str:
        """+7 701 000-00-01; what is no phone number stays as it is, nothing is «»."""
        if not number:
            return ""
        try:
            parsed = phonenumbers.parse(f"+{number.lstrip('+')}")
        except phonenumbers.NumberParseException:
            return number
        return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)

    @property
    def _today(self) -> datetime:
        return self.moment.astimezone(self.zone)

    def names(self) -> dict[str, Any]:
        """What every template may call."""
        shown = ("clock", "day", "when", "ago", "span", "number", "money", "phone", "channel")
        return {name: getattr(self, name) for name in shown} | {
            "zone": self.zone,
            "now": self.moment,
        }
