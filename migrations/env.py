"""How Alembic runs here: with the connection that `campaigns.storage.migrate` hands over."""

from alembic import context

from campaigns.storage import models  # noqa: F401 - registers every table
from campaigns.storage.base import Base


def ours(_object, name, type_, _reflected, _compare_to):
    """Leave the queue's own tables alone."""
    return not (type_ == "table" and name.startswith("procrastinate_"))


def run() -> None:
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        include_object=ours,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
