"""How Alembic runs the migrations: always on the connection it is given, in that connection's transaction."""

from alembic import context

from preferences.store.revisions import METADATA

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=METADATA, render_as_batch=connection.dialect.name == "sqlite")
with context.begin_transaction():
    context.run_migrations()
