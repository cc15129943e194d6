"""What routes answer besides what they are asked for, as the OpenAPI document tells it."""

from typing import Any

from pydantic import BaseModel, Field

OPEN = "x-open-because"
"""Of an operation that wants no key: why it may do without."""


class Fault(BaseModel):
    """Why it was not done, in a sentence."""

    error: str = Field(description="Russian sentence.")


_SAYS = {
    400: ("The request cannot be read.", "Запрос не удалось прочитать."),
    401: ("There is no key, or it does not open this.", "Секрет или ключ не подходит."),
    403: ("It is not who it says it is.", "Этот запрос пришёл с чужой страницы."),
    404: ("There is no such thing.", "…"),
    409: ("A rule forbids it.", "…"),
    413: ("The body is too long.", "Слишком много данных в одном запросе."),
    422: (
        "A field is missing or wrong; below `/api/v1` the sentence names it.",
        "В запросе чего-то не хватает или что-то написано не так.",
    ),
    424: ("The messenger or the mail server does not accept the credentials.", "…"),
    502: ("The messenger or the mail server did not do it.", "…"),
    503: ("Not at this moment: try again in a minute.", "Сейчас не получается. Попробуйте ещё раз через минуту."),
}


def faults(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What else a route may answer."""
    return {status: fault(*_SAYS[status]) for status in statuses}


def fault(means: str, says: str) -> dict[str, Any]:
    """A mistake: what it means, in English, and the sentence that is answered."""
    return {"model": Fault, "description": means, "content": {"application/json": {"example": {"error": says}}}}


def text(kind: str, example: str, description: str) -> dict[int | str, dict[str, Any]]:
    """A good answer that is no JSON."""
    shown = {"schema": {"type": "string"}, "example": example}
    return {200: {"description": description, "content": {kind: shown}}}


def file(*kinds: str, description: str) -> dict[int | str, dict[str, Any]]:
    """A good answer that is a file of one of these kinds."""
    binary = {"schema": {"type": "string", "format": "binary"}}
    return {200: {"description": description, "content": dict.fromkeys(kinds, binary)}}
