"""The hours in which a customer may be disturbed, by the clock on his own wall; what is not known is closed."""

import logging
from collections import defaultdict
from datetime import UTC, datetime, time, timedelta
from functools import cache, lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import timezone

from saudager.settings import Settings

_log = logging.getLogger(__name__)
_DAYS_AHEAD = 3
_UNREADABLE = (OSError, LookupError, ValueError, ImportError)


def next_open(phone: str | None, now: datetime, settings: Settings) -> datetime | None:
    """The first moment from ``now`` on at which OUTREACH_HOURS are open wherever the number may be; None: never.

    A mobile number may be anywhere in its country, so the hours count that all time zones of the country share. Without
    a number the shop's zone counts. Never: the number's zone is unknown, its zones share no hours, or the time zone
    data cannot be read.
    """
    try:
        zones = _zones_of(phone) if phone else (settings.timezone,)
        return _opening(zones, settings.outreach_hours, now) if zones else None
    except _UNREADABLE as error:
        _log.warning("time zones cannot be read, so nobody is written to unasked: %r", error)
        return None


@lru_cache(maxsize=1024)
def _opening(names: tuple[str, ...], hours: str, now: datetime) -> datetime | None:
    begins, ends = (time.fromisoformat(part) for part in hours.split("-"))
    zones = [ZoneInfo(name) for name in names]
    openings = {
        datetime.combine(now.astimezone(zone).date() + timedelta(days=day), begins, zone).astimezone(UTC)
        for zone in zones
        for day in range(_DAYS_AHEAD)
    }
    for at in (now, *sorted(opening for opening in openings if opening > now)):
        if all(begins <= at.astimezone(zone).time() < ends for zone in zones):
            return at
    return None


@lru_cache(maxsize=65_536)
def _zones_of(phone: str) -> tuple[str, ...]:
    """The names of all time zones the number may be in; empty when it tells nothing.

    ``phonenumbers`` knows the zones of a mobile number only by its calling code, which Kazakhstan shares with Russia
    and Kamchatka; its country is known better.
    """
    try:
        number = phonenumbers.parse(f"+{phone.lstrip('+')}")
    except phonenumbers.NumberParseException:
        return ()
    told = tuple(timezone.time_zones_for_number(number))
    if timezone.UNKNOWN_TIMEZONE in told:
        return ()
    if phonenumbers.is_number_geographical(number):
        return told
    return _zones_by_country().get(phonenumbers.region_code_for_number(number) or "", ())


@cache
def _zones_by_country() -> dict[str, tuple[str, ...]]:
    """From IANA's table of zones: https://data.iana.org/time-zones/tzdb/zone.tab (read 2026-11)."""
    found = defaultdict(list)
    table = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    for line in table.splitlines():
        if line and not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            found[country].append(zone)
    return {country: tuple(zones) for country, zones in found.items()}
