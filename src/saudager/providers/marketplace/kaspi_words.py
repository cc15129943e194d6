"""Kaspi's statuses, reasons and errors in words a merchant reads."""

import json
from collections.abc import Mapping, Sequence

from saudager.providers.http_client import Answer
from saudager.providers.marketplace import Deed

CANCELLATION_REASONS = {
    "MERCHANT_OUT_OF_STOCK": "Товара нет в наличии",
    "BUYER_NOT_REACHABLE": "Покупатель не отвечает",
    "BUYER_CANCELLATION_BY_MERCHANT": "Покупатель отказался",
}
DEEDS: Mapping[Deed, Sequence[str]] = {
    "accept": ("APPROVED_BY_BANK",),
    "cancel": ("APPROVED_BY_BANK", "ACCEPTED_BY_MERCHANT"),
    "complete": ("ACCEPTED_BY_MERCHANT",),
}
"""In which statuses an order may be changed: the guide's section on changing orders."""
STATUSES = {
    "APPROVED_BY_BANK": "ещё не принят",
    "ACCEPTED_BY_MERCHANT": "уже принят",
    "COMPLETED": "уже выдан",
    "CANCELLED": "отменён",
    "CANCELLING": "отменяется",
    "KASPI_DELIVERY_RETURN_REQUESTED": "возвращается",
    "RETURN_ACCEPTED_BY_MERCHANT": "возвращён",
    "RETURNED": "возвращён",
}
SILENCE = (
    "не отвечает {seconds:g} с: проверьте User-Agent и что адрес этого сервера или прокси (KASPI_PROXY) в Казахстане"
)
_TITLES = {
    "Security code is not valid. And the order cannot be completed without it": "код неверный, заказ не выдан",
    "Order is cancelled, so it can't be completed.": "заказ отменён, выдать его нельзя",
    "Order already has been completed, so it can't be completed again.": "заказ уже выдан",
    "Order is not may complete allowed": "этот заказ сейчас выдать нельзя",
}
"""The titles the guide knows."""
_BY_STATUS = {
    401: "токен не принят: возьмите его в кабинете продавца, Настройки → Токен API",
    403: "токен не принят: возьмите его в кабинете продавца, Настройки → Токен API",
    404: "такого адреса у Kaspi нет",
    429: "слишком много запросов, Kaspi просит подождать",
}


def words_of(answer: Answer) -> str:
    """What an error says: Kaspi's titles and details and what they mean; of anything else nothing, as it may tell who
    bought."""
    meaning = "у Kaspi неполадки" if answer.status >= 500 else _BY_STATUS.get(answer.status)
    return "; ".join(part for part in (meaning, *_told(answer)) if part) or "ответ не прочитать"


def _told(answer: Answer) -> list[str]:
    try:
        errors = json.loads(answer.body)["errors"]
        texts = [str(error[key]).strip() for error in errors for key in ("title", "detail") if error.get(key)]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []
    return [f"{_TITLES[text]} ({text})" if text in _TITLES else text for text in texts]
