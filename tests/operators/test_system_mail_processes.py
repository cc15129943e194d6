"""Letters to operators between processes: one that is killed at any moment, and two with a broker between them."""

import asyncio
import os
import random
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from saudager import attention, services
from saudager.attention import Why
from saudager.bootstrap import bootstrap, connect_accounts
from saudager.db import migrate
from saudager.db.threads import Database
from saudager.operators import accounts, system_mail
from saudager.operators.mail_words import Mail
from saudager.operators.models import OneTimeLink, SystemMail
from saudager.operators.roles import Role
from tests import servers
from tests.fakes.mail_server import MailServer

OPERATORS, KILLS, SEED = 60, 4, 20261127
_BOTH = """
import asyncio
from saudager import services, settings
from saudager.bootstrap import bootstrap, connect_accounts

async def main():
    app = bootstrap(settings.load(), poll=None, hosted=False)
    await connect_accounts(app)
    async with services.running(app, gateway=True, agent=True):
        print("runs", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


def _address(number: int) -> str:
    return f"op{number}@client.kz"


def _ask(session: Session, operators: int) -> None:
    now = datetime.now(UTC)
    for number in range(operators):
        made = accounts.create(session, f"op{number}", "Айгуль", Role.VIEWER, password_digest="x", now=now)
        made.email = _address(number)
        system_mail.ask(session, made, Mail.RESET_PASSWORD, now=now)


def _states(session: Session) -> dict[str, str]:
    return {mail.recipient: mail.state for mail in session.scalars(select(SystemMail))}


def _links(session: Session) -> int:
    return session.scalars(select(func.count()).select_from(OneTimeLink)).one()


@pytest.mark.slow
async def test_every_letter_leaves_once_with_one_link_whenever_the_process_is_killed(tmp_path: Path) -> None:
    dice = random.Random(SEED)
    url = f"sqlite:///{tmp_path / 'saudager.db'}"
    migrate.upgrade(url, (migrate.GATEWAY, migrate.AGENT))
    db = Database(url)
    try:
        await db.run(_ask, OPERATORS)
        async with MailServer() as server:
            for kill in range(KILLS + 1):
                process = await _started(tmp_path, server)
                if kill == KILLS:
                    await _until(db, lambda states: "waiting" not in states.values())
                    process.terminate()
                else:
                    await asyncio.sleep(dice.uniform(0.02, 0.5))
                    process.kill()
                await process.wait()
        states, links = await db.read(_states), await db.read(_links)
        asked = [one for one in await db.read(attention.waiting) if one.kind == Why.SYSTEM_MAIL]
    finally:
        await db.close()
    got = Counter(taken.recipients[0] for taken in server.letters)
    assert max(got.values()) == 1
    assert links == OPERATORS
    unsettled = [address for address, state in states.items() if state != "sent"]
    assert all(address in got for address in states if address not in unsettled)
    assert len(unsettled) == len(asked) <= KILLS


async def _started(folder: Path, server: MailServer) -> asyncio.subprocess.Process:
    told = {
        "DATA_DIR": str(folder),
        "FROM_EMAIL": "sales@shop.kz",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(server.port),
        "SMTP_SECURITY": "none",
        "MAIL_PER_MINUTE": "0",
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _BOTH, env=told, cwd=folder, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"runs\n"
    return process


@pytest.mark.servers
async def test_a_link_goes_over_the_wire_and_is_kept_on_neither_side(
    settings: Callable[..., Any], tmp_path: Path
) -> None:
    with servers.own_redis(tmp_path) as redis:
        urls = {f"{name}_database_url": f"sqlite:///{tmp_path / name}.db" for name in ("gateway", "agent")}
        async with MailServer() as server:
            smtp = {"smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_security": "none"}
            chosen = settings(
                redis_url=redis, from_email="sales@shop.kz", console_url="https://shop.example", **smtp, **urls
            )
            gateway = bootstrap(chosen, service="gateway", hosted=False)
            agent = bootstrap(chosen, service="agent", hosted=False)
            agent.gateway = gateway.gateway
            try:
                await connect_accounts(gateway)
                async with (
                    services.running(gateway, gateway=True, agent=False),
                    services.running(agent, gateway=False, agent=True),
                ):
                    await agent.db.run(_ask, 1)
                    await _until(agent.db, lambda states: list(states.values()) == ["sent"])
                bodies = [body for app in (agent, gateway) for body in await app.db.read(_bodies)]
            finally:
                await gateway.close()
                await agent.close()
    (taken,) = server.letters
    assert taken.recipients == [_address(0)]
    assert any('"secret": false' in body for body in bodies)
    assert not any("welcome" in body for body in bodies)


def _bodies(session: Session) -> list[str]:
    rows = session.connection().exec_driver_sql("select body from queue_messages where queue like 'outgoing_mail%'")
    return [body for (body,) in rows]


async def _until(db: Database, done: Callable[[dict[str, str]], bool]) -> None:
    async with asyncio.timeout(120):
        while not done(await db.read(_states)):
            await asyncio.sleep(0.05)
