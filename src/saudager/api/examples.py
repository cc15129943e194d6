"""What calls and answers of the API look like, as its OpenAPI document shows them."""

from typing import Any

from pydantic import ConfigDict


def shown(example: dict[str, Any]) -> ConfigDict:
    """The configuration of a model that looks like this."""
    return ConfigDict(json_schema_extra={"examples": [example]})


_TASK_ID = "e6f357a70bb697ad2e4bffd983871a9a"
INSIGHTS_ASKED = {"company_id": 1, "person_id": 1, "months_back": 12}
LETTER_ASKED = {
    "recipient_id": 1,
    "context": "Предложение новой линейки продуктов",
    "tone": "professional",
    "purpose": "offer",
    "products": [],
    "include_sales_data": True,
}
REWRITE_ASKED = {
    "context": "Обновленное предложение",
    "tone": "friendly",
    "purpose": "follow_up",
    "include_sales_data": True,
}
ASKED = {"message": "Генерация персонализированного письма запущена", "task_id": _TASK_ID}
TASK = {"task_id": _TASK_ID, "status": "running", "progress": "пишется письмо", "result": None, "error": None}
EDIT = {"subject": "Итоги года для ТехКом", "body": "Иван Петрович, за год у вас 18 заказов."}
_RECIPIENT = {
    "id": 1,
    "name": "Иван Петрович Соколов",
    "position": "Директор по IT",
    "email": "sokolov@techcom.example",
    "company_id": 1,
    "company_name": "ТехКом",
}
LETTER_ROW = {
    "id": 1,
    "state": "draft",
    "reason": None,
    "recipient": _RECIPIENT,
    "campaign_id": None,
    "purpose": "offer",
    "subject": "Итоги года для ТехКом",
    "engine": "person",
    "version": 2,
    "created_at": "2024-12-31T09:00:00Z",
    "updated_at": "2024-12-31T09:00:00Z",
}
LETTER = LETTER_ROW | {
    "user_id": None,
    "context": "Предложение новой линейки продуктов",
    "tone": "professional",
    "products": [],
    "include_sales_data": True,
    "language": "ru",
    "body": "Иван Петрович, за год у вас 18 заказов.",
    "key_points": ["18 заказов за год"],
    "personalization": None,
    "facts": [{"name": "orders", "label": "заказов за период", "value": "18"}],
    "warnings": [],
    "approved_by": None,
    "approved_at": None,
    "due_at": None,
    "sent_at": None,
    "fate": None,
}

COMPANY_TOLD = {"name": "ТОО «ТехКом»", "tax_id": "971240001315"}
PERSON_TOLD = {
    "company_id": 1,
    "name": "Иван Петрович Соколов",
    "position": "Директор по IT",
    "email": "sokolov@techcom.example",
    "consent": "given",
    "consent_at": "2026-01-10T09:00:00+05:00",
}
INVOICE_TOLD = {
    "company_id": 1,
    "person_id": 1,
    "number": "С-101",
    "issued_on": "2026-03-01",
    "currency": "KZT",
    "lines": [{"name": "Сервер HP", "sku": "SRV", "category": "Серверы", "quantity": 2, "price": 1250000}],
}
STORED = {"added": 1, "changed": 0, "unchanged": 0, "ids": [1]}
COMPANY = {
    "id": 1,
    "name": "ТОО «ТехКом»",
    "tax_id": "971240001315",
    "is_person": False,
    "people": 1,
    "invoices": 1,
    "last_on": "2026-03-01",
    "sums": {"KZT": "2500000.00"},
}
PERSON = {
    "id": 1,
    "company_id": 1,
    "name": "Иван Петрович Соколов",
    "position": "Директор по IT",
    "email": "sokolov@techcom.example",
    "phone": None,
    "language": None,
    "consent": "given",
    "consent_at": "2026-01-10T04:00:00Z",
}
COMPANY_WITH_PEOPLE = COMPANY | {"persons": [PERSON]}
INVOICE = {
    "id": 1,
    "company_id": 1,
    "person_id": 1,
    "number": "С-101",
    "is_refund": False,
    "issued_on": "2026-03-01",
    "currency": "KZT",
    "total": "2500000.00",
    "lines": [
        {
            "name": "Сервер HP",
            "sku": "SRV",
            "category": "Серверы",
            "quantity": "2",
            "price": "1250000.00",
            "amount": "2500000.00",
        }
    ],
}
PRODUCT = {
    "id": 1,
    "shop_id": 1,
    "sku": "SRV",
    "name": "Сервер HP",
    "category": "Серверы",
    "price": "1250000.00",
    "currency": "KZT",
}

SERIES_ASKED: dict[str, Any] = {
    "words": "Toyota Camry 2021 white sedan",
    "angles": ["front", "side"],
    "look_up": False,
    "session_id": "CAR-3f8a9b2c",
}
_DRAWN_BY = "pictures:258487d2be15acb842396d520328cbdc"
SERIES_BEGUN = {
    "message": "Серия картинок рисуется",
    "task_id": _DRAWN_BY,
    "series_id": 1,
    "session_id": "CAR-3f8a9b2c",
}
_SERIES_ROW = {
    "id": 1,
    "session_id": "CAR-3f8a9b2c",
    "title": "Toyota Camry 2021 white sedan",
    "state": "drawing",
    "product_id": None,
    "keeping": "first",
    "created_at": "2026-03-11T07:00:00Z",
    "updated_at": "2026-03-11T07:00:00Z",
}
SERIES_LISTED = _SERIES_ROW | {"counts": {"waiting": 2, "drawn": 0, "doubtful": 0, "failed": 0}, "cover": None}
_PROMPT = {"angle": "front", "prompt": None, "seed": 283736830, "session_id": "CAR-3f8a9b2c", "reference": None}
_IMAGE = _PROMPT | {
    "id": 1,
    "url": None,
    "thumbnail": None,
    "state": "waiting",
    "reason": None,
    "verdict": None,
    "engine": None,
    "model": None,
    "fidelity": None,
    "width": None,
    "height": None,
}
SERIES = _SERIES_ROW | {
    "subject": {
        "kind": "car",
        "brand": "Toyota",
        "model": "Camry",
        "year": 2021,
        "color": "white",
        "body_type": "sedan",
    },
    "look_up": False,
    "logo": None,
    "task_id": _DRAWN_BY,
    "progress": "0 из 2",
    "prompts": [_PROMPT],
    "images": [_IMAGE],
}
