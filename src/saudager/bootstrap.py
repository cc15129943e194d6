"""The composition root: the only place that names vendors and puts the parts together."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from saudager import prompts
from saudager.app import App
from saudager.clock import Clock, SystemClock
from saudager.db import migrate
from saudager.db.threads import Database
from saudager.errors import ConfigurationError
from saudager.gateway import accounts, whitelist
from saudager.gateway.models import Account
from saudager.providers.channels import Channel
from saudager.providers.llm import LanguageModel
from saudager.queues.lanes import Queues
from saudager.settings import Settings
from saudager.vault import Vault

_POLL_FOR_OTHERS = 0.5
SIMULATOR = "simulator"


def bootstrap(
    settings: Settings,
    *,
    clock: Clock | None = None,
    model: LanguageModel | None = None,
    poll: float | None = _POLL_FOR_OTHERS,
) -> App:
    """An App on a migrated database, nothing running yet. ``poll``: see Queues; None when this process is alone.

    Raises ConfigurationError for a prompt, a folder or a database that cannot be used.
    """
    _make_folders(settings)
    for name in prompts.PLACEHOLDERS:
        prompts.load(name, settings.prompts_dir)
    migrate.upgrade(settings.gateway_url, (migrate.GATEWAY, migrate.AGENT))
    clock = clock or SystemClock()
    db = Database(settings.gateway_url)
    return App(
        settings=settings,
        clock=clock,
        db=db,
        queues=Queues(db, clock, poll=poll),
        vault=Vault(settings.data_dir / "vault.key"),
        model=model or _offline_model(settings),
    )


async def connect_accounts(app: App, *, simulator: bool = False) -> None:
    """Store what the environment names for the first time, and open a channel for every account."""
    seeds = list(_seeds(app.settings, simulator=simulator))
    await app.db.run(_seed, app.vault, app.settings, seeds, now=app.clock.now())
    for account in await app.db.read(accounts.everyone):
        config = json.loads(app.vault.open(account.config))
        app.channels[account.name] = _CHANNELS[account.vendor](config, app.clock)


def _seeds(settings: Settings, *, simulator: bool) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(name, vendor, config) of every account the environment describes."""
    if settings.wappi_token is not None:
        config = {
            "base_url": settings.wappi_base_url,
            "token": settings.wappi_token.get_secret_value(),
            "profile_id": settings.wappi_profile_id,
        }
        yield f"wappi:{settings.wappi_profile_id}", "wappi", config
    if simulator:
        yield SIMULATOR, "simulator", {}


def _seed(
    session: Session,
    vault: Vault,
    settings: Settings,
    seeds: list[tuple[str, str, dict[str, Any]]],
    *,
    now: datetime,
) -> None:
    is_first_start = not accounts.everyone(session) and not whitelist.numbers(session)
    for name, vendor, config in seeds:
        if session.get(Account, name) is None:
            accounts.connect(session, name, vendor=vendor, sealed_config=vault.seal(json.dumps(config)), now=now)
    if is_first_start:
        for number in settings.whitelist_numbers:
            whitelist.add(session, number, note="WHITELIST_NUMBERS", now=now)


def _simulator(config: dict[str, Any], clock: Clock) -> Channel:
    from saudager.providers.channels.simulator import Simulator

    return Simulator(clock)


def _wappi(config: dict[str, Any], clock: Clock) -> Channel:
    from saudager.providers.channels.wappi import Config, WhatsAppWappi

    return WhatsAppWappi(Config.model_validate(config), clock=clock)


_CHANNELS: dict[str, Callable[[dict[str, Any], Clock], Channel]] = {"simulator": _simulator, "wappi": _wappi}


def _offline_model(settings: Settings) -> LanguageModel:
    from saudager.providers.llm.offline import OfflineModel

    return OfflineModel()


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
        for folder in (settings.data_dir, settings.knowledge_folder, settings.media_folder):
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"DATA_DIR holds {str(settings.data_dir)!r}: expected a folder that can be written ({error.strerror})"
        ) from None
