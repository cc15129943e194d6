"""The tables the migrations make are the tables the code expects."""

from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect
from sqlalchemy.orm import DeclarativeBase

import saudager.attention
import saudager.automation.models
import saudager.calls.models
import saudager.conversations.models
import saudager.crm.models
import saudager.engines.models
import saudager.events.models
import saudager.exam.models
import saudager.followups.models
import saudager.gateway.models
import saudager.knowledge.models
import saudager.letters.models
import saudager.operators.models
import saudager.orders.models
import saudager.outreach.models
import saudager.overview.models
import saudager.people.models
import saudager.promises.models
import saudager.prompts.models
import saudager.restorations
import saudager.sales.models
import saudager.shop_settings.models
import saudager.studio.models
import saudager.trust.models
from saudager.db import migrate
from saudager.db.base import AgentBase, GatewayBase
from saudager.db.threads import connect

pytestmark = pytest.mark.slow

MODELS = (
    saudager.attention,
    saudager.automation.models,
    saudager.calls.models,
    saudager.conversations.models,
    saudager.crm.models,
    saudager.engines.models,
    saudager.events.models,
    saudager.exam.models,
    saudager.followups.models,
    saudager.gateway.models,
    saudager.knowledge.models,
    saudager.letters.models,
    saudager.operators.models,
    saudager.orders.models,
    saudager.outreach.models,
    saudager.people.models,
    saudager.promises.models,
    saudager.prompts.models,
    saudager.overview.models,
    saudager.restorations,
    saudager.sales.models,
    saudager.shop_settings.models,
    saudager.studio.models,
    saudager.trust.models,
)
TREES = (migrate.QUEUES, migrate.GATEWAY, migrate.AGENT)
_WORDS = ("messages_words", "messages_terms", "contacts_words")
VERSIONS = tuple(f"{tree}_version" for tree in TREES)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'shop.db'}"


def differences(url: str, *bases: type[DeclarativeBase]) -> list[Any]:
    """Between a database and the models: the queues' tables, the keys and the full-text ones have none."""

    def has_models(name: str | None, kind: str, parents: Any) -> bool:
        if kind == "index":
            return name != "ix_contacts_who"  # of an expression no model can say
        return kind != "table" or not (name or "").startswith(("queue_", "api_keys", "passages_", *_WORDS, *VERSIONS))

    engine = connect(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": has_models})
        differences = compare_metadata(context, [base.metadata for base in bases])
    engine.dispose()
    return list(differences)


def _tables(url: str) -> set[str]:
    engine = connect(url)
    tables = set(inspect(engine).get_table_names())
    engine.dispose()
    return tables


def _schema(url: str) -> dict[str, Any]:
    engine = connect(url)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("select name, sql from sqlite_master order by name").all()
        versions = {
            name: connection.exec_driver_sql(f"select version_num from {name}").scalars().all()
            for name in inspect(connection).get_table_names()
            if name.endswith("_version")
        }
    engine.dispose()
    return {"tables": [tuple(row) for row in rows], "versions": versions}


@pytest.mark.parametrize(("tree", "base"), [(migrate.GATEWAY, GatewayBase), (migrate.AGENT, AgentBase)])
def test_a_migrated_database_has_exactly_the_tables_of_the_models(url: str, tree: str, base: Any):
    assert base.metadata.tables
    migrate.upgrade(url, (tree,))
    assert differences(url, base) == []


def test_both_services_fit_into_one_database(url: str):
    migrate.upgrade(url, (migrate.GATEWAY, migrate.AGENT))
    assert differences(url, GatewayBase, AgentBase) == []
    assert set(_schema(url)["versions"]) == set(VERSIONS)


def test_migrating_twice_changes_nothing(url: str):
    migrate.upgrade(url, (migrate.GATEWAY, migrate.AGENT))
    before = _schema(url)
    migrate.upgrade(url, (migrate.GATEWAY, migrate.AGENT))
    assert _schema(url) == before


@pytest.mark.parametrize("tree", TREES)
def test_a_start_asks_for_the_revision_that_alembic_ends_at(tree: str):
    assert ScriptDirectory(migrate.folder_of(tree)).get_heads() == [migrate.newest(tree)]


@pytest.mark.parametrize("tree", TREES)
def test_a_database_one_migration_behind_is_brought_to_the_newest(url: str, tree: str):
    migrate.upgrade(url, (migrate.GATEWAY, migrate.AGENT))
    before = _schema(url)
    _move(url, tree, command.downgrade, "-1")
    assert _schema(url) != before
    migrate.upgrade(url, (migrate.GATEWAY, migrate.AGENT))
    assert _schema(url) == before


@pytest.mark.parametrize("tree", TREES)
def test_every_migration_can_be_taken_back_and_made_again(url: str, tree: str):
    migrate.upgrade(url, (migrate.GATEWAY, migrate.AGENT))
    before = _schema(url)
    _move(url, tree, command.downgrade, "base")
    after = _schema(url)
    assert after["versions"][f"{tree}_version"] == []
    assert len(after["tables"]) < len(before["tables"])
    migrate.upgrade(url, (migrate.GATEWAY, migrate.AGENT))
    assert _schema(url) == before


def test_nothing_of_a_tree_is_left_when_it_is_taken_back(url: str):
    migrate.upgrade(url, (migrate.GATEWAY, migrate.AGENT))
    for tree in TREES:
        _move(url, tree, command.downgrade, "base")
    assert _tables(url) == set(VERSIONS)


def test_a_migration_that_fails_leaves_the_database_as_it_was(url: str):
    migrate.upgrade(url, ())
    engine = connect(url)
    with engine.connect() as connection:
        connection.exec_driver_sql("create table turns (id integer)")  # in the way of the agent's own
    engine.dispose()
    before = _schema(url)
    with pytest.raises(Exception, match="turns"):
        migrate.upgrade(url, (migrate.AGENT,))
    assert _schema(url) == before


def _move(url: str, tree: str, move: Any, to: str) -> None:
    config = Config()
    config.set_main_option("script_location", migrate.folder_of(tree))
    config.set_main_option("path_separator", "os")
    config.attributes["version_table"] = f"{tree}_version"
    engine = connect(url)
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        move(config, to)
    engine.dispose()
