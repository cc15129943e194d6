"""Nobody is disturbed at night, wherever his number may be."""

from datetime import UTC, datetime

import pytest

from saudager.outreach import hours
from saudager.outreach.hours import next_open
from saudager.settings import Settings

NOON_IN_ALMATY = datetime(2026, 3, 11, 7, tzinfo=UTC)


def shop(**values: object) -> Settings:
    return Settings(_env_file=None, **values)


@pytest.mark.parametrize(
    ("phone", "at", "opens"),
    [
        ("77010000001", "07:00", "07:00"),  # a mobile number of Kazakhstan, which has one time
        ("77010000001", "04:59", "05:00"),
        ("77010000001", "15:00", "05:00 tomorrow"),
        ("77172000001", "16:00", "05:00 tomorrow"),  # a telephone of Astana
        ("74951234567", "04:00", "07:00"),  # Moscow
        ("12025550123", "07:00", "14:00"),  # Washington, summer time
        ("998901234567", "04:30", "05:00"),
        ("351912345678", "09:00", "11:00"),  # a mobile number of Portugal: the Azores open an hour later, at eleven
        (None, "15:30", "05:00 tomorrow"),  # no number: the shop's own zone
    ],
)
def test_the_hours_are_those_of_every_zone_the_number_may_be_in(phone, at, opens):
    now = datetime.fromisoformat(f"2026-03-11T{at}:00+00:00")
    day = 12 if "tomorrow" in opens else 11
    expected = datetime.fromisoformat(f"2026-03-{day}T{opens[:5]}:00+00:00")
    assert next_open(phone, now, shop()) == expected


@pytest.mark.parametrize("phone", ["447700900123", "15551234567", "88001234567", "12", "not a number"])
def test_a_number_that_tells_no_zone_is_closed_for_ever(phone):
    assert next_open(phone, NOON_IN_ALMATY, shop()) is None


def test_a_mobile_number_of_a_country_too_wide_for_common_hours_is_closed():
    assert next_open("79161234567", NOON_IN_ALMATY, shop()) is None
    wide = shop(outreach_hours="08:00-22:00")  # both of Kaliningrad and of Kamchatka
    assert next_open("79161234567", NOON_IN_ALMATY, wide) == NOON_IN_ALMATY
    assert next_open("79161234567", NOON_IN_ALMATY.replace(hour=11), wide) == NOON_IN_ALMATY.replace(day=12, hour=6)


@pytest.mark.parametrize("hours", ["22:00-02:00", "18:00-09:00", "00:00-00:00", "10:00-10:00"])
def test_no_shop_writes_to_people_at_night(hours):
    with pytest.raises(ValueError, match="outreach_hours"):
        shop(outreach_hours=hours)


def test_everything_is_closed_when_the_zones_cannot_be_read(monkeypatch):
    monkeypatch.setattr(hours.resources, "files", lambda package: _nothing())
    for remembered in (hours._zones_of, hours._zones_by_country):
        remembered.cache_clear()
    assert next_open("77010000001", NOON_IN_ALMATY, shop()) is None
    monkeypatch.undo()
    assert next_open("77010000001", NOON_IN_ALMATY, shop()) == NOON_IN_ALMATY


def _nothing():
    raise FileNotFoundError("tzdata")
