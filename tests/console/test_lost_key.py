"""vault.key was lost, or is another shop's: everything starts, and says which accounts need their credentials again."""

import json
from collections.abc import Callable
from pathlib import Path

from sqlalchemy.orm import Session

from saudager.attention import Why
from saudager.crm import tokens
from saudager.crm.models import CrmConnection, Strategy
from saudager.doctor import examine
from saudager.gateway import accounts
from saudager.orders.models import Shop as OrderShop
from saudager.providers.crm import Tokens
from saudager.rehearsal import OPENING, rehearse
from saudager.settings import Settings
from saudager.vault import Vault
from tests.console.conftest import OpenConsole

LOST, MAILBOX = "simulator:lost", "mail:lost@example.kz"


def _sealed_elsewhere(session: Session, vault: Vault) -> None:
    forms = {
        LOST: {},
        MAILBOX: {"address": "lost@example.kz", "carriers": {"smtp": {"host": "127.0.0.1"}}, "reader": None},
    }
    for name, form in forms.items():
        vendor = name.partition(":")[0]
        accounts.connect(session, name, vendor=vendor, sealed_config=vault.seal(json.dumps(form)), now=OPENING)
    session.add(
        OrderShop(
            name="Kaspi",
            marketplace="kaspi",
            config=vault.seal('{"token": "made-up"}'),
            writes=True,
            connected_at=OPENING,
        )
    )
    session.add(
        CrmConnection(
            vendor="kommo",
            base_url="http://127.0.0.1:9",
            account_id=31,
            title="Kommo",
            currency="KZT",
            secrets=tokens.seal(vault, Tokens("made-up"), None),
            connected_at=OPENING,
            strategy=Strategy.MAILBOX,
            notes_talks=True,
        )
    )
    session.flush()


async def test_what_the_key_does_not_open_waits_for_its_credentials_and_the_rest_works(
    settings: Callable[..., Settings], open_console: OpenConsole, tmp_path: Path
):
    async with rehearse(settings()) as shop:
        await shop.app.db.run(_sealed_elsewhere, Vault(tmp_path / "another.key"))
    console = await open_console()
    assert await console.shop.ask_as_customer("Здравствуйте! Сколько стоит доставка?") != []
    desk = {entry.kind: entry.reason for entry in await console.shop.desk()}
    assert all("vault.key" in desk[kind] for kind in (Why.ACCOUNT, Why.SHOP, Why.CRM))
    for page in (f"connections/account?name={LOST}", f"connections/mail/box?name={MAILBOX}", "connections"):
        assert "vault.key" in await console.sees(f"/console/{page}"), page
    assert "Kaspi" in await console.sees("/console/orders/shops/1")
    await console.app.gateway.pause(LOST, "переезжаем")
    await console.app.gateway.resume(LOST)
    paused = {one.name: one.paused_reason or "" for one in await console.app.gateway.accounts()}
    assert "vault.key" in paused[LOST], "what waits for it would be given up"
    findings = {finding.about: finding async for finding in examine(console.app)}
    assert [findings[name].good for name in (LOST, MAILBOX)] == [False, False]
    new = {"account": LOST, "untested": "yes"}
    assert (await console.post("/console/connections/account", new)).is_success
    assert LOST in console.app.channels
