"""Runs migrations on the connection that :meth:`geo.database.Database.migrate` hands over."""

from alembic import context

from geo.migrations import env_options
from geo.schema import Base


def run() -> None:
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=Base.metadata,
        **env_options(),
    )
    with context.begin_transaction():
        context.run_migrations()


run()
