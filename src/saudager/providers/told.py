"""What the outside world tells in JSON, read so that whatever stands in it can be stored and handed on."""

import json
from typing import Any

from saudager.words import storable

_SUSPECTS = ("\\u0000", "\\ud", "\\uD")


def read_json(body: bytes) -> Any:
    """The document, its texts without null bytes and halves of a character. Raises ValueError for what is no JSON, and
    for what nests deeper than Python can follow."""
    written = body.decode(json.detect_encoding(body))
    try:
        told = json.loads(written)
        return _clean(told) if any(mark in written for mark in _SUSPECTS) else told
    except RecursionError:
        raise ValueError("JSON that nests too deep") from None


def _clean(told: Any) -> Any:
    if isinstance(told, str):
        return storable(told)
    if isinstance(told, list):
        return [_clean(one) for one in told]
    return {storable(name): _clean(one) for name, one in told.items()} if isinstance(told, dict) else told
