"""Connect a messenger while everything runs: its form is tried before it is stored, changed and forgotten."""

import json
from collections.abc import Mapping
from typing import Any, cast

from saudager import forms
from saudager.app import App
from saudager.errors import NotFound, SaudagerError
from saudager.gateway import accounts, webhooks
from saudager.gateway.models import Account
from saudager.providers.channels import Channel, LinkedChannel, Messenger
from saudager.providers.gateway import Trial


async def try_out(app: App, vendor: str, filled: Mapping[str, Any], *, account: str | None = None) -> Trial:
    """Ask the messenger whether it accepts a form; nothing is stored. Secrets left empty are those of ``account``."""
    messenger, config = _messenger(app, vendor), await _completed(app, vendor, filled, account)
    if problems := forms.problems(messenger.form(), config):
        return Trial(ready=False, problems=problems)
    channel = messenger.open(config, app.clock, webhooks.secret_of(app, account or messenger.name_of(vendor, config)))
    try:
        status = await channel.status()
        to_scan = not status.ready and hasattr(channel, "qr") and await cast(LinkedChannel, channel).qr() is not None
    except SaudagerError as error:
        return Trial(ready=False, reason=str(error))
    finally:
        await channel.close()
    return Trial(status.ready, status.reason, status.phone_number, to_scan=to_scan)


async def connect(
    app: App, vendor: str, filled: Mapping[str, Any], *, name: str | None = None, untested: bool = False
) -> Trial:
    """Try a form, store it and start its channel; ``untested``: whatever the messenger says of it."""
    trial = await try_out(app, vendor, filled)
    if not _is_good_enough(trial, untested):
        return trial
    config = await _completed(app, vendor, filled, None)
    name = name or _messenger(app, vendor).name_of(vendor, config)
    account = await app.db.run(
        accounts.connect,
        name,
        vendor=vendor,
        sealed_config=_seal(app, config),
        writes_first=not _messenger(app, vendor).is_in_crm,
        now=app.clock.now(),
    )
    _open(app, account)
    return _as_account(trial, name)


async def change(app: App, name: str, filled: Mapping[str, Any], *, untested: bool = False) -> Trial:
    """The same with the form of an account that is connected."""
    account = await app.db.read(accounts.one, name)
    trial = await try_out(app, account.vendor, filled, account=name)
    if not _is_good_enough(trial, untested):
        return trial
    config = await _completed(app, account.vendor, filled, name)
    await app.db.run(accounts.change, name, sealed_config=_seal(app, config), works=trial.ready)
    _open(app, await app.db.read(accounts.one, name))
    return _as_account(trial, name)


async def disconnect(app: App, name: str) -> None:
    """Stop an account and forget its credentials."""
    only_answer = [vendor for vendor, messenger in app.messengers.items() if messenger.is_in_crm]
    await app.db.run(accounts.disconnect, name, only_answer=only_answer, now=app.clock.now())
    app.channels.pop(name, None)
    app.channels_changed.set()


def open_channel(app: App, account: Account) -> Channel:
    """Raises SealedElsewhere when the vault does not open its form."""
    config = json.loads(app.vault.open(account.config))
    return _messenger(app, account.vendor).open(config, app.clock, webhooks.secret_of(app, account.name))


def shown(app: App, account: Account) -> tuple[dict[str, Any], list[str]]:
    """An account's form without its secrets, and which of them are set."""
    config = app.vault.read(account.config) or {}
    secrets = forms.secrets(_messenger(app, account.vendor).form())
    return {field: value for field, value in config.items() if field not in secrets}, sorted(secrets & config.keys())


def _messenger(app: App, vendor: str) -> Messenger:
    if vendor not in app.messengers:
        raise NotFound(f"нет такого мессенджера: {vendor}")
    return app.messengers[vendor]


async def _completed(app: App, vendor: str, filled: Mapping[str, Any], name: str | None) -> dict[str, Any]:
    """The form without its empty fields, and with the account's own secrets in place of empty ones."""
    form = _messenger(app, vendor).form()
    if name is None:
        return forms.completed(form, filled)
    account = await app.db.read(accounts.one, name)
    return forms.completed(form, filled, app.vault.read(account.config))


def _is_good_enough(trial: Trial, untested: bool) -> bool:
    return not trial.problems and (trial.ready or trial.to_scan or untested)


def _as_account(trial: Trial, name: str) -> Trial:
    return Trial(trial.ready, trial.reason, trial.phone_number, to_scan=trial.to_scan, account=name)


def _seal(app: App, config: Mapping[str, Any]) -> str:
    return app.vault.seal(json.dumps(config))


def _open(app: App, account: Account) -> None:
    app.channels[account.name] = open_channel(app, account)
    app.channels_changed.set()
