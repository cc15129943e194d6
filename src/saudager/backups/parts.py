"""What a shop consists of: its databases, its folders, its key and its settings."""

from dataclasses import dataclass
from pathlib import Path

from saudager.db import migrate
from saudager.settings import Settings

KEY, ENVIRONMENT = "vault.key", ".env"


@dataclass(frozen=True, slots=True)
class Part:
    """A database: ``shop`` is the one both services share, ``gateway`` and ``agent`` are a service's own."""

    name: str
    url: str
    setting: str
    """What holds the address."""
    trees: tuple[str, ...]

    @property
    def file(self) -> Path | None:
        """Where it is, if it is SQLite's."""
        return Path(self.url.removeprefix("sqlite:///")) if self.url.startswith("sqlite:") else None

    @property
    def kind(self) -> str:
        return "SQLite" if self.file else "PostgreSQL"


def databases(settings: Settings) -> list[Part]:
    """The one database, or the gateway's before the agent's."""
    gateway, agent = settings.gateway_database, settings.agent_database
    if not settings.has_wire:
        trees = (migrate.GATEWAY, migrate.AGENT)
        return [Part("shop", gateway, settings.database_setting("gateway"), trees)]
    return [
        Part("gateway", gateway, settings.database_setting("gateway"), (migrate.GATEWAY,)),
        Part("agent", agent, settings.database_setting("agent"), (migrate.AGENT,)),
    ]


def folders(settings: Settings) -> dict[str, Path]:
    """The folders a backup holds, by their names in it."""
    kept = {"knowledge_base": settings.knowledge_folder}
    if settings.s3_bucket is None:
        kept["media"] = settings.media_folder
    if settings.prompts_dir is not None:
        kept["prompts"] = settings.prompts_dir
    return kept


def key(settings: Settings) -> Path:
    return settings.data_dir / KEY
