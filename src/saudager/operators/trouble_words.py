"""What people are told when the program is not well, and when it is again, in their language."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from saudager import templates
from saudager.ailments import Ill
from saudager.operators.models import Trouble
from saudager.settings import Settings

PACKAGE = "saudager.operators"
RUNNING = "running"

_WHAT = {
    Ill.DATABASE: "База данных не принимает записи",
    Ill.DISK: "Место на диске кончается",
    Ill.QUEUE: "Очередь %(name)s никто не разбирает",
    Ill.DEAD_LETTERS: "Очередь %(name)s: много сообщений не удалось обработать",
    Ill.ERRORS: "В журнале программы много ошибок",
    Ill.BROKER: "Брокер сообщений не отвечает",
    Ill.GATEWAY: "Шлюз не отвечает: сообщения не приходят и не уходят",
    Ill.AGENT: "Продавец не отвечает: клиентам никто не пишет, консоль закрыта",
    Ill.REFUSED: "«%(name)s» не отправляет и не принимает",
    Ill.SILENT: "«%(name)s» не отвечает, новые сообщения не читаются",
    Ill.RESTRICTED: "«%(name)s» может только отвечать: начинать разговоры мессенджер не даёт",
    Ill.SHOP: "Заказы магазина «%(name)s» не читаются",
    Ill.CRM: "CRM «%(name)s» не читается",
    Ill.ENGINE: "Модель %(name)s не отвечает",
    Ill.BUDGET: "Дневной лимит на модели исчерпан",
}
_BEGAN = "%(what)s (с %(since)s)"
_OVER = "Снова в порядке: %(what)s (было с %(since)s до %(until)s)"
_WAS_DOWN = (
    "Продавец не работал с %(since)s до %(until)s: программа или компьютер были выключены, либо база данных не "
    "принимала записи. Что пришло за это время, обрабатывается сейчас."
)
_NOT_WELL = "Программа нездорова"
_START_IT = "Запустите продавца (saudager agent). Новые сообщения ждут его и не теряются."
_LONGEST_REASON = 300


def message(begun: Sequence[Trouble], ended: Sequence[Trouble], settings: Settings) -> str:
    """All of it for the shop's phone."""
    told = [f"• {line}" for line in lines(begun, ended, "ru", settings.zone)]
    where = [f"Что делать, сказано в консоли, «Сегодня»: {settings.console_address}"] if begun else []
    return "\n".join([settings.shop_name or "Saudager", *told, *where])


def farewell(language: str, settings: Settings) -> str:
    """What is said when no agent runs, by whoever still does."""
    silent = templates.say(PACKAGE, language, _WHAT[Ill.AGENT])
    return f"{settings.shop_name or 'Saudager'}\n• {silent}\n{templates.say(PACKAGE, language, _START_IT)}"


def farewell_subject(language: str) -> str:
    return templates.say(PACKAGE, language, _NOT_WELL)


def what(trouble: Trouble, language: str) -> str:
    """What is not well, in half a sentence."""
    return templates.say(PACKAGE, language, _WHAT[Ill(trouble.ill)], name=trouble.name)


def began(trouble: Trouble, language: str, zone: ZoneInfo) -> str:
    """That it is so since then, and what the vendor or the machine says of it."""
    values = {"what": what(trouble, language), "since": _at(trouble.since, zone)}
    reason = trouble.reason[:_LONGEST_REASON]
    return templates.say(PACKAGE, language, _BEGAN, **values) + (f". {reason}" if reason else "")


def over(trouble: Trouble, language: str, zone: ZoneInfo) -> str:
    """That it is so no more."""
    values = {"since": _at(trouble.since, zone), "until": _at(trouble.seen_at, zone)}
    if trouble.about.startswith(RUNNING):
        return templates.say(PACKAGE, language, _WAS_DOWN, **values)
    return templates.say(PACKAGE, language, _OVER, what=what(trouble, language), **values)


def lines(begun: Sequence[Trouble], ended: Sequence[Trouble], language: str, zone: ZoneInfo) -> Iterator[str]:
    """One for each."""
    for trouble in begun:
        yield began(trouble, language, zone)
    for trouble in ended:
        yield over(trouble, language, zone)


def _at(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%d.%m %H:%M}"
