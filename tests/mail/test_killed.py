"""No letter is lost and none is sent twice, however often the process that sends them is killed."""

import asyncio
import os
import random
import sys
from collections import Counter
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from saudager.contracts import OutgoingMail, lane_key
from saudager.db import migrate
from saudager.db.statements import Statement
from saudager.db.threads import Database
from saudager.queues import table
from tests.fakes.mail_carriers import FakeResend
from tests.fakes.mail_server import MailServer

LETTERS, KILLS, SEED = 400, 5, 20260311
ACCOUNT = "mail:sales@shop.kz"
_GATEWAY = """
import asyncio
from saudager import services, settings
from saudager.bootstrap import bootstrap, connect_accounts

async def main():
    app = bootstrap(settings.load(), poll=None, hosted=False)
    await connect_accounts(app)
    async with services.running(app, gateway=True, agent=False):
        print("runs", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.slow
@pytest.mark.parametrize("carrier", ["smtp", "resend"])
async def test_every_letter_leaves_once_whenever_its_sender_is_killed(tmp_path: Path, carrier: str) -> None:
    dice = random.Random(SEED)
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(MailServer())
        resend = await stack.enter_async_context(FakeResend())
        told = {"smtp": _smtp(server), "resend": _resend(resend)}[carrier]
        db = _database(tmp_path)
        stack.push_async_callback(db.close)
        await db.run(_write_letters)
        for _ in range(KILLS):
            process = await _started(tmp_path, told)
            await asyncio.sleep(dice.uniform(0.02, 0.4))
            process.kill()
            await process.wait()
        process = await _started(tmp_path, told)
        async with asyncio.timeout(240):
            while await db.read(_waiting):
                await asyncio.sleep(0.1)
        process.terminate()
        await process.wait()
        states = await db.read(_states)
    got = Counter(taken.recipients[0] for taken in server.letters) + Counter(body["to"][0] for body in resend.taken)
    assert max(got.values()) == 1
    assert len(states) == LETTERS
    for recipient, state in states.items():
        assert state in ("sent", "unsettled")
        assert state == "unsettled" or recipient in got
    unsettled = sum(state == "unsettled" for state in states.values())
    assert unsettled <= (KILLS if carrier == "smtp" else 0)


def _smtp(server: MailServer) -> dict[str, str]:
    return {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(server.port), "SMTP_SECURITY": "none"}


def _resend(resend: FakeResend) -> dict[str, str]:
    return {"RESEND_API_KEY": resend.key, "RESEND_BASE_URL": resend.base_url}


async def _started(folder: Path, told: dict[str, str]) -> asyncio.subprocess.Process:
    usual = {"DATA_DIR": str(folder), "FROM_EMAIL": "sales@shop.kz", "MAIL_PER_MINUTE": "0", "PATH": os.environ["PATH"]}
    path = {"PYTHONPATH": os.pathsep.join(sys.path)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _GATEWAY, env=usual | path | told, cwd=folder, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"runs\n"
    return process


def _database(folder: Path) -> Database:
    url = f"sqlite:///{folder / 'saudager.db'}"
    migrate.upgrade(url, (migrate.GATEWAY, migrate.AGENT))
    return Database(url)


def _write_letters(session: Session) -> None:
    now = datetime.now(UTC)
    for number in range(LETTERS):
        letter = OutgoingMail(
            id=f"letter:{number}",
            created_at=now,
            account=ACCOUNT,
            recipient=f"{number}@client.kz",
            subject="Новости",
            text="Здравствуйте!",
        )
        body = letter.model_dump_json(by_alias=True, exclude_none=True)
        key = lane_key(ACCOUNT, letter.recipient)
        table.publish(session, "outgoing_mail", body, id=letter.id, key=key, now=now, rank=letter.rank, lot=ACCOUNT)


_WAITING = Statement("select count(*) from queue_messages where queue = 'outgoing_mail' and state = 0")
_STATES = Statement("select chat, queue_status from message_log where direction = 'out'")


def _waiting(session: Session) -> int:
    count: int = _WAITING(session).fetchone()[0]
    return count


def _states(session: Session) -> dict[str, str]:
    return dict(_STATES(session).fetchall())
