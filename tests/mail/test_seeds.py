"""A mailbox the environment names is connected at the first start; what the merchant changes in it counts."""

from collections.abc import Callable
from typing import Any

import pytest

from saudager.bootstrap import bootstrap, connect_accounts
from saudager.clock import MovableClock
from saudager.errors import BadCredentials, ConfigurationError
from saudager.gateway import accounts, mail_connections
from saudager.providers.gateway import MailForm
from saudager.rehearsal import OPENING, Shop, rehearse
from saudager.settings import Settings

SALES = "mail:sales@shop.kz"
NOWHERE = "http://127.0.0.1:9"
NAMED: dict[str, Any] = {
    "from_email": "Sales@Shop.kz",
    "resend_api_key": "re_secret",
    "resend_base_url": NOWHERE,
    "resend_webhook_secret": "whsec_c2VjcmV0",
    "sendgrid_api_key": "SG.secret",
    "sendgrid_base_url": NOWHERE,
    "smtp_host": "127.0.0.1",
    "smtp_port": 9,
    "smtp_user": "sales@shop.kz",
    "smtp_pass": "mail-secret",
    "mail_carriers": "smtp,resend,sendgrid",
}

Make = Callable[..., Settings]


async def config(shop: Shop) -> dict[str, Any]:
    return mail_connections.config_of(shop.app, await shop.app.db.read(accounts.one, SALES))


async def test_what_the_environment_names_is_a_mailbox_with_its_carriers_in_their_order(settings: Make):
    async with rehearse(settings(**NAMED)) as shop:
        mailbox = shop.app.mailboxes[SALES]
        assert (mailbox.address.email, mailbox.address.name) == ("sales@shop.kz", "Тёплый Дом")
        assert list(mailbox.mailers) == ["smtp", "resend", "sendgrid"]
        assert (await config(shop))["carriers"]["smtp"] == {
            "host": "127.0.0.1",
            "port": 9,
            "security": "auto",
            "server_keeps_copies": False,
            "user": "sales@shop.kz",
            "password": "mail-secret",
        }


async def test_no_page_or_answer_shows_the_secrets_of_any_carrier(settings: Make):
    async with rehearse(settings(**NAMED)) as shop:
        (shown, _) = await shop.app.gateway.mailboxes()

        secrets = {part.name: list(part.secrets_set) for part in shown.carriers}
        assert secrets == {"smtp": ["password"], "resend": ["api_key", "webhook_secret"], "sendgrid": ["api_key"]}
        assert "secret" not in str([part.config for part in shown.carriers])


async def test_what_the_merchant_changed_outlives_a_restart(settings: Make):
    async with rehearse(settings(**NAMED)) as shop:
        smtp = {"host": "127.0.0.1", "port": "9", "user": "sales@shop.kz", "password": ""}
        changed = MailForm("sales@shop.kz", {"smtp": smtp}, sender_name="Другое имя")
        await shop.app.gateway.change_mailbox(SALES, changed, untested=True)

    async with rehearse(settings(**NAMED)) as shop:
        assert list(shop.app.mailboxes[SALES].mailers) == ["smtp"]
        assert shop.app.mailboxes[SALES].address.name == "Другое имя"
        assert (await config(shop))["carriers"]["smtp"]["password"] == "mail-secret"
        await shop.app.gateway.disconnect(SALES)

    async with rehearse(settings(**NAMED)) as shop:
        assert SALES not in shop.app.mailboxes


async def test_what_is_changed_in_the_environment_is_used_until_the_merchant_changes_it(
    settings: Make, caplog: pytest.LogCaptureFixture
):
    async def password() -> str:
        return str((await config(shop))["carriers"]["smtp"]["password"])

    async with rehearse(settings(**NAMED)) as shop:
        await shop.app.db.run(accounts.not_accepted, SALES, BadCredentials("535"), now=OPENING)
    async with rehearse(settings(**NAMED | {"smtp_pass": "another-secret"})) as shop:
        assert await password() == "another-secret"
        assert (await shop.app.db.read(accounts.one, SALES)).paused_reason is None
        assert not caplog.records

        smtp = {"host": "127.0.0.1", "port": "9", "user": "sales@shop.kz", "password": "typed"}
        await shop.app.gateway.change_mailbox(SALES, MailForm("sales@shop.kz", {"smtp": smtp}), untested=True)
    async with rehearse(settings(**NAMED | {"smtp_pass": "a-third-secret"})) as shop:
        assert await password() == "typed"
        assert SALES in caplog.text


async def test_an_environment_without_mail_connects_none(settings: Make):
    async with rehearse(settings(from_email="sales@shop.kz")) as shop:
        assert list(shop.app.mailboxes) == ["mail:shop@trial.example"]


@pytest.mark.parametrize(("host", "keeps"), [("smtp.gmail.com", True), ("smtp.yandex.ru", False)])
async def test_gmail_is_known_to_keep_copies_of_what_it_sends(settings: Make, host: str, keeps: bool):
    async with rehearse(settings(**NAMED | {"smtp_host": host, "mail_carriers": "smtp"})) as shop:
        assert (await config(shop))["carriers"]["smtp"]["server_keeps_copies"] is keeps


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"resend_api_key": "ключ"}, "RESEND_API_KEY"),
        ({"smtp_host": "smtp firm kz"}, "SMTP_HOST"),
        ({"imap_host": "imap.firm.example", "imap_pass": "secret", "imap_security": "none"}, "IMAP_SECURITY"),
    ],
)
async def test_a_wrong_setting_is_named_at_the_start_and_not_kept(settings: Make, wrong: dict[str, str], named: str):
    right = {"from_email": "sales@firm.example", "smtp_host": "smtp.firm.example"}
    app = bootstrap(settings(**right | wrong), clock=MovableClock(OPENING), hosted=False, poll=None)
    with pytest.raises(ConfigurationError, match=named):
        await connect_accounts(app)
    await app.close()

    app = bootstrap(settings(**right), clock=MovableClock(OPENING), hosted=False, poll=None)
    await connect_accounts(app)
    assert list(app.mailboxes) == ["mail:sales@firm.example"]
    await app.close()
