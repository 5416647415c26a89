from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from campaigns.web import assets

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def app() -> Flask:
    app = Flask("app", static_folder=str(ROOT / "static"), static_url_path="/static")
    assets.register(app, mode="local")
    return app


def test_a_changed_file_has_a_new_address(tmp_path: Path) -> None:
    app = Flask("app", static_folder=str(tmp_path))
    (tmp_path / "a.css").write_text("a{}")
    with app.test_request_context("/"):
        first = assets.asset("a.css")
    (tmp_path / "a.css").write_text("ab{}")
    with app.test_request_context("/"):
        assert assets.asset("a.css") != first


def test_only_the_present_hash_may_be_kept_for_ever(app: Flask) -> None:
    with app.test_request_context("/"):
        address = assets.asset("css/app.css")
    client = app.test_client()
    with client.get(address) as present, client.get("/static/css/app.css?v=old") as other:
        assert present.headers["Cache-Control"] == assets.ONE_YEAR
        assert other.headers["Cache-Control"] == "no-cache"


def test_a_vendored_file_is_named_without_its_version(app: Flask) -> None:
    with app.test_request_context("/"):
        htmx = assets.vendored("htmx.org/htmx.min.js")
    assert htmx.url.startswith("/static/vendor/htmx.org/2.0.11/htmx.min.js?v=")
    assert htmx.integrity.startswith("sha384-")
    assert htmx.cdn == "https://cdn.jsdelivr.net/npm/htmx.org@2.0.11/dist/htmx.min.js"


@pytest.mark.parametrize("ask", [lambda: assets.asset("no.css"), lambda: assets.vendored("left-pad/index.js"),
                                 lambda: assets.icon_href("no-such-icon")])  # fmt: skip
def test_what_is_not_there_is_an_error(app: Flask, ask) -> None:
    with app.test_request_context("/"), pytest.raises(assets.UnknownAsset):
        ask()


def test_assets_come_from_one_of_two_places() -> None:
    with pytest.raises(assets.UnknownAsset, match="'cdn' or 'local'"):
        assets.register(Flask("app"), mode="ftp")  # type: ignore[arg-type]
