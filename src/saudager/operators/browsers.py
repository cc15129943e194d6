"""Browsers: what a person calls one, and whether an operator has signed in with it before."""

import ipaddress
from datetime import datetime
from hashlib import sha256

from sqlalchemy.orm import Session

from saudager.db.statements import Statement, insert_into

_BROWSERS = (
    ("YaBrowser/", "Yandex Browser"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
"""Each also says it is the ones below it: https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/User-Agent."""
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def name_of(user_agent: str) -> str:
    """Chrome, Windows; what is no known browser is shown as it calls itself."""
    return known_name_of(user_agent) or user_agent[:60] or "—"


def known_name_of(user_agent: str) -> str:
    """The same, but nothing of what a stranger may have written there himself: empty for what is no known browser."""
    names = [next((name for mark, name in marks if mark in user_agent), "") for marks in (_BROWSERS, _SYSTEMS)]
    return ", ".join(name for name in names if name)


def is_new(session: Session, operator_id: int, *, address: str, browser: str, now: datetime) -> bool:
    """Whether an operator who signs in does so with a browser, or from a network, he has never used; from now on it is
    known. The very first time is no news; one after a long absence is."""
    digest = sha256(f"{known_name_of(browser)}|{_around(address)}".encode()).hexdigest()
    is_known = _KNOWN(session, operator=operator_id, digest=digest).fetchone() is not None
    _MEET(session, operator_id=operator_id, digest=digest, seen_at=now)
    return not is_known and _ENTERED(session, operator=operator_id).fetchone() is not None


def _around(address: str) -> str:
    """The network of an address, as far as a provider gives one household or one mast different addresses."""
    try:
        given = ipaddress.ip_address(address)
    except ValueError:
        return address
    given = getattr(given, "ipv4_mapped", None) or given
    return str(ipaddress.ip_network((given, 24 if given.version == 4 else 48), strict=False))


_KNOWN = Statement("select 1 from operator_browsers where operator_id = :operator and digest = :digest")
_MEET = insert_into(
    "operator_browsers",
    ("operator_id", "digest", "seen_at"),
    "on conflict (operator_id, digest) do update set seen_at = excluded.seen_at",
)
_ENTERED = Statement("select 1 from audit where operator_id = :operator and action = 'signed_in' limit 1")
