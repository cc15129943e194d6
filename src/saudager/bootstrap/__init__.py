"""The composition root: the only place that names vendors and puts the parts together."""

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from saudager import attention, duties, prompts, shop_settings
from saudager.app import App, Service
from saudager.attention import Why
from saudager.bootstrap.crms import KOMMO, crms_of
from saudager.bootstrap.databases import changed_in_console, open_database
from saudager.bootstrap.engines import open_books, open_engines, open_offline, reset_budget, reset_engines, try_engine
from saudager.bootstrap.mail import READERS, TRIAL_MAILBOX, carriers_of
from saudager.bootstrap.marketplaces import KASPI, MARKETPLACES
from saudager.bootstrap.messengers import MESSENGERS, SIMULATOR
from saudager.bootstrap.painters import open_painters, open_web_search, reset_painters, try_painter
from saudager.bootstrap.seeds import account_seeds, has_the_say, mailbox_seeds, setting_of, store_seeds
from saudager.bootstrap.storage import make_folders, open_storage
from saudager.bootstrap.transcribers import open_transcriber
from saudager.bootstrap.wires import open_gateway, open_wire
from saudager.clock import Clock, SystemClock
from saudager.crm import connecting
from saudager.errors import ConfigurationError, OutsideError, Refused
from saudager.gateway import accounts, connections, mail_connections
from saudager.gateway.models import Account
from saudager.gateway.office import Office
from saudager.orders import shops
from saudager.providers.images import Painter
from saudager.providers.llm import LanguageModel
from saudager.providers.speech import Transcriber
from saudager.providers.websearch import WebSearch
from saudager.queues.lanes import Queues
from saudager.settings import Settings
from saudager.vault import SealedElsewhere, Vault

__all__ = ["SIMULATOR", "TRIAL_MAILBOX", "bootstrap", "connect_accounts", "connect_crm", "connect_shops"]

_Opened = TypeVar("_Opened")
_log = logging.getLogger(__name__)
_POLL_FOR_OTHERS = 0.5


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
    make_folders(settings)
    for name in prompts.PLACEHOLDERS:
        prompts.load(name, settings.prompts_dir)
    clock = clock or SystemClock()
    db = open_database(settings, service)
    environment, vault = settings, Vault(settings.data_dir / "vault.key")
    if service != "gateway" or not settings.has_wire:
        settings = shop_settings.laid_over(environment, changed_in_console(settings.agent_database, vault))
    offline = open_offline()
    app = App(
        settings=settings,
        environment=environment,
        clock=clock,
        db=db,
        queues=Queues(db, clock, poll=poll),
        vault=vault,
        media=open_storage(settings),
        painters=painters or (() if service == "gateway" else open_painters(settings, clock, hosted=hosted)),
        web_search=web_search or (open_web_search(settings, clock) if hosted and service != "gateway" else None),
        model=model or (open_engines(settings, offline, open_books(settings, db, clock)) if hosted else offline),
        offline=offline,
        transcriber=transcriber or (open_transcriber(settings, clock) if hosted and service != "agent" else None),
        wire=open_wire(settings),
        service=service if settings.has_wire else "both",
        messengers=MESSENGERS,
        marketplaces=MARKETPLACES,
        crms=crms_of(settings),
        mailers=carriers_of(settings),
        mail_readers=READERS,
        jobs=duties.everybodys_jobs(apart=settings.has_wire),
    )
    app.reset_budget = partial(reset_budget, app)
    if hosted and model is None:
        app.reset_engines = partial(reset_engines, app, listens=transcriber is None and service != "agent")
        app.try_engine = partial(try_engine, app)
    if hosted and not painters and service != "gateway":
        app.reset_painters = partial(reset_painters, app)
        app.try_painter = partial(try_painter, app)
    app.gateway = open_gateway(app) if service == "agent" else Office(app)
    return app


async def connect_accounts(app: App, *, simulator: bool = False) -> None:
    """Store what the environment names for the first time or names anew, and open every number and mailbox; one whose
    credentials the vault does not open waits for a person. Raises ConfigurationError for a mailbox no carrier could be
    opened with: then nothing is stored."""
    mail = [*mailbox_seeds(app.settings, simulator=simulator)]
    for name, _, config in mail:
        wrong = mail_connections.wrong_fields(app, config)
        if wrong and await app.db.read(has_the_say, app.vault, name):
            raise ConfigurationError("; ".join(f"{setting_of(field)}: {says}" for field, says in wrong.items()))
    seeds = [*account_seeds(app.settings, simulator=simulator), *mail]
    for name in await app.db.run(store_seeds, app.vault, app.settings, seeds, now=app.clock.now()):
        _log.warning("%s was entered in the console: what the environment says of it otherwise is not used", name)
    for account in await app.db.read(accounts.everyone):
        await _open(app, account, app.channels, connections.open_channel)
    for mailbox in await app.db.read(accounts.mailboxes):
        await _open(app, mailbox, app.mailboxes, mail_connections.open_mailbox)


async def _open(
    app: App, account: Account, among: dict[str, _Opened], opening: Callable[[App, Account], _Opened]
) -> None:
    try:
        among[account.name] = opening(app, account)
    except SealedElsewhere as error:
        _log.warning("%s: %s", account.name, error)
        await app.db.run(accounts.not_opened, account.name, now=app.clock.now())
    else:
        await app.db.run(accounts.opened_again, account.name)


async def connect_shops(app: App) -> None:
    """Connect the shop the environment names, unless one at its marketplace was ever connected in the console; and give
    the one the environment connected its new form."""
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
        app.vault,
        settings.kaspi_shop_name,
        marketplace=KASPI,
        config=config,
        days=settings.kaspi_backfill_days,
        now=app.clock.now(),
    )


async def connect_crm(app: App) -> None:
    """Connect the account of Kommo the environment names, unless one was ever connected in the console; and give the
    one the environment connected its new token. One that does not open is tried again at the next start, and a person
    is asked meanwhile."""
    settings, now = app.settings, app.clock.now()
    if settings.kommo_token is None or not settings.kommo_base_url:
        return
    token = settings.kommo_token.get_secret_value()
    if not await app.db.read(connecting.is_news, app.vault, KOMMO, token):
        return
    try:
        await connecting.connect_long_lived(app, KOMMO, settings.kommo_base_url, token, of_environment=True)
    except (OutsideError, Refused) as error:
        reason = f"Kommo из настроек не подключился (KOMMO_BASE_URL, KOMMO_TOKEN): {error}"
        _log.warning("%s", reason)
        await app.db.run(attention.ask, Why.CRM, f"crm:{KOMMO}", reason, now=now)
    else:
        await app.db.run(attention.settle, Why.CRM, f"crm:{KOMMO}", now=now)
