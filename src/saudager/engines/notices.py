"""What a person is told of a hosted engine's trouble, and what he can do about it; never with a key in it."""

import re
from datetime import datetime
from typing import Protocol

from pydantic import SecretStr
from sqlalchemy.orm import Session

from saudager.providers.llm import FaultKind

OFFLINE = "офлайн-движок"
TITLES = {"openrouter": "OpenRouter", "gemini": "Gemini", "openai": "OpenAI", "compatible": "Своя модель"}

_MEANWHILE = f"До этого отвечают остальные модели или {OFFLINE}."
_LOOKS_LIKE_A_KEY = re.compile(r"(?i)\b(?:sk-|AIza|Bearer\s+|(?:api[_-]?)?key[=:]\s*)[\w*.…-]+")
_SHOWN = 200
_SHORTEST_KEY = 8


class Desk(Protocol):
    """Where a person is told, in the transaction that is open; ``about`` is ``engine:gemini`` or ``engine:budget``."""

    def ask(self, session: Session, about: str, reason: str, *, now: datetime) -> None: ...

    def settle(self, session: Session, about: str, *, now: datetime) -> None: ...


def about(name: str) -> str:
    return f"engine:{name}"


def title(about: str) -> str:
    """What the merchant calls the engine a desk entry is about."""
    name = about.removeprefix("engine:").removesuffix(":images")
    return TITLES.get(name, name)


def masked(text: str, key: SecretStr | None) -> str:
    """A vendor's words without the key, whole or begun: vendors echo it in their errors."""
    if key is not None and len(secret := key.get_secret_value()) >= _SHORTEST_KEY:
        text = re.sub(re.escape(secret[:6]) + r"[^\s'\",;]*", "…", text)
    return _LOOKS_LIKE_A_KEY.sub("…", text)[:_SHOWN]


def trouble(name: str, model: str, kind: FaultKind, said: str) -> str:
    """What is wrong with an engine set to ``model``; ``said`` is the vendor's text, masked."""
    title, variable = TITLES.get(name, name), name.upper()
    if kind == FaultKind.AUTH:
        what = (
            f"{title}: ключ не принят или модели {model} нет. "
            f"Проверьте ключ и модель в «Подключения → Модели» ({variable}_API_KEY, {variable}_MODEL)."
        )
    elif kind == FaultKind.QUOTA:
        what = f"{title}: кончились деньги или квота. Пополните счёт; через час спросим снова."
    else:
        what = f"{title}: давно не даёт ответа. Проверьте {variable}_MODEL, {variable}_BASE_URL и связь."
    return f"{what} {_MEANWHILE} Ответ сервиса: «{said}»"


def money_nearly_spent(cap: str, stand_in: str) -> str:
    return (
        f"Потрачено больше 80 % дневного лимита {cap}. Когда он кончится, до полуночи будет отвечать {stand_in}; "
        "лимит меняется в DAILY_BUDGET."
    )


def money_spent(cap: str, stand_in: str) -> str:
    return (
        f"Дневной лимит {cap} исчерпан: до полуночи отвечает {stand_in}. "
        "Чтобы платные модели отвечали дальше, поднимите лимит в «Настройках»: он действует сразу. "
        "DAILY_BUDGET в .env — после перезапуска."
    )
