"""Dates and times as people of the shop say them."""

from datetime import date, datetime

_MONTHS = (
    "января", "февраля", "марта", "апреля", "мая", "июня",
    "июля", "августа", "сентября", "октября", "ноября", "декабря",
)  # fmt: skip
_WEEKDAYS = ("понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье")
_PLACES = {"Asia/Almaty": "время Астаны"}


def spoken(at: datetime) -> str:
    """``15 октября в 14:30 (время Астаны)``; ``at`` carries the shop's zone."""
    return f"{at.day} {_MONTHS[at.month - 1]} в {at:%H:%M} ({_place(at)})"


def spoken_day(day: date) -> str:
    """``15 октября``."""
    return f"{day.day} {_MONTHS[day.month - 1]}"


def spoken_now(at: datetime) -> str:
    """``среда, 15 октября 2025, 14:30 (время Астаны)``: what a model must know of the present moment."""
    return f"{_WEEKDAYS[at.weekday()]}, {at.day} {_MONTHS[at.month - 1]} {at.year}, {at:%H:%M} ({_place(at)})"


def _place(at: datetime) -> str:
    offset = f"{at:%z}"
    return _PLACES.get(str(at.tzinfo)) or f"UTC{offset[:3]}:{offset[3:]}"
