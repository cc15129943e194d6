"""A WAHA session: whether it can send, what to do when it cannot, and whom it tells its news.

Vendor facts: https://waha.devlike.pro/docs/how-to/sessions and …/events (version 2026.7.1, read 2026-07).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from saudager.providers.channels import ChannelStatus
from saudager.providers.channels.waha_rows import moment_of
from saudager.providers.channels.whatsapp_chats import canonical_chat, phone_of

Row = Mapping[str, Any]

EVENTS = ("message.any", "message.ack", "message.edited", "message.revoked", "session.status")
_RETRIES = {"policy": "exponential", "delaySeconds": 2, "attempts": 15}
_PASSKEY = "WhatsApp просит подтвердить вход ключом доступа (passkey): завершите вход в панели WAHA"
_TO_DO = {
    "SCAN_QR_CODE": "Телефон отвязан: в WhatsApp на телефоне магазина откройте «Связанные устройства» и отсканируйте "
    "QR-код. Он показан в консоли («Подключения») и в панели WAHA, `saudager doctor` сохраняет его в файл",
    "PASSKEY_REQUIRED": _PASSKEY,
    "PASSKEY_CONFIRMATION_REQUIRED": _PASSKEY,
    "FAILED": "Сессия WAHA не смогла соединиться: перезапустите её в панели WAHA, а если не поможет, выйдите из неё и "
    "отсканируйте QR-код заново",
    "STOPPED": "Сессия WAHA остановлена: запустите её в панели WAHA",
}


def to_do(status: object, endpoint: str) -> str | None:
    """What a person must do about a session of this status; None when nothing, or when it mends itself."""
    advice = _TO_DO.get(str(status))
    return advice and f"{advice} ({endpoint}/dashboard)."


def status_of(status: object, me: Row, *, endpoint: str, now: datetime) -> ChannelStatus:
    """What a session's ``status`` and ``me`` mean; STARTING mends itself."""
    return ChannelStatus(
        ready=status == "WORKING",
        phone_number=phone_of(canonical_chat(str(me.get("id") or ""))),
        reason=to_do(status, endpoint),
        no_first_contacts_until=_restricted_until(me, now),
    )


def telling(config: Row, url: str, key: str) -> dict[str, Any] | None:
    """The config with our webhook in it, everything else kept; None when it is there already.

    A webhook with the same path at another address is an earlier one of ours.
    """
    found = config.get("webhooks")
    hooks = [hook for hook in found if isinstance(hook, dict)] if isinstance(found, list) else []
    if any(_is_ours(hook, url, key) for hook in hooks):
        return None
    ours = {"url": url, "events": list(EVENTS), "hmac": {"key": key}, "retries": _RETRIES}
    others = [hook for hook in hooks if urlsplit(str(hook.get("url"))).path != urlsplit(url).path]
    return {**config, "webhooks": [*others, ours]}


def new_session(name: str, url: str, key: str) -> dict[str, Any]:
    """A session that is to be created: people's chats only, the phone keeps its own notifications."""
    config = {
        "ignore": {"status": True, "groups": True, "channels": True, "broadcast": True},
        "noweb": {"markOnline": False, "store": {"enabled": True, "fullSync": False}},
    }
    return {"name": name, "start": True, "config": telling(config, url, key)}


def _is_ours(hook: Row, url: str, key: str) -> bool:
    hmac, events = hook.get("hmac"), hook.get("events")
    signed = isinstance(hmac, dict) and hmac.get("key") == key
    return hook.get("url") == url and signed and isinstance(events, list) and set(EVENTS) <= set(map(str, events))


def _restricted_until(me: Row, now: datetime) -> datetime | None:
    """The end of WhatsApp's ban on beginning conversations, or of the period whose quota of them is used up."""
    lock, capping = me.get("reachoutTimelock"), me.get("messageCapping")
    ends = []
    if isinstance(lock, dict) and lock.get("isActive"):
        ends.append(moment_of(lock.get("timeEnforcementEnds")))
    if isinstance(capping, dict) and capping.get("cappingStatus") == "CAPPED":
        ends.append(moment_of(capping.get("cycleEnd")))
    return max((end for end in ends if end is not None and end > now), default=None)
