"""What a webhook call of Kommo names: a form as PHP writes nested ones, ``leads[status][0][id]=3001``.

Vendor facts: https://developers.kommo.com/docs/webhooks-general and five public parsers (read 2026-11). Nothing signs a
call, it may come twice and late: whoever gets it reads again what it names.
"""

import hashlib
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from saudager.errors import UnrecognisedPayload
from saudager.providers.crm import News

_MOST_FIELDS = 50_000
_KEY = re.compile(r"(?P<entity>\w+)\[(?P<action>\w+)\]\[(?P<place>\d+)\](?P<rest>(?:\[\w*\])+)")
_NUMBER = re.compile(r"[1-9]\d{0,17}")
_DELETE, _NOTE = "delete", "note"


def read(headers: Mapping[str, str], body: bytes) -> News:
    """Raises UnrecognisedPayload for what is no call of Kommo's."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise UnrecognisedPayload("Kommo: a webhook call: not a form") from None
    told: dict[tuple[str, str, str], dict[str, str]] = {}
    for key, value in pairs:
        if match := _KEY.fullmatch(key):
            told.setdefault((match["entity"], match["action"], match["place"]), {})[match["rest"]] = value
    if not told:
        raise UnrecognisedPayload("Kommo: a webhook call: it names nothing")
    named: dict[tuple[str, bool], dict[int, None]] = {}
    for (entity, action, _), fields in told.items():
        number = fields.get("[note][element_id]" if action == _NOTE else "[id]", "")
        is_company = entity == "contacts" and fields.get("[type]", "contact") != "contact"
        if entity in ("leads", "contacts") and not is_company and _NUMBER.fullmatch(number):
            named.setdefault((entity, action == _DELETE), {})[int(number)] = None
    return News(
        digest=_digest(pairs),
        leads=tuple(named.get(("leads", False), ())),
        contacts=tuple(named.get(("contacts", False), ())),
        deleted_leads=tuple(named.get(("leads", True), ())),
        deleted_contacts=tuple(named.get(("contacts", True), ())),
        is_other=not named,
    )


def _digest(pairs: list[tuple[str, str]]) -> str:
    """Of the same form whatever the order it is written in."""
    whole = "\0".join(f"{len(key)}:{key}={value}" for key, value in sorted(pairs))
    return hashlib.sha256(whole.encode()).hexdigest()
