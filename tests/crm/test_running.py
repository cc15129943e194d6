"""The product at work with an account: it keeps up by itself, and killed at any moment it loses and repeats nothing."""

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from saudager.bench.kommo_account import KommoAccount
from saudager.clock import MovableClock
from saudager.crm import connecting
from saudager.rehearsal import OPENING
from saudager.vault import Vault
from tests.crm.merchant import DOMAINS, PUBLIC, Merchant
from tests.fakes.serving import refused_url

KILLS, ROWS = 3, 1500


async def test_an_account_is_read_and_kept_up_with_by_itself(open_shop: Callable[..., Any]) -> None:
    clock = MovableClock(OPENING)
    async with KommoAccount(now=clock.now) as kommo:
        shop = await open_shop(clock=clock, kommo_domains=DOMAINS, public_url=PUBLIC)
        merchant = Merchant(shop.app, kommo)
        person = kommo.add_contact("Айгерим", phone="+7 701 555 01 01")
        lead = kommo.add_lead("Чайник", contact=person, stage="Новая")
        connected = asyncio.ensure_future(
            connecting.connect_long_lived(shop.app, "kommo", kommo.base_url, kommo.long_lived_token)
        )
        merchant.id = await connected
        await shop.time_passes(minutes=1)
        assert (await merchant.connection()).synced_at is not None

        kommo.move(lead, stage="Думает")
        assert set(await merchant.is_told()) == {200}
        await shop.time_passes(minutes=1)
        assert [kind for kind, _ in await merchant.happened()] == ["lead_stage_changed"]

        kommo.move(lead, stage="Оплачено")
        kommo.hook_calls()
        await shop.time_passes(minutes=15)
        assert [kind for kind, _ in await merchant.happened()] == ["lead_stage_changed"] * 2
        assert await shop.desk() == []


@pytest.mark.slow
async def test_killed_again_and_again_it_goes_on_and_then_hears_what_is_told(tmp_path: Path) -> None:
    async with KommoAccount() as kommo:
        kommo.gate.per_second = None
        kommo.fill(pipelines=2, fields=6, contacts=ROWS, leads=ROWS)
        for kill in range(KILLS):
            async with _product(tmp_path, kommo):
                wanted = kommo.requests["contacts"] + kommo.requests["leads"] + 2 + kill % 2
                await _until(lambda wanted=wanted: kommo.requests["contacts"] + kommo.requests["leads"] >= wanted)
        async with _product(tmp_path, kommo) as url:
            await _until(lambda: _figure(tmp_path, "select count(*) from crm_connections where synced_at is not null"))
            for table in ("crm_leads", "crm_contacts", "contacts"):
                assert _figure(tmp_path, f"select count(*) from {table}") == ROWS
            assert kommo.requests["contacts"] + kommo.requests["leads"] <= 2 * (ROWS // 249 + 1) + 2 * KILLS + 4
            lead = next(iter(kommo.leads))
            kommo.move(lead, stage="Оплачено")
            secret = Vault(tmp_path / "vault.key").derive("crm hook 1")
            form = {"content-type": "application/x-www-form-urlencoded"}
            async with httpx.AsyncClient() as http:
                for _ in range(2):
                    call = f"leads[status][0][id]={lead}&leads[status][0][status_id]=1".encode()
                    answer = await http.post(f"{url}/crm/hooks/1/{secret}", content=call, headers=form)
                    assert answer.status_code == 200
            await _until(lambda: _figure(tmp_path, "select count(*) from events where kind = 'lead_stage_changed'"))
            assert _figure(tmp_path, "select count(*) from events") == 1


@asynccontextmanager
async def _product(folder: Path, kommo: KommoAccount) -> AsyncIterator[str]:
    """Its address; killed at the end."""
    port = urlsplit(refused_url()).port
    settings = {
        "DATA_DIR": str(folder),
        "PORT": str(port),
        "KOMMO_TOKEN": kommo.long_lived_token,
        "KOMMO_BASE_URL": kommo.base_url,
        "KOMMO_DOMAINS": "127.0.0.1",
        "KOMMO_REQUESTS_PER_SECOND": "7",
        "LOG_LEVEL": "WARNING",
    }
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from saudager.cli import main; main(['up'])"),
        env=kept | settings,
        cwd=folder,
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        if running.returncode is None:
            running.send_signal(signal.SIGKILL)
        await running.wait()


def _figure(folder: Path, query: str) -> int:
    with closing(sqlite3.connect(folder / "saudager.db")) as connection:
        return int(connection.execute(query).fetchone()[0])


async def _until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.02)
