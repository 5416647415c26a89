"""Write migrations/versions/0001_tables.py anew from the models. Only before the first release."""

from pathlib import Path
from tempfile import TemporaryDirectory

from alembic import command

from campaigns.storage.db import owner_engine
from campaigns.storage.migrate import configuration

ROOT = Path(__file__).resolve().parent.parent
VERSIONS = ROOT / "migrations" / "versions"


def main() -> None:
    aside = {path: path.read_text() for path in VERSIONS.glob("*.py")}
    for path in aside:
        path.unlink()
    with TemporaryDirectory() as folder:
        engine = owner_engine(f"sqlite:///{folder}/empty.db")
        with engine.connect() as connection, connection.begin():
            config = configuration(ROOT / "migrations")
            config.attributes["connection"] = connection
            command.revision(config, "tables", autogenerate=True, rev_id="0001")
        engine.dispose()
    for path, source in aside.items():
        if not path.name.startswith("0001"):
            path.write_text(source)


main()
