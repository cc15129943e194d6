"""Alembic's entry to this tree; it imports no models, so that an old migration never depends on today's code."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table=context.config.attributes["version_table"],
)
with context.begin_transaction():
    context.run_migrations()
