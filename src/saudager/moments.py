"""Dates and times as people of the shop say them."""

from datetime import date, datetime
from typing import Literal

_MONTHS = (
    "января", "февраля", "марта", "апреля", "мая", "июня",
    "июля", "августа", "сентября", "октября", "ноября", "декабря",
)  # fmt: skip
_MONTHS_IN_KAZAKH = (
    "қаңтар", "ақпан", "наурыз", "сәуір", "мамыр", "маусым",
    "шілде", "тамыз", "қыркүйек", "қазан", "қараша", "желтоқсан",
)  # fmt: skip
_MONTHS_IN_ENGLISH = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_WEEKDAYS = ("понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье")
_ON_WEEKDAYS = (
    "в понедельник", "во вторник", "в среду", "в четверг", "в пятницу", "в субботу", "в воскресенье",
)  # fmt: skip
_WEEKDAYS_IN_KAZAKH = ("дүйсенбі", "сейсенбі", "сәрсенбі", "бейсенбі", "жұма", "сенбі", "жексенбі")
_WEEKDAYS_IN_ENGLISH = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_PLACES = {"Asia/Almaty": {"ru": "время Астаны", "kk": "Астана уақыты", "en": "Astana time"}}


def spoken(at: datetime, language: Literal["ru", "kk", "en"] = "ru") -> str:
    """``в среду, 18 марта, в 15:30 (время Астаны)``; ``at`` carries the shop's zone."""
    weekday, month, place = at.weekday(), at.month - 1, _place(at, language)
    if language == "kk":
        return f"{_WEEKDAYS_IN_KAZAKH[weekday]}, {at.day} {_MONTHS_IN_KAZAKH[month]}, сағат {at:%H:%M} ({place})"
    if language == "en":
        return f"on {_WEEKDAYS_IN_ENGLISH[weekday]}, {at.day} {_MONTHS_IN_ENGLISH[month]}, at {at:%H:%M} ({place})"
    return f"{_ON_WEEKDAYS[weekday]}, {at.day} {_MONTHS[month]}, в {at:%H:%M} ({place})"


def spoken_day(day: date, language: Literal["ru", "kk", "en"] = "ru") -> str:
    """``15 октября``, ``15 қазан``, ``15 October``."""
    months = {"ru": _MONTHS, "kk": _MONTHS_IN_KAZAKH, "en": _MONTHS_IN_ENGLISH}[language]
    return f"{day.day} {months[day.month - 1]}"


def spoken_now(at: datetime) -> str:
    """``среда, 15 октября 2025, 14:30 (время Астаны)``: what a model must know of the present moment."""
    return f"{_WEEKDAYS[at.weekday()]}, {at.day} {_MONTHS[at.month - 1]} {at.year}, {at:%H:%M} ({_place(at, 'ru')})"


def _place(at: datetime, language: str) -> str:
    offset = f"{at:%z}"
    names = _PLACES.get(str(at.tzinfo))
    return names[language] if names else f"UTC{offset[:3]}:{offset[3:]}"
