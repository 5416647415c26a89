"""Addresses of static files: content-hashed, with integrity for what comes from elsewhere."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from flask import Flask, Response, current_app, g, request, url_for

from campaigns.errors import CampaignsError

Mode = Literal["cdn", "local"]
ONE_YEAR = "public, max-age=31536000, immutable"
MANIFEST = "vendor/manifest.json"
SPRITE = "icons/sprite.svg"
# What a page loads from the CDN where the setting says so. Everything else is always served by us.
FROM_CDN = ("htmx.org/htmx.min.js",)


class UnknownAsset(CampaignsError):
    """There is no such static file."""

    code = "unknown_asset"


@dataclass(frozen=True, slots=True)
class Vendored:
    """One vendored file: our address, its `integrity`, and its address on the CDN where it is the same there."""

    url: str
    integrity: str
    cdn: str | None


def register(app: Flask, *, mode: Mode | None = None) -> None:
    """Give templates `asset`, `vendored`, `icon_href` and `assets_mode`, and let hashed addresses be cached for a year.

    `mode` says where htmx comes from: "cdn" with the vendored copy as fallback, or "local"; without it,
    `app.config["ASSETS"]` says so.
    """
    chosen = mode or app.config.get("ASSETS", "local")
    if chosen not in ("cdn", "local"):
        raise UnknownAsset(f"assets come from 'cdn' or 'local', not from {chosen!r}")
    app.config["ASSETS"] = chosen
    app.jinja_env.globals.update(asset=asset, vendored=vendored, icon_href=icon_href, assets_mode=assets_mode)
    app.after_request(cache_hashed)


def asset(path: str) -> str:
    """Return the address of a file below static/, with its hash, so that a changed file has a new address."""
    told: dict[str, str] = g.setdefault("assets_told", {})  # a page names its icons hundreds of times
    if path not in told:
        told[path] = url_for("static", filename=path, v=_fingerprint(_file(path)))
    return told[path]


def vendored(name: str) -> Vendored:
    """Return the addresses of a vendored file, named `package/file` without its version."""
    package, _, file = name.rpartition("/")
    entry = _manifest().get(package, {}).get("files", {}).get(file)
    if entry is None:
        raise UnknownAsset(f"{name} is not vendored: add it to scripts/vendored.py")
    return Vendored(asset(entry["path"]), entry["integrity"], entry["cdn"])


def icon_href(name: str) -> str:
    """Return the address of one icon inside the sprite, for an SVG <use>."""
    told: dict[str, str] = g.setdefault("icons_told", {})
    if name not in told:
        if name not in icon_names(_root()):
            raise UnknownAsset(f"there is no icon {name!r}: add it to scripts/icons.txt and run scripts/vendor.py")
        told[name] = f"{asset(SPRITE)}#{name}"
    return told[name]


def assets_mode() -> str:
    """Return "cdn" or "local"."""
    return str(current_app.config["ASSETS"])


def script_sources(mode: str, *, root: Path) -> list[str]:
    """Return the exact foreign addresses that `script-src` must allow in this mode; `root` is static/."""
    if mode != "cdn":
        return []
    manifest = json.loads((root / MANIFEST).read_text(encoding="utf-8"))
    pairs = (name.rpartition("/") for name in FROM_CDN)
    return [str(manifest[package]["files"][file]["cdn"]) for package, _, file in pairs]


@lru_cache(maxsize=4)
def icon_names(root: Path) -> frozenset[str]:
    """Return the names of the icons in the sprite below `root`."""
    sprite = (root / SPRITE).read_text(encoding="utf-8")
    return frozenset(part.split('"', 1)[0] for part in sprite.split('<symbol id="')[1:])


def cache_hashed(response: Response) -> Response:
    """Let a static file asked for by its present hash be kept for ever; any other is asked for again each time."""
    if request.endpoint == "static" and response.status_code in (200, 206, 304):
        path = str((request.view_args or {}).get("filename", ""))
        current = request.args.get("v") == _fingerprint(_file(path))
        response.headers["Cache-Control"] = ONE_YEAR if current else "no-cache"
    return response


def _root() -> Path:
    return Path(current_app.static_folder or "static")


def _file(path: str) -> Path:
    file = _root() / path
    if not file.is_file():
        raise UnknownAsset(f"there is no static file {path}")
    return file


def _fingerprint(file: Path) -> str:
    stat = file.stat()
    return _digest(file, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=512)
def _digest(file: Path, _mtime_ns: int, _size: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]


def _manifest() -> dict[str, dict[str, dict[str, dict[str, str]]]]:
    file = _file(MANIFEST)
    return _read_manifest(file, file.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _read_manifest(file: Path, _mtime_ns: int) -> dict[str, dict[str, dict[str, dict[str, str]]]]:
    loaded: dict[str, dict[str, dict[str, dict[str, str]]]] = json.loads(file.read_text(encoding="utf-8"))
    return loaded
