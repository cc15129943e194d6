"""What Kommo's errors say, in words a merchant reads."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from saudager.providers.http_client import Answer

SILENCE = "не отвечает {seconds:g} с"
BLOCKED = "слишком много запросов, Kommo на время закрыл доступ"
_BY_STATUS = {
    401: "доступ не принят: срок его вышел или его отозвали",
    402: "тариф аккаунта не оплачен или не включает этого",
    403: "доступ закрыт: у того, кто подключал, нет прав, аккаунт заблокирован или закрыт адрес этого сервера",
    404: "такого у Kommo нет",
    429: "слишком много запросов, Kommo просит подождать",
    504: "слишком много за один запрос",
}
_VALUE = re.compile(r"custom_fields_values\.(\d+)")


def words_of(answer: Answer, fields: Sequence[int] = ()) -> str:
    """What is wrong, field by field where Kommo tells; of an answer that is no error of its own, what its status means.

    ``fields`` are the numbers of the fields the request wanted to fill, in its order.
    """
    meaning = _BY_STATUS.get(answer.status) or ("у Kommo неполадки" if answer.status >= 500 else None)
    told = _document(answer)
    wrong = [*_invalid(told, fields)]
    parts = [meaning, *(wrong or dict.fromkeys(_texts(told)))]
    return "; ".join(part for part in parts if part) or "ответ не прочитать"


def _document(answer: Answer) -> Mapping[str, Any]:
    try:
        told = json.loads(answer.body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _texts(told: Mapping[str, Any]) -> Iterator[str]:
    for key in ("title", "detail", "hint"):
        if isinstance(told.get(key), str):
            yield told[key].strip()


def _invalid(told: Mapping[str, Any], fields: Sequence[int]) -> Iterator[str]:
    for row in _rows(told.get("validation-errors")):
        for error in _rows(row.get("errors")):
            path = _VALUE.sub(lambda found: _named(int(found[1]), fields), str(error.get("path") or "?"))
            yield f"поле {path}: {error.get('detail') or error.get('code') or 'не принято'}"


def _named(place: int, fields: Sequence[int]) -> str:
    return f"№ {fields[place]}" if place < len(fields) else f"custom_fields_values.{place}"


def _rows(value: object) -> list[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
