"""What the browser is given from elsewhere: exact versions, and the files taken from each package."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Package:
    """One pinned package: where its files go, which files are taken, and under which licence they come."""

    name: str
    version: str
    files: tuple[str, ...]
    licence: str
    licence_file: str | None  # the path inside the package; None where the package forgot it
    folder: str = ""  # under static/vendor/; the package's name unless it cannot be a folder's

    @property
    def home(self) -> str:
        return f"vendor/{self.folder or self.name}/{self.version}"


PACKAGES = (
    Package("htmx.org", "2.0.11", ("dist/htmx.min.js",), "0BSD", "LICENSE"),
    Package("idiomorph", "0.8.0", ("dist/idiomorph-ext.min.js",), "0BSD", "LICENSE"),
    Package("@tabler/core", "1.6.1", ("dist/css/tabler.min.css",), "MIT", None, folder="tabler"),
    Package("@panzoom/panzoom", "4.6.2", ("dist/panzoom.es.js",), "MIT", "MIT-License.txt", folder="panzoom"),
    Package("sortablejs", "1.15.7", ("modular/sortable.esm.js",), "MIT", "LICENSE"),
    Package("chart.js", "4.6.1", ("dist/chart.umd.min.js",), "MIT", "LICENSE.md"),
)

ICON_PACKAGE = Package("lucide-static", "1.62.0", (), "ISC", "LICENSE")

# Only what the screens use: the whole set weighs half a megabyte. Add a name there, then run scripts/vendor.py.
ICONS = (Path(__file__).parent / "icons.txt").read_text(encoding="utf-8").split()

TABLER_LICENCE = """The MIT License (MIT)

Copyright (c) 2018-2026 The Tabler Authors

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in
all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN
THE SOFTWARE.
"""
