"""A vendor's settings form: what is wrong with it field by field, and the secrets it keeps when they are left empty."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

_ANYTHING_ELSE = "Здесь что-то не так, сверьте с подсказкой."
_WRONG = {
    "missing": "Заполните это поле.",
    "string_too_short": "Заполните это поле.",
    "url_parsing": "Нужен адрес, который начинается с http:// или https://.",
    "url_scheme": "Нужен адрес, который начинается с http:// или https://.",
    "value_error": "Нужен сам ключ: латинские буквы, цифры и знаки, без пробелов.",
    "extra_forbidden": "Такого поля здесь нет.",
}
"""What to say of a field, by the type of Pydantic's error: https://docs.pydantic.dev/latest/errors/validation_errors/"""
NO_ADDRESS = "Нужен адрес почты, например sales@example.kz."
NO_SENDER_NAME = "Не длиннее 100 знаков, в одну строку."
NO_SELECTOR = "Латинские буквы, цифры, точка и дефис, например mail."
NO_CARRIER = "Выберите хотя бы один способ отправки."


def problems(form: type[BaseModel], filled: Mapping[str, Any]) -> dict[str, str]:
    """A sentence for each field that is filled in wrongly."""
    try:
        form.model_validate(filled)
    except ValidationError as error:
        return {str(wrong["loc"][0]): _WRONG.get(wrong["type"], _ANYTHING_ELSE) for wrong in error.errors()}
    return {}


def secrets(form: type[BaseModel]) -> set[str]:
    """The fields that are written and never shown."""
    fields = form.model_json_schema()["properties"]
    return {name for name, field in fields.items() if plain(field).get("writeOnly")}


def plain(shape: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON schema of a field without its choice to be null."""
    filled: dict[str, Any] = next((one for one in shape.get("anyOf", ()) if one.get("type") != "null"), {})
    return filled | dict(shape)


def completed(
    form: type[BaseModel], filled: Mapping[str, Any], kept: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The form without its empty fields, and with the secrets of what was ``kept`` in place of empty ones."""
    config = {field: value for field, value in filled.items() if value not in ("", None)}
    return {field: kept[field] for field in secrets(form) & kept.keys()} | config if kept else config
