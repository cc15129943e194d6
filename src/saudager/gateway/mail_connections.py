"""Connect a mailbox while everything runs: who carries its letters, in which order, and who reads it."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast
from urllib.parse import quote

from sqlalchemy.orm import Session

from saudager import forms
from saudager.app import App
from saudager.contracts import MAILBOX
from saudager.errors import NotFound, Refused, SaudagerError
from saudager.gateway import accounts, webhooks
from saudager.gateway.models import Account
from saudager.providers.gateway import MailConnection, MailForm, MailPart, MailTrial, PartTrial
from saudager.providers.mail import Address, Mailbox, Mailer, MailerKind, MailReader, MailReaderKind

_ADDRESS = re.compile(r"[^\s@<>,;:\"\x00-\x1f\x7f]+@[^\s@<>,;:\"\x00-\x1f\x7f]+\.[^\s@<>,;:\"\x00-\x1f\x7f]+")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
_PLAIN_NAME = re.compile(r"[^\x00-\x1f\x7f\u0080-\u009f\u2028\u2029]{0,100}")
_EMPTY: dict[str, Any] = {"carriers": {}, "reader": None}


def open_mailbox(app: App, account: Account) -> Mailbox:
    """Raises SealedElsewhere when the vault does not open its form."""
    return _opened(app, json.loads(app.vault.open(account.config)))


async def try_out(app: App, filled: MailForm, *, account: str | None = None) -> MailTrial:
    """Ask everybody a form names whether they accept it; nothing is stored. Secrets left empty are those of
    ``account``."""
    config = await _completed(app, filled, account)
    if problems := _problems(app, config):
        return MailTrial(ready=False, problems=problems)
    mailbox = _opened(app, config)
    try:
        parts = await ask_all(app, mailbox)
    finally:
        await mailbox.close()
    return MailTrial(ready=all(part.ready for part in parts), parts=parts)


async def ask_all(app: App, mailbox: Mailbox) -> list[PartTrial]:
    """How every carrier and the reader are now, each in its own words when it is not well."""
    parts = [await _ask_carrier(_carrier(app, name).title, name, mailer) for name, mailer in mailbox.mailers.items()]
    if mailbox.reader is not None and not hasattr(mailbox.reader, "send"):  # else it has been asked as a carrier
        parts.append(await _ask_reader(mailbox.reader))
    return parts


async def connect(app: App, filled: MailForm, *, untested: bool = False) -> MailTrial:
    """Try a form, store it and open its mailbox; ``untested``: whatever its carriers say of it."""
    trial = await try_out(app, filled)
    if trial.problems or not (trial.ready or untested):
        return trial
    config = await _completed(app, filled, None)
    name = name_of(config["address"])
    sealed = _seal(app, config)
    account = await app.db.run(accounts.connect, name, vendor=accounts.MAIL, sealed_config=sealed, now=app.clock.now())
    _open(app, account)
    return MailTrial(trial.ready, trial.parts, account=name)


async def change(app: App, name: str, filled: MailForm, *, untested: bool = False) -> MailTrial:
    """The same with the form of a mailbox that is connected; its address stays."""
    trial = await try_out(app, filled, account=name)
    if trial.problems or not (trial.ready or untested):
        return trial
    config = await _completed(app, filled, name)
    await app.db.run(accounts.change, name, sealed_config=_seal(app, config), works=trial.ready)
    _open(app, await app.db.read(accounts.one, name))
    return MailTrial(trial.ready, trial.parts, account=name)


async def order(app: App, name: str, carriers: Sequence[str]) -> None:
    """Let the carriers of a mailbox be tried in this order; raises Refused unless it names each of them once."""
    account = await app.db.run(_order, app, name, carriers)
    _open(app, account)


async def disconnect(app: App, name: str) -> None:
    """Stop a mailbox and forget its credentials; what waits to leave by it is given up."""
    await app.db.run(accounts.disconnect, name, now=app.clock.now())
    if (closed := app.mailboxes.pop(name, None)) is not None:
        app.retiring.append(closed.close())  # a letter may be under way
    app.mailboxes_changed.set()


def shown(app: App, account: Account) -> MailConnection:
    """A mailbox as it may be shown: its secrets only as set or not."""
    config, mailbox = _stored(app, account), app.mailboxes.get(account.name)
    kinds = {name: _carrier(app, name) for name in config["carriers"]}
    carriers = [
        _part(name, kind.form(), config["carriers"][name], webhook_of(app, account.name, name) if kind.pushes else None)
        for name, kind in kinds.items()
    ]
    readers = [_part(way, _way(app, way).form(), form) for way, form in (config["reader"] or {}).items()]
    return MailConnection(
        name=account.name,
        address=config["address"],
        sender_name=config.get("sender_name") or "",
        dkim_selector=config.get("dkim_selector") or "",
        carriers=carriers,
        reader=readers[0] if readers else None,
        is_default=account.is_default,
        is_simulator=mailbox is not None and is_played(mailbox),
        connected_at=account.connected_at,
        paused_reason=account.paused_reason,
        last_poll_at=account.last_poll_at,
    )


def webhook_of(app: App, account: str, carrier: str) -> str:
    """Where a carrier tells its news of a mailbox: the whole address when PUBLIC_URL is set, else the part behind the
    host."""
    secret = webhooks.secret_of(app, account)
    public = app.settings.public_url.rstrip("/")
    return f"{public}/webhooks/mail/{quote(account, safe=':@')}/{carrier}/{secret}"


def is_played(mailbox: Mailbox) -> bool:
    """Whether its letters go nowhere and are answered by whoever tries it out."""
    return any(hasattr(mailer, "write_back") for mailer in mailbox.mailers.values())


def name_of(address: str) -> str:
    """How the mailbox of an address is called."""
    return MAILBOX + address.lower()


def config_of(app: App, account: Account) -> dict[str, Any]:
    """What is stored of a mailbox, secrets included."""
    return _stored(app, account)


def is_address(written: str) -> bool:
    """Whether it is one mail address and nothing else."""
    return len(written) <= 254 and _ADDRESS.fullmatch(written) is not None


def _stored(app: App, account: Account) -> dict[str, Any]:
    """Of one whose form the vault does not open its address alone."""
    unopened: dict[str, Any] = {"address": account.name.removeprefix(MAILBOX), "carriers": {}, "reader": None}
    return app.vault.read(account.config) or unopened


def _opened(app: App, config: Mapping[str, Any]) -> Mailbox:
    """A carrier that lets its letters be answered reads them itself, unless another reader is set up."""
    mailers = {name: _carrier(app, name).open(form, app.clock) for name, form in config["carriers"].items()}
    reader = next((cast(MailReader, mailer) for mailer in mailers.values() if hasattr(mailer, "folders")), None)
    for way, form in (config.get("reader") or {}).items():
        reader = _way(app, way).open(form, app.clock)
    return Mailbox(Address(config["address"], config.get("sender_name") or ""), mailers, reader)


async def _ask_carrier(title: str, name: str, mailer: Mailer) -> PartTrial:
    try:
        status = await mailer.status()
    except SaudagerError as error:
        return PartTrial(name, title, ready=False, reason=str(error))
    return PartTrial(name, title, status.ready, status.reason)


async def _ask_reader(reader: MailReader) -> PartTrial:
    try:
        await reader.folders()
    except SaudagerError as error:
        return PartTrial("reader", "Чтение почты", ready=False, reason=str(error))
    return PartTrial("reader", "Чтение почты", ready=True)


async def _completed(app: App, filled: MailForm, account: str | None) -> dict[str, Any]:
    """The form without its empty fields, and with the secrets stored for ``account`` in place of empty ones; carriers
    that were there before keep their places."""
    kept = _EMPTY if account is None else _stored(app, await app.db.read(accounts.one, account))
    order = [*(name for name in kept["carriers"] if name in filled.carriers), *filled.carriers]
    readers, read_before = filled.reader or {}, kept["reader"] or {}
    return {
        "address": kept.get("address") or filled.address.strip().lower(),
        "sender_name": filled.sender_name.strip(),
        "dkim_selector": filled.dkim_selector.strip().lower(),
        "carriers": {
            name: forms.completed(_carrier(app, name).form(), filled.carriers[name], kept["carriers"].get(name))
            for name in dict.fromkeys(order)
        },
        "reader": {
            way: forms.completed(_way(app, way).form(), form, read_before.get(way)) for way, form in readers.items()
        }
        or None,
    }


def _problems(app: App, config: Mapping[str, Any]) -> dict[str, str]:
    """A sentence for each field that is filled in wrongly: ``address``, ``smtp.host``."""
    wrong: dict[str, str] = {}
    if not is_address(config["address"]):
        wrong["address"] = forms.NO_ADDRESS
    if not _PLAIN_NAME.fullmatch(config["sender_name"]):
        wrong["sender_name"] = forms.NO_SENDER_NAME
    if config["dkim_selector"] and not _LABEL.fullmatch(config["dkim_selector"]):
        wrong["dkim_selector"] = forms.NO_SELECTOR
    if not config["carriers"]:
        wrong["carriers"] = forms.NO_CARRIER
    return wrong | wrong_fields(app, config)


def wrong_fields(app: App, config: Mapping[str, Any]) -> dict[str, str]:
    """The same of the carriers and the reader alone."""
    kinds = [(name, _carrier(app, name).form(), form) for name, form in config["carriers"].items()]
    kinds += [(way, _way(app, way).form(), form) for way, form in (config["reader"] or {}).items()]
    return {f"{name}.{field}": says for name, kind, form in kinds for field, says in forms.problems(kind, form).items()}


def _order(session: Session, app: App, name: str, carriers: Sequence[str]) -> Account:
    account = accounts.one(session, name)
    config = _stored(app, account)
    if sorted(carriers) != sorted(config["carriers"]):
        raise Refused("Порядок изменился на другой странице: откройте ящик заново.")
    config["carriers"] = {carrier: config["carriers"][carrier] for carrier in carriers}
    account.config = _seal(app, config)
    return account


def _part(name: str, form: Any, config: Mapping[str, Any], webhook: str | None = None) -> MailPart:
    secrets = forms.secrets(form)
    plain = {field: value for field, value in config.items() if field not in secrets}
    return MailPart(name, plain, sorted(secrets & config.keys()), webhook)


def _open(app: App, account: Account) -> None:
    before = app.mailboxes.get(account.name)
    app.mailboxes[account.name] = open_mailbox(app, account)
    if before is not None:
        app.retiring.append(before.close())  # a letter may be under way
    app.mailboxes_changed.set()


def _carrier(app: App, name: str) -> MailerKind:
    if name not in app.mailers:
        raise NotFound(f"письма так не отправляют: {name}")
    return app.mailers[name]


def _way(app: App, name: str) -> MailReaderKind:
    if name not in app.mail_readers:
        raise NotFound(f"почту так не читают: {name}")
    return app.mail_readers[name]


def _seal(app: App, config: Mapping[str, Any]) -> str:
    return app.vault.seal(json.dumps(config))
