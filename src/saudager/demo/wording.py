"""How the demo page puts times, amounts and states into Russian words."""

from datetime import datetime
from decimal import Decimal

from saudager.agent.traces import Asked
from saudager.agent.wording import DEEDS, FAULTS, SILENCES
from saudager.attention import Why
from saudager.contracts import Kind
from saudager.engines.notices import TITLES

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
_PICTURE = "Картинка"
_CONCERNS = {
    Why.TOO_LATE: "Слишком поздно отвечать",
    Why.NOT_DELIVERED: "Сообщение не доставлено",
    Why.UNSETTLED: "Неизвестно, дошло ли сообщение",
    Why.UNCLEAR_CONTACT: "Непонятно, клиент ли это",
    Why.VOICE_NOT_HEARD: "Голосовое не расшифровано",
    Why.NO_ANSWER_FOUND: "В документах нет ответа",
    Why.TURN_FAILED: "Не получилось ответить",
    Why.ACCOUNT: "Номер не работает",
    Why.DOCUMENT: "Документ не читается",
    Why.ENGINE: "Модель не отвечает",
    Why.SHOP: "Заказы не читаются",
    Why.CRM: "CRM ждёт человека",
    Why.OUTREACH: "Рассылки остановлены",
    Why.HANDED_OVER: "Передано человеку",
    Why.REPEATS_ITSELF: "Пишут одно и то же",
    Why.DRAFT: "Черновик на проверку",
    Why.TRUSTED: "Продавец отвечает сам",
    Why.LETTER: "Письмо ждёт человека",
    Why.AUTOMATION: "Правило или сценарий не сработал",
    Why.TASK: "Задача",
    Why.SYSTEM_MAIL: "Письмо оператору не дошло",
    Why.MACHINE: "Программа нездорова",
}


def mark_of(kind: Kind, *, is_ours: bool) -> str | None:
    """What a line is besides words; what the salesperson shows is no photo."""
    return _PICTURE if is_ours and kind is Kind.IMAGE else KINDS.get(kind)


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
    return f"{_grouped(number)} {form}"


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
    if reason in SILENCES:
        return SILENCES[reason]
    if reason and reason.startswith("not_delivered"):
        return f"ответ не доставлен: {reason.partition(': ')[2]}"
    return f"не получилось: {reason.removeprefix('failed: ')}" if reason else "причина не записана"


def _decimal(value: float) -> str:
    return f"{value:.1f}".replace(".", ",").removesuffix(",0")


def tokens(call: Asked) -> str:
    """``1 204 токена: 1 119 в запросе (900 из кэша), 85 в ответе``"""
    cached = f" ({_grouped(call.tokens_cached)} из кэша)" if call.tokens_cached else ""
    spent = count(call.tokens_in + call.tokens_out, "токен", "токена", "токенов")
    return f"{spent}: {_grouped(call.tokens_in)} в запросе{cached}, {_grouped(call.tokens_out)} в ответе"


def dollars(usd: Decimal | None) -> str:
    """``0,0004 $``: two figures that mean something, however small the sum; more than a dollar to the cent."""
    if usd is None:
        return "цена неизвестна"
    if not usd:
        return "0 $"
    places = 2 if usd >= 1 else max(2, 1 - usd.adjusted())
    whole, _, cents = f"{usd:.{places}f}".partition(".")
    return f"{whole},{cents.rstrip('0').ljust(2, '0')} $"


def altogether(calls: Asked) -> str:
    """``всего 1 204 токена, 0,0004 $, 2,3 с``"""
    spent = count(calls.tokens_in + calls.tokens_out, "токен", "токена", "токенов")
    return f"всего {spent}, {dollars(calls.usd)}, {took(calls.milliseconds)}"


def engine(name: str) -> str:
    """An engine as a merchant knows it."""
    return "офлайн-модель" if name == "offline" else TITLES.get(name, name)


def judged_by(name: str) -> str:
    """Who made up his mind about a contact; an empty name when that was settled before."""
    if not name:
        return "так решено раньше"
    return "по правилам, без сети" if name == "offline" else f"решила модель {engine(name)}"


def fault(kind: str) -> str:
    """Why a model gave nothing usable."""
    return FAULTS.get(kind, kind)


def deed(kind: str) -> str:
    """What the salesperson wanted done."""
    return DEEDS.get(kind, kind)


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", "\u00a0")
