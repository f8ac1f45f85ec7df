"""Alembic's entry: run by payclerk_core.migrate with the URL, never by the bare command."""

from alembic import context

from payclerk_core.db import make_engine
from payclerk_core.tables import Base

engine = make_engine(context.config.attributes["url"])
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        include_name=lambda name, type_, parents: type_ != "schema" or name is None,
    )
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
