"""With a database for each service and a broker between them, whoever is erased is gone from both."""

import asyncio
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager import services
from saudager.api import office as routes
from saudager.app import App
from saudager.bootstrap import SIMULATOR, bootstrap, connect_accounts
from saudager.contracts import Kind
from saudager.conversations.models import Conversation
from saudager.gateway import intake
from saudager.gateway.models import Account
from saudager.gateway.office import service_key
from saudager.people import erasing, exporting
from saudager.people.models import Erasure
from saudager.providers.channels.simulator import Simulator
from saudager.providers.gateway.http import HttpGateway
from saudager.providers.llm.scripted import ScriptedModel
from saudager.rehearsal import CUSTOMER
from saudager.web import make_web
from tests import servers
from tests.test_erasing import HIS, NAME, PHONE, WORDS, _everything


@pytest.mark.servers
async def test_an_erased_person_is_gone_from_both_databases_and_the_files(
    settings: Callable[..., Any], tmp_path: Path
) -> None:
    with servers.own_redis(tmp_path) as redis:
        urls = {f"{name}_database_url": f"sqlite:///{tmp_path / name}.db" for name in ("gateway", "agent")}
        chosen = settings(redis_url=redis, patience=0.2, patience_complete=0.2, **urls)
        gateway = bootstrap(chosen, service="gateway", hosted=False)
        agent = bootstrap(chosen, service="agent", model=ScriptedModel(["Сейчас расскажу."]))
        agent.gateway = _over_http(gateway)
        try:
            await connect_accounts(gateway, simulator=True)
            phone = gateway.channels[SIMULATOR]
            assert isinstance(phone, Simulator)
            account = await gateway.db.read(lambda session: session.get_one(Account, SIMULATOR))
            async with (
                services.running(gateway, gateway=True, agent=False),
                services.running(agent, gateway=False, agent=True),
            ):
                lines = [
                    phone.write(CUSTOMER, WORDS, name=NAME),
                    phone.write(CUSTOMER, None, kind=Kind.IMAGE, file=(b"his picture", "image/jpeg"), name=NAME),
                ]
                await gateway.db.run(intake.take, account, lines, hears=False, now=gateway.clock.now())
                await _until(lambda: len(phone.chat(CUSTOMER)) > 2)
                contact = await agent.db.read(_contact)
                named = {**await _named(gateway), **await _named(agent)}
                assert {"message_log", "messages", "contacts", "identities", "conversations"} <= set(named)
                assert list(chosen.media_folder.rglob("*.jpg"))
                handed = b"".join([piece async for piece in exporting.export(agent, contact)])
                with zipfile.ZipFile(io.BytesIO(handed)) as archive:
                    assert WORDS in {row["message_text"] for row in json.loads(archive.read("data/message_log.json"))}
                    assert [name for name in archive.namelist() if name.startswith("media/") and name.endswith(".jpg")]
                await agent.db.run(erasing.ask, contact, PHONE[-4:], now=agent.clock.now())
                async with asyncio.timeout(60):
                    while not await agent.db.read(_is_done):
                        await asyncio.sleep(0.05)
                assert {**await _named(gateway), **await _named(agent)} == {}
                assert not list(chosen.media_folder.rglob("*.jpg"))
        finally:
            await gateway.close()
            await agent.close()


def _over_http(gateway: App) -> HttpGateway:
    site = make_web("gateway")
    key = service_key(gateway.settings, gateway.vault)
    site.include_router(routes.router(gateway.gateway, key))
    return HttpGateway("http://gateway", key, clock=gateway.clock, transport=httpx.ASGITransport(site))


async def _named(app: App) -> dict[str, str]:
    kept = await app.db.read(_everything)
    return {name: row for name, rows in kept.items() for row in rows for his in HIS if his in row}


def _contact(session: Session) -> int:
    return session.scalars(select(Conversation.contact_id).where(Conversation.chat == CUSTOMER)).one()


def _is_done(session: Session) -> bool:
    return session.scalars(select(Erasure.done_at)).one() is not None


async def _until(done: Callable[[], Any]) -> None:
    async with asyncio.timeout(60):
        while not done():
            await asyncio.sleep(0.02)
