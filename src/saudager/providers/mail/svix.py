"""Signatures of webhooks as Svix makes them.

https://docs.svix.com/receiving/verifying-payloads/how-manual (read 2026-11).
"""

import base64
import binascii
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from saudager.errors import BadCredentials

_TOLERANCE = timedelta(minutes=5)


def verify(secret: str, headers: Mapping[str, str], body: bytes, *, now: datetime) -> str:
    """The call's own id, once its signature is proved; raises BadCredentials otherwise, and when it was signed more
    than five minutes from now. ``secret``: ``whsec_`` and base64."""
    id, at, signatures = (headers.get(f"svix-{name}", "") for name in ("id", "timestamp", "signature"))
    if not (id and at.isascii() and at.isdigit() and len(at) < 12):
        raise BadCredentials("the webhook has no signature")
    if abs(now - datetime.fromtimestamp(int(at), UTC)) > _TOLERANCE:
        raise BadCredentials("the webhook was signed too long ago, or our clock is wrong")
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise BadCredentials("the secret of the webhook is not one: expected whsec_ and base64") from None
    expected = base64.b64encode(hmac.digest(key, b".".join((id.encode(), at.encode(), body)), "sha256"))
    given = (signature.partition(",") for signature in signatures.split())
    if not any(version == "v1" and hmac.compare_digest(expected, value.encode()) for version, _, value in given):
        raise BadCredentials("the signature of the webhook is not the carrier's")
    return id
