from __future__ import annotations

import json

from campaigns.runtime import Runtime
from campaigns.services import accounts, tenants
from campaigns.storage.transaction import system
from tests.cli.conftest import Run

PASSWORD = "seven grey herons\n"


def signs_in(parts: Runtime, password: str) -> bool:
    browser = accounts.Browser(address="127.0.0.1")
    return bool(accounts.sign_in(parts.store, email="anna@example.com", password=password, browser=browser))


def test_create_prints_the_key_alone_and_makes_the_owner(run: Run, parts: Runtime) -> None:
    words = ("tenant", "create", "Käse & Söhne", "--owner", "Anna@example.com", "--password-stdin")
    result = run(*words, input=PASSWORD)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "kaese-soehne\n", "")
    assert signs_in(parts, PASSWORD.strip())
    with system(parts.store) as session:
        user = accounts.find_user(session, "anna@example.com")
    assert user is not None
    with system(parts.store, user_id=user.id) as session:
        assert [(one.key, one.role) for one in tenants.list_access(session, user.id)] == [("kaese-soehne", "owner")]


def test_keys_are_made_unique_or_given(run: Run) -> None:
    owner = ("--owner", "anna@example.com")
    assert run("tenant", "create", "Acme", *owner).stdout == "acme\n"
    assert run("tenant", "create", "Acme", *owner).stdout == "acme-2\n"
    assert run("tenant", "create", "Acme", *owner, "--key", "other").stdout == "other\n"


def test_a_password_that_nobody_gave_is_told_on_standard_error(run: Run, parts: Runtime) -> None:
    result = run("tenant", "create", "Acme", "--owner", "anna@example.com")
    password = result.stderr.removeprefix("Password: ").strip()
    assert signs_in(parts, password)


def test_an_owner_with_an_account_keeps_the_password(run: Run, parts: Runtime) -> None:
    run("tenant", "create", "Acme", "--owner", "anna@example.com", "--password-stdin", input=PASSWORD)
    words = ("tenant", "create", "Other", "--owner", "anna@example.com", "--password-stdin")
    result = run(*words, input="another good password\n")
    assert (result.stdout, "keeps its password" in result.stderr) == ("other\n", True)
    assert signs_in(parts, PASSWORD.strip())


def test_what_is_wrong_leaves_no_account_behind(run: Run, parts: Runtime) -> None:
    run("tenant", "create", "Acme", "--owner", "anna@example.com")
    for words, said in {
        ("Acme", "--key", "acme"): "/key: is taken already",
        ("Acme", "--key", "No Key"): "/key: ",
        ("Acme", "--parent", "nowhere"): "There is no tenant nowhere.",
        (" ",): "/name: ",
    }.items():
        result = run("tenant", "create", *words, "--owner", "bert@example.com")
        assert (result.exit_code, result.stdout) == (1, "")
        assert said in result.stderr
        with system(parts.store) as session:
            assert accounts.find_user(session, "bert@example.com") is None
    weak = run("tenant", "create", "Weak", "--owner", "bert@example.com", "--password-stdin", input="short\n")
    assert (weak.exit_code, "/password: " in weak.stderr) == (1, True)
    assert [row["key"] for row in json.loads(run("tenant", "list", "--json").stdout)] == ["acme"]


def test_list_shows_the_tree(run: Run) -> None:
    run("tenant", "create", "Acme", "--owner", "anna@example.com")
    run("tenant", "create", "North", "--owner", "anna@example.com", "--parent", "acme")
    rows = json.loads(run("tenant", "list", "--json").stdout)
    assert [(row["key"], row["parent"]) for row in rows] == [("acme", None), ("north", "acme")]
    assert "North" in run("tenant", "list").stdout
