"""What the letters about an operator's account say, in his language; the same words as text and as HTML."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from saudager import templates
from saudager.operators.models import Operator

PACKAGE = "saudager.operators"


class Mail(StrEnum):
    """The kinds of letters."""

    CONFIRM_ADDRESS = "confirm_address"
    RESET_PASSWORD = "reset_password"  # noqa: S105
    INVITATION = "invitation"
    NEW_SIGN_IN = "new_sign_in"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    ADDRESS_CHANGED = "address_changed"
    SECOND_FACTOR_ON = "second_factor_on"
    SECOND_FACTOR_OFF = "second_factor_off"
    TROUBLE = "trouble"
    TROUBLE_OVER = "trouble_over"


_SUBJECTS = {
    Mail.CONFIRM_ADDRESS: "Подтвердите адрес почты",
    Mail.RESET_PASSWORD: "Новый пароль для консоли",
    Mail.INVITATION: "Вас пригласили в консоль",
    Mail.NEW_SIGN_IN: "Вход с нового устройства",
    Mail.PASSWORD_CHANGED: "Пароль изменён",
    Mail.ADDRESS_CHANGED: "Адрес почты изменён",
    Mail.SECOND_FACTOR_ON: "Второй шаг входа включён",
    Mail.SECOND_FACTOR_OFF: "Второй шаг входа выключен",
    Mail.TROUBLE: "Программа нездорова",
    Mail.TROUBLE_OVER: "Программа снова в порядке",
}
_HAPPENED = {
    Mail.CONFIRM_ADDRESS: "Этот адрес указали для входа «%(login)s» в консоль продавца. Войдите и подтвердите, что он "
    "ваш. Ссылка действует один раз и сутки.",
    Mail.RESET_PASSWORD: "Кто-то, возможно вы, попросил новый пароль для входа «%(login)s». Выберите его по ссылке. "
    "Она действует один раз и час.",
    Mail.INVITATION: "Вас пригласили в консоль продавца, ваш логин: %(login)s. Выберите пароль по ссылке. Она "
    "действует один раз и семь дней.",
    Mail.NEW_SIGN_IN: "В консоль под вашим логином «%(login)s» вошли с устройства, с которого раньше не входили.",
    Mail.PASSWORD_CHANGED: "Пароль для входа «%(login)s» изменён. На других устройствах нужно будет войти снова.",
    Mail.ADDRESS_CHANGED: "Для входа «%(login)s» теперь указан другой адрес почты: %(new)s.",
    Mail.SECOND_FACTOR_ON: "Для входа «%(login)s» теперь нужен ещё и код с телефона.",
    Mail.SECOND_FACTOR_OFF: "Для входа «%(login)s» теперь достаточно пароля: код с телефона больше не спрашивают.",
}
_REMOVED = "Для входа «%(login)s» больше не указан адрес почты: писем о нём сюда не будет."
_BUTTONS = {
    Mail.CONFIRM_ADDRESS: "Подтвердить адрес",
    Mail.RESET_PASSWORD: "Выбрать новый пароль",
    Mail.INVITATION: "Принять приглашение",
}
_OF_THE_PROGRAM = (Mail.TROUBLE, Mail.TROUBLE_OVER)
"""What they say is told them: ``says``, a paragraph a line."""
_NOT_YOU = {
    Mail.CONFIRM_ADDRESS: "Это были не вы? Ничего не делайте: без входа в консоль ссылка ничего не меняет.",
    Mail.RESET_PASSWORD: "Это были не вы? Ничего не делайте: прежний пароль действует. Никому не пересылайте это "
    "письмо.",
    Mail.INVITATION: "Вы этого не ждали? Ничего не делайте. Никому не пересылайте это письмо.",
}
_ALARM = (
    "Это были не вы? Сразу смените пароль и закончите чужие сеансы в профиле, а если войти не получается, позвоните "
    "владельцу магазина. Консоль: %(console)s"
)
_LOOK = (
    "Что делать, сказано в консоли на страницах «Сегодня» и «Подключения»: %(console)s. Не писать вам об этом можно "
    "попросить в профиле."
)
_GREETING = "Здравствуйте, %(name)s!"
_WHEN, _WHERE, _BY = "Когда: %(at)s", "Откуда: %(browser)s, %(address)s", "Кто: %(by)s"
_FOOT = "Письмо отправил Saudager, консоль магазина «%(shop)s»."
_FOOT_NAMELESS = "Письмо отправил Saudager, консоль магазина."


@dataclass(frozen=True, slots=True)
class Written:
    """A letter as it is sent."""

    subject: str
    text: str
    html: str


def subject(kind: Mail, language: str) -> str:
    return templates.say(PACKAGE, language, _SUBJECTS[kind])


def write(
    kind: Mail,
    operator: Operator,
    told: Mapping[str, str],
    *,
    link: str | None,
    console: str,
    shop: str,
    at: datetime,
) -> Written:
    """Both parts; nothing in a name is taken for markup. ``at`` is in the shop's time zone."""
    language = operator.language

    def say(words: str, **values: str) -> str:
        return templates.say(PACKAGE, language, words, **values)

    facts = [say(words, **told, at=f"{at:%d.%m.%Y %H:%M}") for words in _facts(told)]
    if kind in _OF_THE_PROGRAM:
        happened, after = told["says"].splitlines(), say(_LOOK, console=console)
    else:
        words = _REMOVED if kind is Mail.ADDRESS_CHANGED and not told.get("new") else _HAPPENED[kind]
        happened = [say(words, login=operator.login, new=told.get("new", ""))]
        after = say(_NOT_YOU[kind]) if kind in _NOT_YOU else say(_ALARM, console=console)
    paragraphs = [say(_GREETING, name=operator.name), *happened]
    button = say(_BUTTONS[kind]) if link is not None else ""
    foot = say(_FOOT, shop=shop) if shop else say(_FOOT_NAMELESS)
    title = subject(kind, language)
    html = templates.render(
        PACKAGE,
        "system_mail.mjml",
        language=language,
        lang=language,
        subject=title,
        paragraphs=paragraphs,
        facts=facts,
        link=link,
        button=button,
        after=after,
        foot=foot,
    )
    middle = [f"{button}:\n{link}"] if link is not None else []
    text = "\n\n".join([*paragraphs, *middle, "\n".join(facts), after, f"-- \n{foot}"])
    return Written(f"{title} · {shop or 'Saudager'}", text, html)


def _facts(told: Mapping[str, str]) -> Iterator[str]:
    yield _WHEN
    if told.get("address"):
        yield _WHERE
    if told.get("by"):
        yield _BY
