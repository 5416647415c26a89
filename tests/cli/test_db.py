from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from campaigns.storage.db import owner_engine
from tests.cli.conftest import Run


def test_upgrade_makes_the_schema_and_may_be_repeated(run: Run) -> None:
    assert run("db", "current").stdout == "empty\n"
    for _ in range(2):
        assert run("db", "upgrade").exit_code == 0
    result = run("db", "current")
    assert (result.exit_code, result.stdout) == (0, "current\n")


def test_current_fails_where_it_is_not(run: Run) -> None:
    assert run("db", "current").exit_code == 1


def test_an_older_database_is_refused_with_the_line_to_run(run: Run, home: Path) -> None:
    run("db", "upgrade")
    stamp(home, "0001")
    result = run("workflow", "list", "--tenant", "acme")
    assert result.exit_code == 1
    assert "campaigns db upgrade" in result.stderr


def test_a_newer_database_is_left_alone(run: Run, home: Path) -> None:
    run("db", "upgrade")
    stamp(home, "9999")
    assert run("db", "current").stdout == "ahead\n"
    result = run("db", "upgrade")
    assert result.exit_code == 1
    assert "newer" in result.stderr


def test_a_server_that_does_not_answer_is_told_in_one_line(run: Run) -> None:
    result = run("db", "current", database_url="postgresql://nobody@127.0.0.1:1/none")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: The database does not answer: ")


def stamp(home: Path, revision: str) -> None:
    engine = owner_engine(f"sqlite:///{home / 'campaigns.db'}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
    engine.dispose()
