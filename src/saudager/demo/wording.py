"""How the demo page puts times, amounts and states into Russian words."""

from datetime import datetime

from saudager.attention import Why
from saudager.contracts import Kind

_WEEKDAYS = ("пн", "вт", "ср", "чт", "пт", "сб", "вс")
_MONTHS = ("января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября",
           "декабря")  # fmt: skip

KINDS = {
    Kind.VOICE: "Голосовое сообщение",
    Kind.IMAGE: "Фото",
    Kind.VIDEO: "Видео",
    Kind.DOCUMENT: "Документ",
    Kind.STICKER: "Стикер",
    Kind.LOCATION: "Геопозиция",
    Kind.CONTACT: "Контакт",
    Kind.POLL: "Опрос",
    Kind.MISSED_CALL: "Пропущенный звонок",
    Kind.DELETION: "Сообщение удалено",
    Kind.OTHER: "Сообщение другого вида",
}
_CONCERNS = {
    Why.TOO_LATE: "Слишком поздно отвечать",
    Why.NOT_DELIVERED: "Сообщение не доставлено",
    Why.UNSETTLED: "Неизвестно, дошло ли сообщение",
    Why.UNCLEAR_CONTACT: "Непонятно, клиент ли это",
    Why.NO_ANSWER_FOUND: "В документах нет ответа",
    Why.TURN_FAILED: "Не получилось ответить",
    Why.ACCOUNT: "Номер не работает",
    Why.DOCUMENT: "Документ не читается",
}
_SILENCES = {
    "not_a_client": "это не клиент, отвечать не нужно",
    "unclear_contact": "непонятно, клиент ли это: решит человек",
    "too_late": "сообщение слишком старое, чтобы отвечать без человека",
    "person_spoke": "ответил человек",
    "deleted": "сообщение удалено",
}


def clock(moment: datetime) -> str:
    """``12:04``"""
    return f"{moment:%H:%M}"


def day(moment: datetime) -> str:
    """``ср, 11 марта``"""
    return f"{_WEEKDAYS[moment.weekday()]}, {moment.day} {_MONTHS[moment.month - 1]}"


def day_and_clock(moment: datetime) -> str:
    """``ср, 11 марта, 12:04``"""
    return f"{day(moment)}, {clock(moment)}"


def took(milliseconds: float) -> str:
    """``1,5 с``, ``12 мс``, ``0,4 мс``"""
    if milliseconds >= 1000:
        return f"{_decimal(milliseconds / 1000)} с"
    return f"{_decimal(milliseconds) if milliseconds < 10 else round(milliseconds)} мс"


def share(value: float) -> str:
    """``0,97``"""
    return f"{value:.2f}".replace(".", ",")


def count(number: int, one: str, few: str, many: str) -> str:
    """``1 документ``, ``3 документа``, ``12 000 документов``"""
    tens, ones = number % 100, number % 10
    form = one if ones == 1 else few if 2 <= ones <= 4 else many
    if 11 <= tens <= 14:
        form = many
    return f"{number:,} {form}".replace(",", " ")


def phone(digits: str) -> str:
    """``+7 701 000 00 01``; what is no eleven digits stays as it is."""
    if len(digits) != 11 or not digits.isdigit():
        return digits
    return f"+{digits[0]} {digits[1:4]} {digits[4:7]} {digits[7:9]} {digits[9:]}"


def concern(kind: str) -> str:
    """What a person is asked to look at."""
    return _CONCERNS[Why(kind)]


def silence(reason: str | None) -> str:
    """Why nothing was said: the stored reason in words."""
    if reason in _SILENCES:
        return _SILENCES[reason]
    if reason and reason.startswith("not_delivered"):
        return f"ответ не доставлен: {reason.partition(': ')[2]}"
    return f"не получилось: {reason.removeprefix('failed: ')}" if reason else "причина не записана"


def _decimal(value: float) -> str:
    return f"{value:.1f}".replace(".", ",").removesuffix(",0")
