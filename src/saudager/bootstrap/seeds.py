"""The numbers and mailboxes the environment names: stored when they are first met there, and again when it has changed,
unless a person has changed them in the console since."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from saudager.bootstrap.mail import CARRIERS, TRIAL_MAILBOX
from saudager.bootstrap.messengers import SIMULATOR
from saudager.contracts import MAILBOX
from saudager.gateway import accounts, mail_connections, whitelist
from saudager.gateway.models import Account
from saudager.settings import Settings
from saudager.vault import Vault


def account_seeds(settings: Settings, *, simulator: bool) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(name, vendor, config) of every account the environment describes."""
    if settings.wappi_token is not None:
        config = {
            "base_url": settings.wappi_base_url,
            "token": settings.wappi_token.get_secret_value(),
            "profile_id": settings.wappi_profile_id,
        }
        yield f"wappi:{settings.wappi_profile_id}", "wappi", config
    if settings.whatsapp_cloud_token is not None and settings.whatsapp_cloud_app_secret is not None:
        config = {
            "base_url": settings.whatsapp_cloud_base_url,
            "token": settings.whatsapp_cloud_token.get_secret_value(),
            "phone_number_id": settings.whatsapp_cloud_phone_number_id,
            "app_secret": settings.whatsapp_cloud_app_secret.get_secret_value(),
        }
        yield f"whatsapp_cloud:{settings.whatsapp_cloud_phone_number_id}", "whatsapp_cloud", config
    if settings.waha_api_key is not None:
        config = {
            "base_url": settings.waha_api_endpoint,
            "api_key": settings.waha_api_key.get_secret_value(),
            "session": settings.waha_session,
        }
        yield f"waha:{settings.waha_session}", "waha", config
    if simulator:
        yield SIMULATOR, "simulator", {}


def mailbox_seeds(settings: Settings, *, simulator: bool) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The same of every mailbox."""
    carriers, reader = _carriers(settings), _reader(settings)
    if carriers or reader:
        config: dict[str, Any] = {
            "address": settings.mail_address,
            "sender_name": settings.mail_sender_name or settings.shop_name,
            "carriers": carriers,
            "reader": reader,
        }
        yield mail_connections.name_of(settings.mail_address), accounts.MAIL, config
    if simulator:
        config = {
            "address": TRIAL_MAILBOX.removeprefix(MAILBOX),
            "sender_name": settings.shop_name,
            "carriers": {SIMULATOR: {}},
            "reader": None,
        }
        yield TRIAL_MAILBOX, accounts.MAIL, config


def setting_of(field: str) -> str:
    """``smtp.password`` comes from SMTP_PASS."""
    return field.upper().replace(".", "_").replace("PASSWORD", "PASS")


def _carriers(settings: Settings) -> dict[str, dict[str, Any]]:
    """The forms of those who carry letters, in the order of MAIL_CARRIERS, as far as the environment holds them."""
    forms: dict[str, dict[str, Any]] = {}
    if settings.resend_api_key is not None:
        forms["resend"] = {
            "api_key": settings.resend_api_key.get_secret_value(),
            "base_url": settings.resend_base_url,
        }
        if settings.resend_webhook_secret is not None:
            forms["resend"]["webhook_secret"] = settings.resend_webhook_secret.get_secret_value()
    if settings.sendgrid_api_key is not None:
        forms["sendgrid"] = {
            "api_key": settings.sendgrid_api_key.get_secret_value(),
            "base_url": settings.sendgrid_base_url,
        }
        if settings.sendgrid_webhook_key is not None:
            forms["sendgrid"]["webhook_key"] = settings.sendgrid_webhook_key
    if settings.smtp_host is not None:
        forms["smtp"] = {"host": settings.smtp_host, "port": settings.smtp_port, "security": settings.smtp_security}
        forms["smtp"]["server_keeps_copies"] = settings.smtp_host.endswith((".gmail.com", ".googlemail.com"))
        if settings.smtp_user is not None:
            forms["smtp"]["user"] = settings.smtp_user
        if settings.smtp_pass is not None:
            forms["smtp"]["password"] = settings.smtp_pass.get_secret_value()
    return {name: forms[name] for name in settings.mail_carriers if name in forms and name in CARRIERS}


def _reader(settings: Settings) -> dict[str, dict[str, Any]] | None:
    password = settings.imap_pass or settings.smtp_pass
    if settings.imap_host is None or password is None:
        return None
    form = {
        "host": settings.imap_host,
        "port": settings.imap_port,
        "user": settings.imap_user or settings.smtp_user or settings.mail_address,
        "password": password.get_secret_value(),
        "security": settings.imap_security,
    }
    return {"imap": form}


def has_the_say(session: Session, vault: Vault, name: str) -> bool:
    """Whether the environment has the say in an account: nobody entered, changed or disconnected it in the console."""
    account = session.get(Account, name)
    return account is None or vault.open_if_of_environment(account.config) is not None


def store_seeds(
    session: Session,
    vault: Vault,
    settings: Settings,
    seeds: list[tuple[str, str, dict[str, Any]]],
    *,
    now: datetime,
) -> list[str]:
    """Connect what was never connected here, and give what is the environment's own its new form; the names of those
    connected otherwise, of which the environment is not asked. The whitelist of the settings counts at the very first
    start only, the numbers of alerts at every one."""
    is_first_start = (
        not accounts.everyone(session) and not accounts.mailboxes(session) and not whitelist.numbers(session)
    )
    overruled = []
    for name, vendor, config in seeds:
        account, written = session.get(Account, name), json.dumps(config)
        sealed = vault.seal(written, of_environment=True)
        if account is None:
            accounts.connect(session, name, vendor=vendor, sealed_config=sealed, now=now)
        elif (before := vault.open_if_of_environment(account.config)) is not None:
            if before != written:
                accounts.change(session, name, sealed_config=sealed, works=True)
        elif account.disconnected_at is None and vault.read(account.config) != config:
            overruled.append(name)
    if is_first_start:
        for number in settings.whitelist_numbers:
            whitelist.add(session, number, note="WHITELIST_NUMBERS", now=now)
    for number in settings.alert_numbers:  # the merchant's own: what he types back is no customer's line
        whitelist.add(session, number, note="ALERT_NUMBERS", now=now)
    return overruled
