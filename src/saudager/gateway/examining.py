"""What the doctor looks at on the gateway's side: accounts, clocks, webhooks, the public address, the broker."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from typing import cast

from saudager.app import App
from saudager.contracts import CONTRACT, EMAIL_TASKS, in_broker
from saudager.errors import SaudagerError
from saudager.gateway import accounts, mail_examining, webhooks
from saudager.gateway.models import Account
from saudager.providers.channels import LinkedChannel
from saudager.providers.gateway import SKEW_NOTICED, Finding, wrong_clock
from saudager.providers.http_client import HttpClient
from saudager.providers.wires import DEAD, Wire

_ANSWERS_WITHIN = 10


async def examine(app: App) -> AsyncIterator[Finding]:
    """Every finding of this side, one after the other."""
    if app.wire is not None:
        yield await _broker(app.wire, {EMAIL_TASKS: app.settings.rabbitmq_email_queue})
    if not app.channels and not app.mailboxes:
        says = (
            "ни один не подключён: подключите в консоли или задайте WAPPI_TOKEN и WAPPI_PROFILE_ID, "
            "WAHA_API_ENDPOINT и WAHA_API_KEY или три настройки WHATSAPP_CLOUD; попробовать без них: `saudager demo`"
        )
        yield Finding(False, "каналы", says)
    for account in await app.db.read(accounts.everyone):
        if account.name not in app.channels:  # its credentials do not open
            yield Finding(False, account.name, account.paused_reason or "не подключён")
            continue
        yield await _account(app, account)
        skew = app.channels[account.name].skew()
        if skew is not None and abs(skew) > SKEW_NOTICED:
            yield wrong_clock(f"мессенджера {account.name}", skew)
    for mailbox in await app.db.read(accounts.mailboxes):
        async for finding in mail_examining.examine(app, mailbox):
            yield finding
    if app.settings.public_url:
        yield await _public_address(app)
    says = f"распознаёт {app.transcriber.name}" if app.transcriber else "нет ключа: покупателей просят написать"
    yield Finding(True, "голосовые", says)


async def _public_address(app: App) -> Finding:
    """Whether what answers at the address messengers are told is this gateway."""
    http = HttpClient("PUBLIC_URL", app.settings.public_url, clock=app.clock, timeout=_ANSWERS_WITHIN)
    try:
        told = await http.call_json("GET", "/health", asked="the gateway's health", accept=(503,))
    except SaudagerError as error:
        says = f"мессенджеры не достучатся до шлюза ({error}): запущен ли он и ведёт ли адрес к нему?"
        return Finding(False, "PUBLIC_URL", says)
    finally:
        await http.close()
    reached = "last_poll_at" in told or told.get("status") == "unhealthy"
    return Finding(reached, "PUBLIC_URL", "ведёт к шлюзу" if reached else "ведёт к чему-то другому")


async def _broker(wire: Wire, called: Mapping[str, str]) -> Finding:
    """Whether the broker answers, may be used, and holds nothing nobody could handle."""
    try:
        async with asyncio.timeout(_ANSWERS_WITHIN):
            await wire.open(in_broker(CONTRACT, called))
            depths = await wire.depth()
    except TimeoutError:
        says = f"не ответил за {_ANSWERS_WITHIN} с: запущен ли он и верен ли адрес?"
        return Finding(False, wire.name, says)
    except SaudagerError as error:
        return Finding(False, wire.name, str(error))
    dead = ", ".join(f"{queue}: {count}" for queue, count in depths.items() if queue.endswith(DEAD) and count)
    return Finding(not dead, wire.name, f"не удалось обработать: {dead}" if dead else "готов")


async def _account(app: App, account: Account) -> Finding:
    name, channel = account.name, app.channels[account.name]
    try:
        picture = await _picture_to_scan(app, name, cast(LinkedChannel, channel)) if hasattr(channel, "qr") else ""
        if account.paused_reason is not None:
            return Finding(False, name, f"не отправляет: {account.paused_reason}{picture}")
        status = await channel.status()
    except SaudagerError as error:
        return Finding(False, name, str(error))
    if not status.ready:
        return Finding(False, name, f"{status.reason or 'ещё запускается'}{picture}")
    until = max(filter(None, (status.no_first_contacts_until, account.no_first_contacts_until)), default=None)
    if until is not None and until > app.clock.now():
        says = f"только отвечает: до {until:%d.%m.%Y %H:%M} UTC нельзя писать тем, кто ещё не писал"
        return Finding(False, name, says)
    return Finding(True, name, f"готов{_webhook(app, name)}")


async def _picture_to_scan(app: App, name: str, channel: LinkedChannel) -> str:
    """Where the QR code lies that links the phone, when one is to be scanned."""
    picture = await channel.qr()
    if picture is None:
        return ""
    file = app.settings.data_dir / (re.sub(r"\W+", "-", name) + "-qr.png")
    file.write_bytes(picture)
    return f" Код, который нужно отсканировать за 20 секунд, лежит в {file}; новая проверка делает новый."


def _webhook(app: App, name: str) -> str:
    """Where the messenger should call, for its own settings page."""
    if not hasattr(app.channels[name], "read"):
        return ""
    where, key = f"; вебхук: {webhooks.address_of(app, name)} за вашим публичным адресом", webhooks.key_of(app, name)
    return where if key is None else f"{where}, его verify token или ключ HMAC: {key}"
