"""Look at every part and say, for each that is not well, what to do."""

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

from sqlalchemy.orm import Session

from saudager import attention
from saudager.app import App
from saudager.attention import Why
from saudager.contracts import CONTRACT
from saudager.db.statements import Statement
from saudager.engines import notices, shutdowns
from saudager.engines.order import Engine, Engines
from saudager.errors import SaudagerError
from saudager.gateway import accounts, webhooks
from saudager.gateway.models import Account
from saudager.knowledge import library
from saudager.providers.channels import LinkedChannel, PushedChannel
from saudager.providers.http_client import HttpClient
from saudager.providers.wires import DEAD, Wire
from saudager.queues import table

_BROKER_WITHIN = 10
_SHUTDOWN_NEAR = 60
_SKEW_NOTICED = timedelta(minutes=1)
_SERVER = Statement("select current_setting('server_version'), clock_timestamp()")
_FTS5_PROBE = "create virtual table temp.probe using fts5(words)"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    good: bool
    about: str
    says: str


async def examine(app: App) -> AsyncIterator[Finding]:
    """Every finding, one after the other; what waits for a person counts as not good."""
    yield await _database(app)
    yield await _queues(app)
    if app.wire is not None and app.service == "gateway":
        yield await _broker(app.wire)
    if app.service != "gateway":
        async for finding in _agent(app):
            yield finding
    if app.service != "agent":
        async for finding in _gateway(app):
            yield finding


async def _agent(app: App) -> AsyncIterator[Finding]:
    for finding in await _documents(app):
        yield finding
    async for finding in _engines(app):
        yield finding
    for entry in await app.db.read(attention.waiting):
        yield Finding(False, f"waits for a person since {entry.since:%Y-%m-%d %H:%M} ({entry.about})", entry.reason)


async def _gateway(app: App) -> AsyncIterator[Finding]:
    if not app.channels:
        says = (
            "none connected: set WAPPI_TOKEN and WAPPI_PROFILE_ID, WAHA_API_ENDPOINT and WAHA_API_KEY, or the three "
            "settings of WHATSAPP_CLOUD, or try `saudager demo`"
        )
        yield Finding(False, "accounts", says)
    for account in await app.db.read(accounts.everyone):
        yield await _account(app, account)
        skew = app.channels[account.name].skew()
        if skew is not None and abs(skew) > _SKEW_NOTICED:
            yield _wrong_clock(f"the messenger of {account.name}", skew)
    if app.settings.public_url:
        yield await _public_address(app)
    says = f"become words by {app.transcriber.name}" if app.transcriber else "no key: customers are asked to write"
    yield Finding(True, "voice notes", says)


def _wrong_clock(whose: str, skew: timedelta) -> Finding:
    side = "behind" if skew > timedelta(0) else "ahead of"
    says = f"this machine's is {abs(skew.total_seconds()):.0f} s {side} that of {whose}: switch on time synchronisation"
    return Finding(False, "clock", says)


async def _public_address(app: App) -> Finding:
    """Whether what answers at the address messengers are told is this gateway."""
    http = HttpClient("PUBLIC_URL", app.settings.public_url, clock=app.clock, timeout=_BROKER_WITHIN)
    try:
        told = await http.call_json("GET", "/health", asked="the gateway's health", accept=(503,))
    except SaudagerError as error:
        says = f"messengers cannot reach the gateway there ({error}): is it running, and does the address lead to it?"
        return Finding(False, "PUBLIC_URL", says)
    finally:
        await http.close()
    reached = "last_poll_at" in told or told.get("status") == "unhealthy"
    return Finding(reached, "PUBLIC_URL", "leads to the gateway" if reached else "leads to something else")


async def _broker(wire: Wire) -> Finding:
    """Whether the broker answers, may be used, and holds nothing nobody could handle."""
    try:
        async with asyncio.timeout(_BROKER_WITHIN):
            await wire.open(list(CONTRACT.values()))
            depths = await wire.depth()
    except TimeoutError:
        says = f"did not answer in {_BROKER_WITHIN} s: is it running, and is its address right?"
        return Finding(False, wire.name, says)
    except SaudagerError as error:
        return Finding(False, wire.name, str(error))
    dead = ", ".join(f"{queue}: {count}" for queue, count in depths.items() if queue.endswith(DEAD) and count)
    return Finding(not dead, wire.name, f"messages nobody could handle: {dead}" if dead else "ready")


async def _database(app: App) -> Finding:
    if not app.db.url.startswith("sqlite:"):
        version, at = await app.db.read(_server)
        skew = at - app.clock.now()
        if abs(skew) > _SKEW_NOTICED:
            return _wrong_clock("PostgreSQL", skew)
        return Finding(True, "PostgreSQL", version)
    try:
        sqlite3.connect(":memory:").execute(_FTS5_PROBE)
    except sqlite3.OperationalError:
        return Finding(False, "SQLite", "has no full-text search (FTS5): use a Python whose sqlite3 has it")
    return Finding(True, "SQLite", sqlite3.sqlite_version)


def _server(session: Session) -> tuple[str, datetime]:
    """Its version and what time it is there."""
    version, at = _SERVER(session).fetchone()
    return version, at


async def _queues(app: App) -> Finding:
    depths = await app.db.read(table.depth)
    dead = {queue: counts["dead"] for queue, counts in depths.items() if counts["dead"]}
    waiting = {queue: counts["waiting"] for queue, counts in depths.items() if counts["waiting"]}
    if dead:
        listed = ", ".join(f"{queue}: {count}" for queue, count in dead.items())
        return Finding(False, "queues", f"messages nobody could handle: {listed}")
    return Finding(
        True, "queues", ", ".join(f"{queue}: {count} waiting" for queue, count in waiting.items()) or "empty"
    )


async def _documents(app: App) -> list[Finding]:
    shelf = await app.db.read(library.shelf)
    if not shelf:
        return [Finding(False, "documents", _nothing_read(app.settings.knowledge_folder))]
    useful = [document for document in shelf if document.passages]
    passages = sum(document.passages for document in useful)
    findings = [Finding(bool(useful), "documents", f"{len(useful)} of {len(shelf)} read, {passages} passages")]
    findings += [
        Finding(False, f"{document.file}, page {problem.page or '–'}", problem.problem)
        for document in shelf
        for problem in document.problems
    ]
    return findings


def _nothing_read(folder: Path) -> str:
    lying = sum(path.is_file() for path in folder.rglob("*"))
    if lying:
        return (
            f"none of the {lying} files in {folder} is read yet: `saudager up` or `saudager knowledge add` reads them"
        )
    return f"nothing read: put the shop's price lists and terms into {folder}"


async def _engines(app: App) -> AsyncIterator[Finding]:
    """One word asked of every engine, what its vendor has announced for its model, and the day's money."""
    hosted = app.model.engines if isinstance(app.model, Engines) else ()
    for name in app.settings.engines:
        if name not in {engine.name for engine in hosted}:
            await app.db.run(attention.settle, Why.ENGINE, notices.about(name), now=app.clock.now())
            yield Finding(True, f"engine {name}", "no key: it is passed over")
    if not isinstance(app.model, Engines):
        return
    today = app.model.books.today()
    async for engine, failed in app.model.try_each():
        about, says = f"engine {engine.name} ({engine.model_id})", _how_it_is(engine, failed)
        yield Finding(not failed, about, says)
        shutdown = shutdowns.of(engine.model_id)
        if shutdown is not None and (shutdown.on - today).days <= _SHUTDOWN_NEAR:
            verb = "was shut down" if shutdown.on <= today else "will be shut down"
            instead = f"such as {shutdown.instead}" if shutdown.instead else "that stays"
            says = f"its model {verb} on {shutdown.on}: set {engine.name.upper()}_MODEL to one {instead}"
            yield Finding(False, about, f"{says} ({shutdown.source}, looked up {shutdowns.CHECKED})")
    if (budget := app.model.books.budget) is not None:
        yield Finding(budget.spent < budget.cap, "engines' money", f"{budget.as_money()} of {budget.written} today")


def _how_it_is(engine: Engine, failed: str) -> str:
    health = engine.health
    if not failed:
        return "ready"
    if health.stopped:
        return f"stopped: the key is not accepted or there is no such model, see {engine.name.upper()}_API_KEY"
    if health.rests_until is not None:
        return f"cooling until {health.rests_until:%H:%M:%S} UTC: {failed}"
    return failed


async def _account(app: App, account: Account) -> Finding:
    name, channel = account.name, app.channels[account.name]
    try:
        picture = await _picture_to_scan(app, name, cast(LinkedChannel, channel)) if hasattr(channel, "qr") else ""
        if account.paused_reason is not None:
            return Finding(False, name, f"paused: {account.paused_reason}{picture}")
        status = await channel.status()
    except SaudagerError as error:
        return Finding(False, name, str(error))
    if not status.ready:
        return Finding(False, name, f"{status.reason or 'not ready yet: it is starting'}{picture}")
    until = max(filter(None, (status.no_first_contacts_until, account.no_first_contacts_until)), default=None)
    if until is not None and until > app.clock.now():
        says = f"answers only: until {until:%Y-%m-%d %H:%M} UTC it may not write to people who have not written to it"
        return Finding(False, name, says)
    return Finding(True, name, f"ready{_webhook(app, name)}")


async def _picture_to_scan(app: App, name: str, channel: LinkedChannel) -> str:
    """Where the QR code lies that links the phone, when one is to be scanned."""
    picture = await channel.qr()
    if picture is None:
        return ""
    file = app.settings.data_dir / (re.sub(r"\W+", "-", name) + "-qr.png")
    file.write_bytes(picture)
    return f" The code to scan within 20 seconds is in {file}; this command makes a new one."


def _webhook(app: App, name: str) -> str:
    """Where the messenger should call, for its own settings page."""
    channel, secret = app.channels[name], webhooks.secret_of(app, name)
    if not hasattr(channel, "read"):
        return ""
    where = f"; its webhook is {webhooks.address_of(app, name)} behind your public address"
    return f"{where}, its verify token or HMAC key {secret}" if cast(PushedChannel, channel).signs else where
