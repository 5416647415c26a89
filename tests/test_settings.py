"""Settings: where they come from, what is refused, and that the message names the variable."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest
from pydantic import ValidationError

from campaigns.settings import BadSettings, Settings, load_settings, variables

KEY = "k3y-for-tests-0123456789-abcdefghij"


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_nothing_set_gives_sqlite_in_instance(tmp_path: Path) -> None:
    settings = load_settings()
    assert settings.home == tmp_path / "instance"
    assert settings.database_url == f"sqlite:///{tmp_path}/instance/campaigns.db"
    assert (settings.dispatch, settings.assets, settings.smtp_url) == ("embedded", "cdn", "console:")
    assert (settings.outgoing_allow, settings.plugins, settings.tick_seconds) == ((), (), 1.0)


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("CAMPAIGNS_TICK_SECONDS=5\nCAMPAIGNS_ASSETS=local\nOTHER=1\n")
    monkeypatch.setenv("CAMPAIGNS_TICK_SECONDS", "7")
    settings = load_settings()
    assert (settings.tick_seconds, settings.assets) == (7.0, "local")


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMPAIGNS_SMTP_URL", "")
    assert load_settings().smtp_url == "console:"


def test_lists_are_separated_by_commas_or_spaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMPAIGNS_OUTGOING_ALLOW", "10.0.0.0/8, ::1/128")
    monkeypatch.setenv("CAMPAIGNS_PLUGINS", "shop.sections crm")
    settings = load_settings()
    assert settings.outgoing_allow == (ip_network("10.0.0.0/8"), ip_network("::1/128"))
    assert settings.plugins == ("shop.sections", "crm")


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("CAMPAIGNS_DATABASE_URL", "mysql://h/d", "postgresql:// or sqlite:///"),
        ("CAMPAIGNS_DISPATCH", "celery", "'embedded', 'distributed' or 'inline'"),
        ("CAMPAIGNS_DISPATCH", "distributed", "distributed needs PostgreSQL"),
        ("CAMPAIGNS_SECRET_KEY", "changeme", "sample"),
        ("CAMPAIGNS_SECRET_KEY", "short", "at least 32 characters"),
        ("CAMPAIGNS_SECRET_KEY", "ab" * 20, "too few different"),
        ("CAMPAIGNS_ASSETS", "s3", "'cdn' or 'local'"),
        ("CAMPAIGNS_SMTP_URL", "http://h", "smtp://"),
        ("CAMPAIGNS_SMTP_URL", "smtp://", "names no host"),
        ("CAMPAIGNS_OUTGOING_ALLOW", "10.0.0.1/8", "network"),
        ("CAMPAIGNS_PLUGINS", "a b-c", "b-c is not the name"),
        ("CAMPAIGNS_TICK_SECONDS", "0", "greater than 0"),
        ("CAMPAIGNS_TICK_SECONDS", "soon", "valid number"),
        ("CAMPAIGNS_PUBLIC_URL", "campaigns.example.com", "https://campaigns.example.com"),
        ("CAMPAIGNS_PROXY_HOPS", "-1", "greater than or equal to 0"),
        ("CAMPAIGNS_LOG_FORMAT", "xml", "'auto', 'console' or 'json'"),
        ("CAMPAIGNS_HOME", "what?", "question mark"),
    ],
)
def test_a_wrong_value_is_refused_by_name(
    variable: str, value: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(BadSettings) as caught:
        load_settings()
    assert {problem.path for problem in caught.value.problems} == {variable}
    assert reason in caught.value.message


def test_a_refusal_never_repeats_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMPAIGNS_SECRET_KEY", "hunter2")
    monkeypatch.setenv("CAMPAIGNS_DATABASE_URL", "mysql://root:hunter2@h/d")
    with pytest.raises(BadSettings) as caught:
        load_settings()
    assert "hunter2" not in caught.value.message


def test_a_misspelt_variable_is_pointed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMPAIGNS_DATABSE_URL", "postgresql://h/d")
    with pytest.raises(BadSettings, match="did you mean CAMPAIGNS_DATABASE_URL"):
        load_settings()


def test_a_plugins_own_variable_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMPAIGNS_SHOPWARE_COUNTRY", "DE")
    load_settings()


def test_an_https_address_secures_cookies() -> None:
    settings = load_settings(public_url="https://c.example/", secret_key=KEY)
    assert (settings.public_url, settings.secure_cookies) == ("https://c.example", True)
    assert load_settings(public_url="http://c.example", secret_key=KEY).secure_cookies is False


def test_settings_do_not_change_and_do_not_tell_secrets() -> None:
    settings = load_settings(secret_key=KEY, database_url="postgresql://u:hunter2@h/d")
    with pytest.raises(ValidationError):
        settings.tick_seconds = 2
    assert KEY not in repr(settings)
    assert "hunter2" not in repr(settings)


def test_a_given_key_writes_nothing(tmp_path: Path) -> None:
    load_settings(secret_key=KEY)
    assert list(tmp_path.iterdir()) == []


def test_every_setting_says_what_it_means() -> None:
    assert all(variables().values())
    assert len(variables()) == len(Settings.model_fields)
