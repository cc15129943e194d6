"""What the Kommo of ours lets itself be told: changes of leads and contacts, notes and tasks, or why it does not."""

from collections.abc import Mapping
from typing import Any

from saudager.bench.kommo_auth import ACCOUNT_ID, USER_ID
from saudager.bench.kommo_rows import LOST, WON, KommoRows
from saudager.bench.kommo_shelf import Row

NOTES = {
    "common": ("text",),
    "call_in": ("uniq", "duration", "source", "phone"),
    "call_out": ("uniq", "duration", "source", "phone"),
    "service_message": ("service", "text"),
    "extended_service_message": ("service", "text"),
    "message_cashier": ("status", "text"),
    "geolocation": ("text", "address", "longitude", "latitude"),
    "sms_in": ("text", "phone"),
    "sms_out": ("text", "phone"),
    "attachment": ("file_uuid", "version_uuid", "file_name"),
}
"""The kinds of notes that can be made, with what each must have; a letter is not among them."""
_PLAIN = ("name", "first_name", "last_name", "price", "responsible_user_id")
_LONGEST_PLANE = 0xFFFF


class Invalid(Exception):
    """Nothing of the call was done: (code, path, detail) of each thing that is wrong with one of its rows."""

    def __init__(self, *errors: tuple[str, str, str], request_id: str = "0") -> None:
        super().__init__("Request validation failed")
        rows = [{"code": code, "path": path, "detail": detail} for code, path, detail in errors]
        self.told = {
            "validation-errors": [{"request_id": request_id, "errors": rows}],
            "title": "Bad Request",
            "type": "https://httpstatus.es/400",
            "status": 400,
            "detail": "Request validation failed",
        }


def changed(rows: KommoRows, entity: str, row: Row, asked: Mapping[str, Any], now: int) -> Row:
    """The row as it stands then; raises Invalid for a field, a choice or a stage that is not there."""
    values = _changed_values(rows, entity, row, asked.get("custom_fields_values") or [])
    changes: Row = {key: asked[key] for key in _PLAIN if key in asked} | {"updated_at": now, "updated_by": USER_ID}
    changes["custom_fields_values"] = values or None
    if entity == "leads" and asked.keys() & {"status_id", "pipeline_id"}:
        changes |= _moved(rows, row, asked, now)
    return {**row, **changes}


def note(entity_id: int, asked: Mapping[str, Any], number: int, request_id: str, now: int) -> Row:
    kind, params = asked.get("note_type"), asked.get("params") or {}
    if kind not in NOTES:
        detail = "The value you selected is not a valid choice."
        raise Invalid(("NotSupportedChoice", "note_type", detail), request_id=request_id)
    missing = [name for name in NOTES[kind] if params.get(name) in (None, "")]
    if missing:
        errors = [("FieldMissing", f"params.{name}", "This field is missing.") for name in missing]
        raise Invalid(*errors, request_id=request_id)
    return note_row(entity_id, kind, params, number, now)


def note_row(entity_id: int, kind: str, params: Mapping[str, Any], number: int, now: int) -> Row:
    return {
        "id": number,
        "entity_id": entity_id,
        "created_by": USER_ID,
        "updated_by": USER_ID,
        "created_at": now,
        "updated_at": now,
        "responsible_user_id": USER_ID,
        "group_id": 0,
        "note_type": kind,
        "params": dict(params),
        "account_id": ACCOUNT_ID,
    }


def task(asked: Mapping[str, Any], number: int, request_id: str, now: int) -> Row:
    missing = [name for name in ("text", "complete_till") if not asked.get(name)]
    if missing:
        errors = [("NotBlank", name, "This value should not be blank.") for name in missing]
        raise Invalid(*errors, request_id=request_id)
    return {
        "id": number,
        "created_by": USER_ID,
        "updated_by": USER_ID,
        "created_at": now,
        "updated_at": now,
        "responsible_user_id": asked.get("responsible_user_id", USER_ID),
        "group_id": 0,
        "entity_id": asked.get("entity_id"),
        "entity_type": asked.get("entity_type"),
        "duration": 0,
        "is_completed": False,
        "task_type_id": asked.get("task_type_id", 1),
        "text": asked["text"],
        "result": [],
        "complete_till": asked["complete_till"],
        "account_id": ACCOUNT_ID,
    }


def _moved(rows: KommoRows, row: Row, asked: Mapping[str, Any], now: int) -> Row:
    wanted, status = asked.get("pipeline_id", row["pipeline_id"]), asked.get("status_id", row["status_id"])
    pipeline = next((one for one in rows.pipelines if one["id"] == wanted), None)
    if pipeline is None:
        raise Invalid(("NotSupportedChoice", "pipeline_id", "The value you selected is not a valid choice."))
    if all(stage["id"] != status for stage in pipeline["_embedded"]["statuses"]):
        raise Invalid(("NotSupportedChoice", "status_id", "The value you selected is not a valid choice."))
    return {"pipeline_id": wanted, "status_id": status, "closed_at": now if status in (WON, LOST) else None}


def _changed_values(rows: KommoRows, entity: str, row: Row, asked: list[Row]) -> list[Row]:
    known = rows.fields[entity]
    kept = {told["field_id"]: told for told in row["custom_fields_values"] or ()}
    for place, told in enumerate(asked):
        number, path = told.get("field_id"), f"custom_fields_values.{place}"
        if number not in known:
            raise Invalid(("NotSupportedChoice", f"{path}.field_id", "The value you selected is not a valid choice."))
        given = [one.get("value") for one in told.get("values") or ()]
        choices = [enum["value"] for enum in known[number]["enums"] or ()]
        for at, value in enumerate(given):
            if choices and value not in choices:
                path = f"{path}.values.{at}.value"
                raise Invalid(("NotSupportedChoice", path, "The value you selected is not a valid choice."))
        kept.pop(number, None)
        shown = [value for value in given if not _is_dropped(value)]
        kept |= {value["field_id"]: value for value in rows.values(entity, {number: shown}) if shown}
    return list(kept.values())


def _is_dropped(value: object) -> bool:
    """A value with a sign of four bytes is taken with a 200 and stands nowhere."""
    return value in (None, "") or (isinstance(value, str) and any(ord(sign) > _LONGEST_PLANE for sign in value))
