"""The database a process works on, migrated, and what the console's settings in it say."""

from sqlalchemy.orm import Session

from saudager import shop_settings
from saudager.app import Service
from saudager.backups import unfinished
from saudager.contracts import CONTRACT
from saudager.db import migrate
from saudager.db.threads import Database, connect
from saudager.errors import ConfigurationError
from saudager.settings import Settings
from saudager.vault import Vault


def open_database(settings: Settings, service: Service) -> Database:
    """The one both services share, or with a broker between them the service's own. Raises ConfigurationError for both
    in one process with a broker, and when a restore was broken off half-way."""
    unfinished.require_none(settings.data_dir)
    if not settings.has_wire:
        shared = settings.database_setting("gateway")
        migrate.upgrade(settings.gateway_database, (migrate.GATEWAY, migrate.AGENT), setting=shared)
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
    migrate.upgrade(url, (tree,), setting=settings.database_setting(service))
    return Database(url, wired=frozenset(name for name, queue in CONTRACT.items() if queue.is_sent_by(service)))


def changed_in_console(url: str, vault: Vault) -> dict[str, str]:
    """The settings the owner has changed, by name."""
    engine = connect(url, read_only=True)
    try:
        with Session(engine) as session:
            return shop_settings.values(session, vault)
    finally:
        engine.dispose()
