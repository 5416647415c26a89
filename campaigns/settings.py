"""The settings: read from the environment and `.env` once, when a process starts; frozen from then on.

Nothing here runs at import. `load_settings()` is the one way in; its error names the variables.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from campaigns.errors import CampaignsError, Problem
from campaigns.secret_key import KeyFileUnusable, obtain, weakness

PREFIX = "CAMPAIGNS_"
_MAIL_SCHEMES = ("console", "memory", "smtp", "smtps")
_STORES = ("sqlite:///", "postgresql://")
_LIKENESS = 0.8  # how alike a variable must be to a known one to count as misspelt

Networks = tuple[IPv4Network | IPv6Network, ...]


class BadSettings(CampaignsError):
    """The settings are not usable."""

    code = "bad_settings"


def _default_database(data: dict[str, Any]) -> str:
    return f"sqlite:///{data['home'] / 'campaigns.db'}"


def _default_secret(data: dict[str, Any]) -> str:
    return obtain(data["home"])


def _default_secure_cookies(data: dict[str, Any]) -> bool:
    return str(data["public_url"] or "").startswith("https://")


class Settings(BaseSettings):
    """Everything an operator can set. Each field is the variable CAMPAIGNS_<NAME>."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=True,
    )

    home: Path = Field(
        default=Path("instance"),
        description="Data folder: the SQLite file, uploads, and the generated secret key.",
    )
    database_url: str = Field(
        default_factory=_default_database,
        description="Where the data lives: `postgresql://user:password@host/name`, or `sqlite:///path`. "
        "By default an SQLite file in CAMPAIGNS_HOME.",
        repr=False,
    )
    dispatch: Literal["embedded", "distributed", "inline"] = Field(
        default="embedded",
        description="How waiting work is found: `embedded` (a worker inside of each process), `distributed` "
        "(`campaigns worker` processes share it; PostgreSQL only), `inline` (at once, in the caller).",
    )
    secret_key: str = Field(
        default_factory=_default_secret,
        description="Signs cookies and links, and encrypts stored secrets; at least 32 characters. By default "
        "generated once into CAMPAIGNS_HOME/secret_key. Processes on several machines need the same one.",
        repr=False,
    )
    assets: Literal["cdn", "local"] = Field(
        default="cdn",
        description="Where browsers load libraries from: `cdn` (checked by hash; falls back to this server by "
        "itself) or `local` (this server alone).",
    )
    smtp_url: str = Field(
        default="console:",
        description="How mail leaves: `smtp://user:password@host:587`, `smtps://…:465`, `console:` (printed) or "
        "`memory:` (kept, for tests).",
        repr=False,
    )
    outgoing_allow: Annotated[Networks, NoDecode] = Field(
        default=(),
        description="Networks that calls to tenants' addresses may reach besides public ones, separated by commas, "
        "such as `10.1.0.0/16, ::1/128`. On these http and every port are allowed.",
    )
    plugins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Python modules with section types to load besides installed entry points, separated by commas.",
    )
    tick_seconds: float = Field(
        default=1.0,
        gt=0,
        le=60,
        description="Seconds between two looks for due work; new work is announced besides.",
    )
    public_url: str | None = Field(
        default=None,
        description="The address people reach this installation at, such as `https://campaigns.example.com`: used in "
        "mails and links. By default taken from the request.",
    )
    secure_cookies: bool = Field(
        default_factory=_default_secure_cookies,
        description="Send cookies over HTTPS alone, and redirect to it. By default on when CAMPAIGNS_PUBLIC_URL "
        "begins with https.",
    )
    proxy_hops: int = Field(
        default=0,
        ge=0,
        le=10,
        description="How many reverse proxies stand in front and set X-Forwarded-*; 0 ignores these headers.",
    )
    log_format: Literal["auto", "console", "json"] = Field(
        default="auto",
        description="How log lines look: `console` (columns), `json` (one object a line), `auto` (console when a "
        "terminal looks on, else json).",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info",
        description="The least level that is logged.",
    )

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        if "?" in str(home):
            raise ValueError("a path with a question mark can't be part of a database's address")
        return home.expanduser().absolute()

    @field_validator("database_url")
    @classmethod
    def _known_store(cls, url: str) -> str:
        if not url.startswith(_STORES):
            raise ValueError("must begin with postgresql:// or sqlite:///")
        return url

    @field_validator("dispatch")
    @classmethod
    def _store_can_dispatch(cls, dispatch: str, info: Any) -> str:
        if dispatch == "distributed" and str(info.data.get("database_url", "")).startswith("sqlite"):
            raise ValueError("distributed needs PostgreSQL: set CAMPAIGNS_DATABASE_URL to postgresql://…")
        return dispatch

    @field_validator("secret_key")
    @classmethod
    def _strong(cls, key: str) -> str:
        if (why := weakness(key)) is not None:
            raise ValueError(why)
        return key

    @field_validator("smtp_url")
    @classmethod
    def _known_mail(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in _MAIL_SCHEMES:
            raise ValueError("must begin with smtp://, smtps://, console: or memory:")
        if parts.scheme.startswith("smtp") and not parts.hostname:
            raise ValueError("names no host")
        return url

    @field_validator("public_url")
    @classmethod
    def _web_address(cls, url: str | None) -> str | None:
        if url is None:
            return None
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("must be an address such as https://campaigns.example.com")
        return url.rstrip("/")

    @field_validator("outgoing_allow", "plugins", mode="before")
    @classmethod
    def _separated(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part for part in value.replace(",", " ").split() if part)
        return value

    @field_validator("plugins")
    @classmethod
    def _modules(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if not all(part.isidentifier() for part in name.split(".")):
                raise ValueError(f"{name} is not the name of a Python module")
        return names


def load_settings(*, env_file: Path | None = Path(".env"), **given: Any) -> Settings:
    """Read the settings; `given` fields win over the environment, and that over the file.

    Makes the data folder, and the secret key in it, where they are needed and missing.
    Raises BadSettings with one problem a variable.
    """
    _refuse_misspelt(os.environ)
    try:
        return Settings(_env_file=env_file, **given)
    except ValidationError as error:
        raise _bad(_problems(error)) from None
    except KeyFileUnusable as error:
        raise _bad([Problem(f"{PREFIX}HOME", error.message)]) from None


def variables() -> dict[str, str]:
    """Return each setting's variable with its description, in order: for the reference and `doctor`."""
    return {_variable(name): field.description or "" for name, field in Settings.model_fields.items()}


def defaults() -> dict[str, str]:
    """Return what each variable is by default, for the reference; "worked out" where it depends on others."""
    return {_variable(name): _default(field) for name, field in Settings.model_fields.items()}


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return "worked out"
    return f"`{field.default}`" if field.default not in (None, ()) else "none"


def _problems(error: ValidationError) -> list[Problem]:
    """Return what is wrong by variable, without what merely follows from another problem."""
    return [
        Problem(_variable(str(entry["loc"][0])), entry["msg"].removeprefix("Value error, "))
        for entry in error.errors(include_url=False, include_input=False)
        if entry["type"] != "default_factory_not_called"
    ]


def _refuse_misspelt(environment: Mapping[str, str]) -> None:
    known = variables()
    problems = []
    for name in sorted(environment):
        if not name.startswith(PREFIX) or name in known:
            continue
        if alike := difflib.get_close_matches(name, known, n=1, cutoff=_LIKENESS):
            problems.append(Problem(name, f"is no setting; did you mean {alike[0]}?"))
    if problems:
        raise _bad(problems)


def _bad(problems: list[Problem]) -> BadSettings:
    lines = "\n".join(f"  {problem.path}: {problem.message}" for problem in problems)
    return BadSettings(f"The settings are not usable:\n{lines}", problems=problems)


def _variable(field: str) -> str:
    return PREFIX + field.upper()
