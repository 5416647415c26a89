"""Fetch the pinned browser packages into static/: `python scripts/vendor.py`. Needs npm; users do not.

The result is committed. Each folder holds its licence; static/vendor/manifest.json holds the hash of every
file (as `integrity` wants it) and its address on the CDN, both read by campaigns/web/assets.py.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import TypedDict

from vendored import ICON_PACKAGE, ICONS, PACKAGES, TABLER_LICENCE, Package

STATIC = Path(__file__).resolve().parent.parent / "static"
CDN = "https://cdn.jsdelivr.net/npm"
ICON_HOME = "icons"
UNTOUCHED = {"htmx.min.js"}  # served by a CDN too: a changed byte would change the hash


class Entry(TypedDict):
    """What the manifest says of one package."""

    name: str
    version: str
    licence: str
    files: dict[str, dict[str, str | None]]


def main() -> int:
    shutil.rmtree(STATIC / "vendor", ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch:
        entries = [take_files(package, unpack(package, Path(scratch))) for package in PACKAGES]
        entries.append(take_icons(unpack(ICON_PACKAGE, Path(scratch))))
    manifest = {entry["name"]: entry for entry in entries}
    target = STATIC / "vendor" / "manifest.json"
    target.write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{len(entries)} packages, {sum(len(entry['files']) for entry in entries)} files")
    return 0


def unpack(package: Package, scratch: Path) -> Path:
    """Return the folder of the unpacked package, below `scratch`."""
    done = subprocess.run(
        ["npm", "pack", "--silent", "--pack-destination", str(scratch), f"{package.name}@{package.version}"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    folder = scratch / package.name.replace("/", "-")
    with tarfile.open(scratch / done.stdout.split()[-1]) as archive:
        archive.extractall(folder, filter="data")
    return folder / "package"


def take_files(package: Package, source: Path) -> Entry:
    """Copy the named files and the licence, and return the package's entry in the manifest."""
    home = STATIC / package.home
    home.mkdir(parents=True)
    write_licence(package, source=source, home=home)
    files: dict[str, dict[str, str | None]] = {}
    for name in package.files:
        copy = home / Path(name).name
        text = (source / name).read_text(encoding="utf-8")
        clean = text if copy.name in UNTOUCHED else adapted(text, css=copy.suffix == ".css")
        copy.write_text(clean, encoding="utf-8", newline="")
        cdn = f"{CDN}/{package.name}@{package.version}/{name}" if clean == text else None
        files[copy.name] = {"path": f"{package.home}/{copy.name}", "integrity": integrity(copy), "cdn": cdn}
    return {"name": package.name, "version": package.version, "licence": package.licence, "files": files}


def adapted(text: str, *, css: bool) -> str:
    """Return a file as we serve it: without the pointer to its source map, and a style sheet in a layer of its own.

    The maps are not taken along, so the pointer would be a 404 in every developer's console. What lies in a layer
    yields to everything outside of it, so that our own sheets win however short their selectors.
    """
    clean = re.sub(r"\n?(//|/\*)# sourceMappingURL=[^\n]*\n?", "\n", text)
    if not css:
        return clean
    return "@layer vendor {\n" + clean.removeprefix('@charset "UTF-8";').strip() + "\n}\n"


def take_icons(source: Path) -> Entry:
    """Write one sprite of the icons that are used, each a <symbol> with the icon's name as its id."""
    symbols = [f'<symbol id="{name}" viewBox="0 0 24 24">{shapes(source, name)}</symbol>' for name in sorted(ICONS)]
    sprite = STATIC / ICON_HOME / "sprite.svg"
    sprite.parent.mkdir(parents=True, exist_ok=True)
    head = f"<!-- lucide-static {ICON_PACKAGE.version}, ISC licence: see LICENSE beside this file -->"
    root = '<svg xmlns="http://www.w3.org/2000/svg" fill="none" stroke="currentColor" stroke-linecap="round"'
    sprite.write_text("\n".join([head, f'{root} stroke-linejoin="round">', *symbols, "</svg>", ""]), encoding="utf-8")
    write_licence(ICON_PACKAGE, source=source, home=sprite.parent)
    entry: dict[str, str | None] = {"path": f"{ICON_HOME}/sprite.svg", "integrity": integrity(sprite), "cdn": None}
    return {
        "name": ICON_PACKAGE.name, "version": ICON_PACKAGE.version, "licence": ICON_PACKAGE.licence,
        "files": {"sprite.svg": entry},
    }  # fmt: skip


def shapes(source: Path, name: str) -> str:
    """Return what stands inside the icon's <svg>, on one line."""
    text = (source / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    inner = re.search(r"<svg[^>]*>(.*)</svg>", text, re.DOTALL)
    if inner is None:
        raise SystemExit(f"{name}.svg holds no <svg>")
    return re.sub(r"\s*\n\s*", "", inner[1].strip())


def write_licence(package: Package, *, source: Path, home: Path) -> None:
    text = (source / package.licence_file).read_text(encoding="utf-8") if package.licence_file else TABLER_LICENCE
    (home / "LICENSE").write_text(text, encoding="utf-8")


def integrity(path: Path) -> str:
    """Return the file's SHA-384 in the form of the `integrity` attribute."""
    return "sha384-" + base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()


if __name__ == "__main__":
    sys.exit(main())
