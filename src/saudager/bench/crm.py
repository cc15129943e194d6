"""A CRM: how long the first reading of an account takes beside what its limit of requests allows.

A Kommo on loopback with 5 pipelines, 40 fields, 10 000 contacts and 10 000 leads is connected and read to the end.
``paced`` keeps the seven requests a second it allows; ``minimum`` is the fewest requests there can be (the account, its
pipelines, users and the fields of both kinds, and a page for each 250 contacts or leads), ``minimum_s`` the seconds
they take at that pace. ``look_…`` is the sweep after it, when 20 contacts and 20 leads were changed. ``unpaced`` has
no limit to keep: what is left is our own work, and the fake's.
"""

import math
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.bench import memory, processor, settings
from saudager.bench.kommo_account import KommoAccount
from saudager.bootstrap import bootstrap
from saudager.clock import SystemClock
from saudager.crm import connecting, sweeping, sync
from saudager.crm.models import CrmContact, CrmField, CrmLead, CrmPipeline

_PIPELINES, _FIELDS, _CONTACTS, _LEADS = 5, 40, 10_000, 10_000
_CHANGED, _CHANGED_NAME = 20, "Другое имя"
_PAGE, _PER_SECOND = 250, 7
_DESCRIPTION = 5
"""Requests that are no page of contacts or leads: account, pipelines, users, fields of either."""
_NO_PACE = 1e6
Row = dict[str, Any]


async def paced(scale: float) -> Row:
    """Connected and read at seven requests a second, then swept."""
    with tempfile.TemporaryDirectory() as folder:
        async with _account(scale, per_second=_PER_SECOND) as kommo, _app(folder, _PER_SECOND) as app:
            row, connection_id = await _read(app, kommo)
            minimum = _DESCRIPTION + sum(math.ceil(len(rows) / _PAGE) for rows in (kommo.contacts, kommo.leads))
            row |= {"minimum": minimum, "minimum_s": round((minimum - 1) / _PER_SECOND, 2)}
            for contact, lead in zip([*kommo.contacts][:_CHANGED], [*kommo.leads][:_CHANGED], strict=True):
                kommo.change_contact(contact, name=_CHANGED_NAME)
                kommo.change_lead(lead, name=_CHANGED_NAME)
            before, began = kommo.requests.total(), time.perf_counter()
            await sweeping.sweep(app, connection_id, owner="bench")
            seconds = time.perf_counter() - began
            return row | {
                "look_changed": await app.db.read(_changed),
                "look_requests": kommo.requests.total() - before,
                "look_minimum": 2,
                "look_s": round(seconds, 2),
            }


async def unpaced(scale: float) -> Row:
    """Read as fast as it goes."""
    with tempfile.TemporaryDirectory() as folder:
        async with _account(scale, per_second=None) as kommo, _app(folder, _NO_PACE) as app:
            return (await _read(app, kommo))[0]


def ratios(rows: dict[str, Row]) -> dict[str, float]:
    """Requests and seconds beside the least there can be."""
    paced = rows.get("paced", {})
    return {
        f"paced_{name}_vs_minimum": round(paced[ours] / paced[least], 3)
        for name, ours, least in (
            ("requests", "requests", "minimum"),
            ("seconds", "seconds", "minimum_s"),
            ("look_requests", "look_requests", "look_minimum"),
        )
        if least in paced
    }


@asynccontextmanager
async def _account(scale: float, *, per_second: int | None) -> AsyncIterator[KommoAccount]:
    async with KommoAccount() as kommo:
        kommo.gate.per_second = per_second
        of_all = scale**2  # a hundredth is enough for a first look
        counts = {"contacts": int(_CONTACTS * of_all), "leads": int(_LEADS * of_all)}
        kommo.fill(pipelines=_PIPELINES, fields=_FIELDS, **counts)
        yield kommo


@asynccontextmanager
async def _app(folder: str, per_second: float) -> AsyncIterator[App]:
    """A product that believes an account on this machine."""
    app = bootstrap(settings.in_folder(folder), clock=SystemClock(), hosted=False, poll=None)
    app.crms = {
        name: replace(kind, domains=("127.0.0.1",), requests_per_second=per_second) for name, kind in app.crms.items()
    }
    try:
        yield app
    finally:
        await app.close()


async def _read(app: App, kommo: KommoAccount) -> tuple[Row, int]:
    token = kommo.long_lived_token
    began, cpu = time.perf_counter(), processor.used()
    connection_id = await connecting.connect_long_lived(app, "kommo", kommo.base_url, token)
    await sync.sync_pipelines(app, "bench", connection_id)
    seconds, cpu = time.perf_counter() - began, processor.used() - cpu
    read = await app.db.read(_counts)
    rows = read["contacts"] + read["leads"]
    return {
        **read,
        "requests": kommo.requests.total(),
        "seconds": round(seconds, 2),
        "cpu_s": round(cpu, 2),
        "rows_per_s": round(rows / seconds),
        "rss_mb": memory.now_mb(),
    }, connection_id


def _counts(session: Session) -> dict[str, int]:
    tables = {"pipelines": CrmPipeline, "fields": CrmField, "contacts": CrmContact, "leads": CrmLead}
    return {name: session.scalars(select(func.count()).select_from(table)).one() for name, table in tables.items()}


def _changed(session: Session) -> int:
    """How many contacts and leads we know by the name they were given."""
    found = (
        select(func.count()).select_from(table).where(table.name == _CHANGED_NAME) for table in (CrmContact, CrmLead)
    )
    return sum(session.scalars(count).one() for count in found)
