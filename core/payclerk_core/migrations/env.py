"""Alembic's entry: run by payclerk_core.migrate with the URL, never by the bare command."""

from alembic import context
from sqlalchemy import event

from payclerk_core import sqlite_upgrade
from payclerk_core.db import make_engine
from payclerk_core.tables import Base

engine = make_engine(context.config.attributes["url"])
sqlite = engine.dialect.name == "sqlite"
if sqlite:
    event.listen(engine, "connect", sqlite_upgrade.without_foreign_keys)
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=sqlite,
        transactional_ddl=True,  # SQLite too: an upgrade is whole or has not been
        include_name=lambda name, type_, parents: type_ != "schema" or name is None,
    )
    with context.begin_transaction():
        context.run_migrations()
        if sqlite:
            sqlite_upgrade.check(connection)
engine.dispose()
