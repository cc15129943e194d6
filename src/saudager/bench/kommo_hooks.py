"""What the Kommo of ours tells the address that has subscribed to its news: forms, as PHP writes nested ones."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from saudager.bench.kommo_auth import ACCOUNT_ID
from saudager.bench.kommo_shelf import Row

_SINGULAR = {"leads": "lead", "contacts": "contact"}


def setting_of(entity: str, action: str) -> str:
    """What must have been subscribed to for this to be told: ``status_lead``, ``add_message``."""
    return f"{action}_{_SINGULAR.get(entity, entity)}"


def body(entity: str, action: str, told: Mapping[str, Any], subdomain: str) -> bytes:
    """One event about one thing."""
    account = {"id": ACCOUNT_ID, "subdomain": subdomain, "_links": {"self": f"https://{subdomain}.kommo.com"}}
    return urlencode([*_pairs("", {entity: {action: [told]}, "account": account})]).encode()


def lead(row: Row, **more: Any) -> Row:
    """A lead in the words of a webhook, which are those of an older API."""
    return {
        "id": row["id"],
        "name": row["name"],
        "status_id": row["status_id"],
        "price": row["price"],
        "responsible_user_id": row["responsible_user_id"],
        "last_modified": row["updated_at"],
        "modified_user_id": row["updated_by"],
        "created_user_id": row["created_by"],
        "date_create": row["created_at"],
        "pipeline_id": row["pipeline_id"],
        "account_id": row["account_id"],
        "custom_fields": _fields(row),
        **more,
    }


def contact(row: Row) -> Row:
    return {
        "id": row["id"],
        "name": row["name"],
        "responsible_user_id": row["responsible_user_id"],
        "date_create": row["created_at"],
        "last_modified": row["updated_at"],
        "created_user_id": row["created_by"],
        "modified_user_id": row["updated_by"],
        "account_id": row["account_id"],
        "type": "contact",
        "custom_fields": _fields(row),
    }


def note(row: Row, entity: str) -> Row:
    told = {
        "id": row["id"],
        "note_type": row["note_type"],
        "element_type": 2 if entity == "leads" else 1,
        "element_id": row["entity_id"],
        "text": row["params"].get("text", ""),
        "created_by": row["created_by"],
        "date_create": row["created_at"],
        "last_update": row["updated_at"],
        "account_id": row["account_id"],
    }
    return {"note": told}


def _fields(row: Row) -> list[Row]:
    return [
        {
            "id": told["field_id"],
            "name": told["field_name"],
            "values": [
                {"value": one["value"], **({"enum": one["enum_id"]} if "enum_id" in one else {})}
                for one in told["values"]
            ],
        }
        for told in row["custom_fields_values"] or ()
    ]


def _pairs(prefix: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from _pairs(f"{prefix}[{key}]" if prefix else str(key), one)
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _pairs(f"{prefix}[{number}]", one)
    else:
        yield prefix, "" if value is None else str(value)
