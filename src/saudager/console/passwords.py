"""What is wrong with a password somebody has just chosen, in his words."""

from typing import Any, Protocol

from saudager.operators.passwords import LONGEST, SHORTEST, Weakness, weakness


class Reader(Protocol):
    """Whoever is spoken to: a visitor, or a guest at the door."""

    def say(self, text: str, **values: Any) -> str: ...


def problem_of(reader: Reader, password: str, again: str, *, login: str) -> str | None:
    """A sentence, or None when the password will do and was typed twice alike."""
    if password != again:
        return reader.say("Пароли не совпали: наберите одно и то же дважды.")
    match weakness(password, login):
        case Weakness.SHORT:
            return reader.say("Слишком коротко: нужно не меньше %(n)s знаков.", n=SHORTEST)
        case Weakness.LONG:
            return reader.say("Слишком длинно: нужно не больше %(n)s знаков.", n=LONGEST)
        case Weakness.LOGIN:
            return reader.say("Пароль повторяет логин: придумайте другой.")
        case Weakness.COMMON:
            return reader.say("Такой пароль угадают первым: придумайте другой, например из нескольких слов.")
    return None
