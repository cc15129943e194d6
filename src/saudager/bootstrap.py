"""The composition root: the only place that names vendors and puts the parts together."""

import asyncio
import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, SecretStr
from sqlalchemy.orm import Session

from saudager import attention, duties, prompts, shop_settings
from saudager.app import App, Service
from saudager.attention import Why
from saudager.clock import Clock, SystemClock
from saudager.contracts import CONTRACT, EMAIL_TASKS, MAILBOX
from saudager.crm import connecting
from saudager.db import migrate
from saudager.db.threads import Database, connect
from saudager.engines import notices, trial
from saudager.engines.books import Books
from saudager.engines.budget import Budget
from saudager.engines.order import Engine, Engines
from saudager.engines.prices import Prices
from saudager.errors import ConfigurationError, OutsideError, Refused
from saudager.gateway import accounts, connections, mail_connections, office, whitelist
from saudager.gateway.office import Office
from saudager.orders import shops
from saudager.providers.channels import Channel, Messenger
from saudager.providers.crm import Crm, CrmKind, Integration, News, RefreshTokens, Tokens
from saudager.providers.gateway import Gateway
from saudager.providers.images import ImageModel, Painter
from saudager.providers.llm import Call, LanguageModel
from saudager.providers.mail import Mailer, MailerKind, MailReader, MailReaderKind
from saudager.providers.marketplace import MarketOrder, Marketplace, MarketplaceKind, Stage
from saudager.providers.marketplace.kaspi_words import CANCELLATION_REASONS, DEEDS
from saudager.providers.speech import Transcriber
from saudager.providers.storage import Storage
from saudager.providers.websearch import WebSearch
from saudager.providers.wires import DEAD, Wire
from saudager.queues import table
from saudager.queues.lanes import Queues
from saudager.settings import Settings
from saudager.vault import Vault

_log = logging.getLogger(__name__)
_POLL_FOR_OTHERS = 0.5
SIMULATOR, _KASPI, _KOMMO = "simulator", "kaspi", "kommo"
TRIAL_MAILBOX = "mail:shop@trial.example"
"""The simulator's mailbox."""


def bootstrap(
    settings: Settings,
    *,
    clock: Clock | None = None,
    model: LanguageModel | None = None,
    transcriber: Transcriber | None = None,
    painters: Sequence[Painter] = (),
    web_search: WebSearch | None = None,
    hosted: bool = True,
    poll: float | None = _POLL_FOR_OTHERS,
    service: Service = "both",
) -> App:
    """An App on a migrated database, nothing running yet. ``poll``: see Queues; None when this process is alone.

    ``service``: whose process it is. With a broker between them each has a database of its own, and both in one
    process cannot be.

    ``model`` answers; without one the hosted engines that have a key and the offline one last, or that one alone when
    not ``hosted``. ``transcriber`` listens to voice notes; without one the first of TRANSCRIBERS that can, or nobody
    when not ``hosted`` or in the agent's own process. ``painters`` draw and ``web_search`` is asked; without them those
    of the settings do, or the offline engine alone and nobody when not ``hosted``.

    Raises ConfigurationError for a prompt, a folder or a database that cannot be used, for a WHISPER_MODEL_PATH that
    cannot, and for a DAILY_BUDGET that cannot be counted.

    What the owner has changed in the console stands in place of what ``settings`` say.
    """
    _make_folders(settings)
    for name in prompts.PLACEHOLDERS:
        prompts.load(name, settings.prompts_dir)
    clock = clock or SystemClock()
    db = _database(settings, service)
    environment, vault = settings, Vault(settings.data_dir / "vault.key")
    if service != "gateway" or not settings.has_wire:
        settings = shop_settings.laid_over(environment, _changed_in_console(settings.agent_database, vault))
    offline = _offline_model()
    app = App(
        settings=settings,
        environment=environment,
        clock=clock,
        db=db,
        queues=Queues(db, clock, poll=poll),
        vault=vault,
        media=_storage(settings),
        painters=painters or (() if service == "gateway" else _painters(settings, clock, hosted=hosted)),
        web_search=web_search or (_web_search(settings, clock) if hosted and service != "gateway" else None),
        model=model or (_engines(settings, offline, _books(settings, db, clock)) if hosted else offline),
        offline=offline,
        transcriber=transcriber or (_transcriber(settings, clock) if hosted and service != "agent" else None),
        wire=_wire(settings),
        service=service if settings.has_wire else "both",
        messengers=_MESSENGERS,
        marketplaces=_MARKETPLACES,
        crms=_crms(settings),
        mailers=_mailers(settings),
        mail_readers=_MAIL_READERS,
        jobs=duties.everybodys_jobs(apart=settings.has_wire),
    )
    app.reset_budget = partial(_reset_budget, app)
    if hosted and model is None:
        app.reset_engines = partial(_reset_engines, app, listens=transcriber is None and service != "agent")
        app.try_engine = partial(_try_engine, app)
    if hosted and not painters and service != "gateway":
        app.reset_painters = partial(_reset_painters, app)
        app.try_painter = partial(_try_painter, app)
    app.gateway = _gateway(app) if service == "agent" else Office(app)
    return app


def _gateway(app: App) -> Gateway:
    """The gateway in its own process."""
    from saudager.providers.gateway.http import HttpGateway

    settings = app.settings
    return HttpGateway(settings.gateway_address, office.service_key(settings, app.vault), clock=app.clock)


def _database(settings: Settings, service: Service) -> Database:
    if not settings.has_wire:
        migrate.upgrade(settings.gateway_database, (migrate.GATEWAY, migrate.AGENT))
        return Database(settings.gateway_database)
    if service == "both":
        raise ConfigurationError(
            "RABBITMQ_URL or REDIS_URL is set: expected `saudager gateway` and `saudager agent` as two processes "
            "(`saudager up` runs both in one and needs no broker)"
        )
    url, tree = (
        (settings.gateway_database, migrate.GATEWAY)
        if service == "gateway"
        else (settings.agent_database, migrate.AGENT)
    )
    migrate.upgrade(url, (tree,))
    return Database(url, wired=frozenset(name for name, queue in CONTRACT.items() if queue.is_sent_by(service)))


def _changed_in_console(url: str, vault: Vault) -> dict[str, str]:
    engine = connect(url, read_only=True)
    try:
        with Session(engine) as session:
            return shop_settings.values(session, vault)
    finally:
        engine.dispose()


def _wire(settings: Settings) -> Wire | None:
    named = settings.rabbitmq_email_queue
    if settings.has_wire and (named in CONTRACT.keys() - {EMAIL_TASKS} or named.endswith((DEAD, table.out("")))):
        raise ConfigurationError(f"RABBITMQ_EMAIL_QUEUE holds {named!r}: expected a name no other queue has")
    if settings.rabbitmq_url:
        from saudager.providers.wires.rabbitmq import RabbitMQWire

        return RabbitMQWire(settings.rabbitmq_url)
    if settings.redis_url:
        from saudager.providers.wires.redis import RedisWire

        return RedisWire(settings.redis_url, allow_volatile=settings.allow_volatile_redis)
    return None


async def connect_accounts(app: App, *, simulator: bool = False) -> None:
    """Store what the environment names for the first time, and open every number and mailbox. Raises ConfigurationError
    for a mailbox no carrier could be opened with: then nothing is stored."""
    mail = [*_mail_seeds(app.settings, simulator=simulator)]
    for name, _, config in mail:
        wrong = mail_connections.wrong_fields(app, config)
        if wrong and not await app.db.read(accounts.is_known, name):
            raise ConfigurationError("; ".join(f"{_setting_of(field)}: {says}" for field, says in wrong.items()))
    seeds = [*_seeds(app.settings, simulator=simulator), *mail]
    await app.db.run(_seed, app.vault, app.settings, seeds, now=app.clock.now())
    for account in await app.db.read(accounts.everyone):
        app.channels[account.name] = connections.open_channel(app, account)
    for mailbox in await app.db.read(accounts.mailboxes):
        app.mailboxes[mailbox.name] = mail_connections.open_mailbox(app, mailbox)


async def connect_shops(app: App) -> None:
    """Connect the shop the environment names, unless one at its marketplace was ever connected here."""
    settings = app.settings
    if settings.kaspi_token is None:
        return
    config = {
        "base_url": settings.kaspi_base_url,
        "token": settings.kaspi_token.get_secret_value(),
        "user_agent": settings.kaspi_user_agent,
        "proxy": settings.kaspi_proxy,
        "requests_per_second": settings.kaspi_requests_per_second,
    }
    await app.db.run(
        shops.seed,
        settings.kaspi_shop_name,
        marketplace=_KASPI,
        sealed_config=app.vault.seal(json.dumps(config)),
        days=settings.kaspi_backfill_days,
        now=app.clock.now(),
    )


async def connect_crm(app: App) -> None:
    """Connect the account of Kommo the environment names, unless one was ever connected here. One that does not open
    is tried again at the next start, and a person is asked meanwhile."""
    settings, now = app.settings, app.clock.now()
    if settings.kommo_token is None or not settings.kommo_base_url:
        return
    if await app.db.read(connecting.is_known, _KOMMO):
        return
    token = settings.kommo_token.get_secret_value()
    try:
        await connecting.connect_long_lived(app, _KOMMO, settings.kommo_base_url, token)
    except (OutsideError, Refused) as error:
        reason = f"Kommo из настроек не подключился (KOMMO_BASE_URL, KOMMO_TOKEN): {error}"
        _log.warning("%s", reason)
        await app.db.run(attention.ask, Why.CRM, f"crm:{_KOMMO}", reason, now=now)
    else:
        await app.db.run(attention.settle, Why.CRM, f"crm:{_KOMMO}", now=now)


def _seeds(settings: Settings, *, simulator: bool) -> Iterator[tuple[str, str, dict[str, Any]]]:
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


def _mail_seeds(settings: Settings, *, simulator: bool) -> Iterator[tuple[str, str, dict[str, Any]]]:
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


def _setting_of(field: str) -> str:
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
    return {name: forms[name] for name in settings.mail_carriers if name in forms and name in _MAILERS}


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


def _seed(
    session: Session,
    vault: Vault,
    settings: Settings,
    seeds: list[tuple[str, str, dict[str, Any]]],
    *,
    now: datetime,
) -> None:
    is_first_start = (
        not accounts.everyone(session) and not accounts.mailboxes(session) and not whitelist.numbers(session)
    )
    for name, vendor, config in seeds:
        if not accounts.is_known(session, name):
            accounts.connect(session, name, vendor=vendor, sealed_config=vault.seal(json.dumps(config)), now=now)
    if is_first_start:
        for number in settings.whitelist_numbers:
            whitelist.add(session, number, note="WHITELIST_NUMBERS", now=now)
    for number in settings.alert_numbers:  # the merchant's own: what he types back is no customer's line
        whitelist.add(session, number, note="ALERT_NUMBERS", now=now)


def _open_simulator(config: Mapping[str, Any], clock: Clock, secret: str) -> Channel:
    from saudager.providers.channels.simulator import Simulator

    return Simulator(clock)


def _open_wappi(config: Mapping[str, Any], clock: Clock, secret: str) -> Channel:
    from saudager.providers.channels.wappi import Config, WhatsAppWappi

    return WhatsAppWappi(Config.model_validate(config), clock=clock)


def _open_whatsapp_cloud(config: Mapping[str, Any], clock: Clock, secret: str) -> Channel:
    from saudager.providers.channels.whatsapp_cloud import Config, WhatsAppCloud

    return WhatsAppCloud(Config.model_validate(config), clock=clock)


def _open_waha(config: Mapping[str, Any], clock: Clock, secret: str) -> Channel:
    from saudager.providers.channels.waha import Config, WhatsAppWaha

    return WhatsAppWaha(Config.model_validate(config), clock=clock, secret=secret)


def _open_kommo_talks(config: Mapping[str, Any], clock: Clock, secret: str) -> Channel:
    from saudager.providers.channels.kommo_talks import Config, KommoTalks

    return KommoTalks(Config.model_validate(config), clock=clock)


def _open_kommo_chat(config: Mapping[str, Any], clock: Clock, secret: str) -> Channel:
    from saudager.providers.channels.kommo_chat import Config, KommoChat

    return KommoChat(Config.model_validate(config), clock=clock)


def _form_of(vendor: str) -> type[BaseModel]:
    module = import_module(f"saudager.providers.channels.{vendor}")
    form: type[BaseModel] = module.Config
    return form


_MESSENGERS = {
    "wappi": Messenger("WhatsApp через Wappi", partial(_form_of, "wappi"), _open_wappi, "profile_id"),
    "waha": Messenger("WhatsApp через свой WAHA", partial(_form_of, "waha"), _open_waha, "session", is_linked=True),
    "whatsapp_cloud": Messenger(
        "WhatsApp Cloud API от Meta", partial(_form_of, "whatsapp_cloud"), _open_whatsapp_cloud, "phone_number_id"
    ),
    "kommo_talks": Messenger(
        "Чаты сделок в Kommo", partial(_form_of, "kommo_talks"), _open_kommo_talks, "domain", is_in_crm=True
    ),
    "kommo_chat": Messenger(
        "Переписка в сделках Kommo",
        partial(_form_of, "kommo_chat"),
        _open_kommo_chat,
        is_in_crm=True,
        is_mirror=True,
    ),
    SIMULATOR: Messenger("Телефон для пробы", partial(_form_of, SIMULATOR), _open_simulator, is_played=True),
}
"""What can be connected, in the order it is offered."""


def _simulated_mail_form() -> type[BaseModel]:
    from saudager.providers.mail.simulator import Config

    return Config


def _open_simulated_mail(folder: Path, config: Mapping[str, Any], clock: Clock) -> Mailer:
    from saudager.providers.mail.simulator import Simulator

    return Simulator(clock, folder)


def _mailers(settings: Settings) -> dict[str, MailerKind]:
    """Who can carry letters, in the order it is offered."""
    played = partial(_open_simulated_mail, settings.data_dir / "trial_mail")
    return _MAILERS | {SIMULATOR: MailerKind("Почта для пробы", _simulated_mail_form, played, is_played=True)}


def _carrier_form(name: str) -> type[BaseModel]:
    module = import_module(f"saudager.providers.mail.{name}")
    form: type[BaseModel] = module.Config
    return form


def _open_smtp(config: Mapping[str, Any], clock: Clock) -> Mailer:
    from saudager.providers.mail.smtp import Config, SmtpMailer

    return SmtpMailer(Config.model_validate(config), clock=clock)


def _open_resend(config: Mapping[str, Any], clock: Clock) -> Mailer:
    from saudager.providers.mail.resend import Config, ResendMailer

    return ResendMailer(Config.model_validate(config), clock=clock)


def _open_sendgrid(config: Mapping[str, Any], clock: Clock) -> Mailer:
    from saudager.providers.mail.sendgrid import Config, SendGridMailer

    return SendGridMailer(Config.model_validate(config), clock=clock)


_MAILERS = {
    "resend": MailerKind("Resend", partial(_carrier_form, "resend"), _open_resend, pushes=True, repeats_safely=True),
    "sendgrid": MailerKind("SendGrid", partial(_carrier_form, "sendgrid"), _open_sendgrid, pushes=True),
    "smtp": MailerKind("Свой почтовый сервер (SMTP)", partial(_carrier_form, "smtp"), _open_smtp),
}
"""Who can carry letters, in the order they are offered; and the trial mailbox."""


def _imap_form() -> type[BaseModel]:
    from saudager.providers.mail.imap import Config

    return Config


def _open_imap(config: Mapping[str, Any], clock: Clock) -> MailReader:
    from saudager.providers.mail.imap import Config, ImapReader

    return ImapReader(Config.model_validate(config), clock)


_MAIL_READERS = {"imap": MailReaderKind("Почтовый ящик (IMAP)", _imap_form, _open_imap)}
"""How a mailbox can be read."""


def _kaspi_form() -> type[BaseModel]:
    from saudager.providers.marketplace.kaspi_form import Config

    return Config


def _open_kaspi(config: Mapping[str, Any], clock: Clock) -> Marketplace:
    from saudager.providers.marketplace.kaspi import Kaspi
    from saudager.providers.marketplace.kaspi_form import Config

    return Kaspi(Config.model_validate(config), clock=clock)


def _read_kaspi(document: Mapping[str, Any], read_at: datetime) -> list[MarketOrder]:
    from saudager.providers.marketplace.kaspi_rows import read_document

    return read_document(document, read_at)


def _stage_at_kaspi(status: str, state: str) -> Stage:
    from saudager.providers.marketplace.kaspi_rows import stage_of

    return stage_of(status, state, handed_over=False, waits=False)


_MARKETPLACES = {
    _KASPI: MarketplaceKind(
        "Kaspi", _kaspi_form, _open_kaspi, _read_kaspi, _stage_at_kaspi, CANCELLATION_REASONS, DEEDS
    )
}
"""Where a shop's orders can be read."""


def _open_kommo(
    base_url: str,
    tokens: Tokens,
    renew: RefreshTokens,
    turn: Callable[[], AbstractAsyncContextManager[Any]],
    clock: Clock,
) -> Crm:
    from saudager.providers.crm.kommo import Kommo

    return Kommo(base_url, tokens, renew, turn, clock)


def _authorize_at_kommo(integration: Integration, domain: str, state: str) -> str:
    from saudager.providers.crm.kommo_oauth import authorize_url

    return authorize_url(integration, domain, state)


def _kommo_address(written: str, domains: Sequence[str]) -> str:
    from saudager.providers.crm.kommo_oauth import base_url_of

    return base_url_of(written, domains)


async def _exchange_at_kommo(base_url: str, integration: Integration, code: str, clock: Clock) -> Tokens:
    from saudager.providers.crm.kommo_oauth import exchange

    return await exchange(base_url, integration, code, clock)


async def _refresh_at_kommo(base_url: str, integration: Integration, tokens: Tokens, clock: Clock) -> Tokens:
    from saudager.providers.crm.kommo_oauth import refresh

    return await refresh(base_url, integration, tokens, clock)


def _read_kommo_news(headers: Mapping[str, str], body: bytes) -> News:
    from saudager.providers.crm.kommo_hooks import read

    return read(headers, body)


_CRMS = {
    _KOMMO: CrmKind(
        "Kommo (amoCRM)",
        ("kommo.com", "amocrm.ru"),
        _open_kommo,
        _authorize_at_kommo,
        _exchange_at_kommo,
        _refresh_at_kommo,
        _read_kommo_news,
        _kommo_address,
    )
}
"""What CRM can be connected."""


def _crms(settings: Settings) -> dict[str, CrmKind]:
    kommo = replace(
        _CRMS[_KOMMO], domains=settings.kommo_domains, requests_per_second=settings.kommo_requests_per_second
    )
    return _CRMS | {_KOMMO: kommo}


def _offline_model() -> LanguageModel:
    from saudager.providers.llm.offline import OfflineModel

    return OfflineModel()


def _engines(settings: Settings, offline: LanguageModel, books: Books) -> LanguageModel:
    """The hosted engines that have a key (one's own server: an address) in their order, then the offline one."""
    named = [name for name in settings.engines if getattr(settings, _NEEDED_BY.get(name, f"{name}_api_key"))]
    if not named:
        return offline
    engines = [_engine(settings, name) for name in dict.fromkeys(named)]
    books.budget = _budget(settings, engines, books.prices, now=books.clock.now())
    return Engines(engines, offline, books=books, clock=books.clock, deadline=settings.engine_deadline)


def _books(settings: Settings, db: Database, clock: Clock) -> Books:
    return Books(
        db,
        clock,
        settings.zone,
        desk=_EngineDesk(),
        prices=Prices.read(settings.model_prices),
        max_tokens=settings.engine_max_tokens,
    )


def _reset_engines(app: App, settings: Settings, *, listens: bool) -> None:
    before = app.model
    books = before.books if isinstance(before, Engines) else _books(settings, app.db, app.clock)
    app.model = _engines(settings, app.offline, books)
    if isinstance(before, Engines):
        app.retiring.append(asyncio.ensure_future(before.retire()))
    if listens and any(getattr(settings, key) != getattr(app.settings, key) for key, _ in _TRANSCRIBERS.values()):
        if app.transcriber is not None:
            app.retiring.append(app.transcriber.close())  # its notes may still be under way: with the program's end
        app.transcriber = _transcriber(settings, app.clock)


async def _try_engine(app: App, settings: Settings, name: str) -> str:
    engine, books = _engine(settings, name), _books(settings, app.db, app.clock)
    books.budget = _budget(settings, [engine], books.prices, now=app.clock.now())
    try:
        return await trial.one_word(engine, books, deadline=settings.engine_deadline)
    finally:
        await engine.model.close()


_NEEDED_BY = {"compatible": "compatible_base_url"}


def _engine(settings: Settings, name: str) -> Engine:
    from saudager.providers.llm.agno import AgnoModel, Kind

    key: SecretStr | None = getattr(settings, f"{name}_api_key")
    model_id: str = getattr(settings, f"{name}_model")
    model = AgnoModel(
        name,
        cast(Kind, name),
        base_url=getattr(settings, f"{name}_base_url"),
        model=model_id,
        api_key="" if key is None else key.get_secret_value(),
        deadline=settings.engine_deadline,
        max_tokens=settings.engine_max_tokens,
    )
    return Engine(name, model_id, model, key)


def _storage(settings: Settings) -> Storage:
    """The bucket that is named, else a folder."""
    if settings.s3_bucket is None:
        from saudager.providers.storage.folder import Folder

        return Folder(settings.media_folder)
    from saudager.providers.storage.s3 import S3

    assert settings.s3_access_key is not None
    assert settings.s3_secret_key is not None
    return S3(
        settings.s3_bucket,
        access_key=settings.s3_access_key,
        secret_key=settings.s3_secret_key.get_secret_value(),
        region=settings.s3_region,
        endpoint=settings.s3_endpoint,
    )


def _painters(settings: Settings, clock: Clock, *, hosted: bool) -> list[Painter]:
    """The engines of IMAGE_ENGINES that have what they need, in their order, else the one of this machine."""
    named = dict.fromkeys(settings.image_engines if hosted else ())
    able = [name for name in named if _has_what_it_needs(settings, name)]
    return [Painter(_PAINTERS[name][1](settings, clock)) for name in able or [_OFFLINE]]


def _has_what_it_needs(settings: Settings, name: str) -> bool:
    needed, _ = _PAINTERS[name]
    return not needed or any(getattr(settings, one) for one in needed)


def _reset_painters(app: App, settings: Settings) -> None:
    app.retiring += [painter.engine.close() for painter in app.painters]  # they may be drawing: with the program's end
    app.painters = _painters(settings, app.clock, hosted=True)


async def _try_painter(app: App, settings: Settings, name: str) -> str:
    engine = _PAINTERS[name][1](settings, app.clock)
    try:
        await engine.check()
    except OutsideError as error:
        return str(error)
    finally:
        await engine.close()
    return ""


def _paints_offline(settings: Settings, clock: Clock) -> ImageModel:
    from saudager.providers.images.offline import OfflineImageModel

    return OfflineImageModel()


def _paints_openai(settings: Settings, clock: Clock) -> ImageModel:
    from saudager.providers.images.openai import OpenAIImageModel

    return OpenAIImageModel(
        base_url=settings.openai_base_url,
        model=settings.openai_image_model,
        api_key=_told(settings.openai_api_key),
        quality=settings.openai_image_quality,
        deadline=settings.image_deadline,
        clock=clock,
    )


def _paints_gemini(settings: Settings, clock: Clock) -> ImageModel:
    from saudager.providers.images.gemini import GeminiImageModel

    return GeminiImageModel(
        base_url=settings.gemini_base_url,
        model=settings.gemini_image_model,
        api_key=_told(settings.gemini_api_key),
        deadline=settings.image_deadline,
        clock=clock,
    )


def _paints_openrouter(settings: Settings, clock: Clock) -> ImageModel:
    from saudager.providers.images.openrouter import OpenRouterImageModel

    return OpenRouterImageModel(
        base_url=settings.openrouter_base_url,
        model=settings.openrouter_image_model,
        api_key=_told(settings.openrouter_api_key),
        deadline=settings.image_deadline,
        clock=clock,
    )


def _paints_pollinations(settings: Settings, clock: Clock) -> ImageModel:
    from saudager.providers.images.pollinations import KEYLESS, KeylessPollinations, PollinationsImageModel

    if settings.pollinations_api_key is None:
        return KeylessPollinations(
            base_url=KEYLESS, model=settings.pollinations_model, deadline=settings.image_deadline, clock=clock
        )
    return PollinationsImageModel(
        base_url=settings.pollinations_base_url,
        model=settings.pollinations_model,
        api_key=_told(settings.pollinations_api_key),
        deadline=settings.image_deadline,
        clock=clock,
    )


def _paints_compatible(settings: Settings, clock: Clock) -> ImageModel:
    from saudager.providers.images.openai import CompatibleImageModel

    return CompatibleImageModel(
        base_url=settings.compatible_image_base_url or "",
        model=settings.compatible_image_model or "",
        api_key=_told(settings.compatible_image_api_key),
        deadline=settings.image_deadline,
        clock=clock,
    )


_OFFLINE = "offline"
_PAINTERS: dict[str, tuple[tuple[str, ...], Callable[[Settings, Clock], ImageModel]]] = {
    "openai": (("openai_api_key",), _paints_openai),
    "gemini": (("gemini_api_key",), _paints_gemini),
    "openrouter": (("openrouter_api_key",), _paints_openrouter),
    "pollinations": (("pollinations_api_key", "pollinations_without_key"), _paints_pollinations),
    "compatible": (("compatible_image_base_url",), _paints_compatible),
    _OFFLINE: ((), _paints_offline),
}
"""The settings of which each needs one, and how it is opened."""


def _told(secret: SecretStr | None) -> str:
    return "" if secret is None else secret.get_secret_value()


def _web_search(settings: Settings, clock: Clock) -> WebSearch | None:
    if settings.web_search == "off":
        return None
    from saudager.providers.websearch.ddgs import DdgsSearch

    return DdgsSearch(clock=clock)


def _transcriber(settings: Settings, clock: Clock) -> Transcriber | None:
    """The first of the settings' order that has a key (on this machine: a model), None when none has."""
    for name in settings.transcribers:
        needed, open_it = _TRANSCRIBERS[name]
        if getattr(settings, needed):
            return open_it(settings, clock)
    return None


def _gemini(settings: Settings, clock: Clock) -> Transcriber:
    from saudager.providers.speech.gemini import GeminiTranscriber

    assert settings.gemini_api_key is not None
    return GeminiTranscriber(
        base_url=settings.gemini_base_url,
        model=settings.gemini_speech_model,
        api_key=settings.gemini_api_key.get_secret_value(),
        prompt=prompts.load("transcription", settings.prompts_dir).text,
        deadline=settings.transcription_deadline,
        clock=clock,
    )


def _openai(settings: Settings, clock: Clock) -> Transcriber:
    from saudager.providers.speech.openai import OpenAITranscriber

    assert settings.openai_api_key is not None
    return OpenAITranscriber(
        base_url=settings.openai_base_url,
        model=settings.openai_speech_model,
        api_key=settings.openai_api_key.get_secret_value(),
        deadline=settings.transcription_deadline,
        clock=clock,
    )


def _whisper(settings: Settings, clock: Clock) -> Transcriber:
    from saudager.providers.speech.faster_whisper import FasterWhisperTranscriber

    assert settings.whisper_model_path is not None
    return FasterWhisperTranscriber(model=settings.whisper_model_path)


_TRANSCRIBERS: dict[str, tuple[str, Callable[[Settings, Clock], Transcriber]]] = {
    "gemini": ("gemini_api_key", _gemini),
    "openai": ("openai_api_key", _openai),
    "whisper": ("whisper_model_path", _whisper),
}
"""The setting each needs, and how it is opened."""


def _budget(settings: Settings, engines: list[Engine], prices: Prices, *, now: datetime) -> Budget | None:
    """The day's cap; a cap that cannot count a model's calls would be none, so its price must be known."""
    if not settings.daily_budget:
        return None
    stand_in = notices.OFFLINE
    for engine in reversed(engines):
        price = prices.of(Call(engine.name, engine.model_id, tokens_in=1000, tokens_out=1000), at=now)
        if price is None:
            raise ConfigurationError(
                f"MODEL_PRICES has no price of {engine.model_id!r} ({engine.name.upper()}_MODEL), which no price list "
                f"knows, and DAILY_BUDGET cannot count it: expected {engine.model_id}=IN/OUT in US dollars per million "
                "tokens"
            )
        if price == 0:
            stand_in = notices.TITLES[engine.name]
    return Budget(settings.daily_budget, settings.usd_rate, stand_in=stand_in)


def _reset_budget(app: App, settings: Settings) -> None:
    if isinstance(app.model, Engines):
        books = app.model.books
        books.budget = _budget(settings, list(app.model.engines), books.prices, now=app.clock.now())


class _EngineDesk:
    """An engine's trouble waits for a person like any other."""

    def ask(self, session: Session, about: str, reason: str, *, now: datetime) -> None:
        attention.ask(session, Why.ENGINE, about, reason, now=now)

    def settle(self, session: Session, about: str, *, now: datetime) -> None:
        attention.settle(session, Why.ENGINE, about, now=now)


def _make_folders(settings: Settings) -> None:
    """Make what is ours; a folder named apart from DATA_DIR must exist, or a typing mistake would make a new one."""
    named = (
        ("KNOWLEDGE_DIR", settings.knowledge_dir),
        ("MEDIA_DIR", settings.media_dir),
        ("PROMPTS_DIR", settings.prompts_dir),
    )
    for name, chosen in named:
        if chosen is not None and not chosen.is_dir():
            raise ConfigurationError(f"{name} holds {str(chosen)!r}: expected a folder that exists")
    try:
        for folder in (settings.data_dir, settings.knowledge_folder):
            folder.mkdir(parents=True, exist_ok=True)
        if settings.s3_bucket is None:
            settings.media_folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"DATA_DIR holds {str(settings.data_dir)!r}: expected a folder that can be written ({error.strerror})"
        ) from None
