"""Take the documentation's screenshots from a running demo: `make run` in one terminal, `make screenshots` in another.

Each page is taken at desk and phone size, light and dark, into docs/images.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from itertools import product
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Error, Page, sync_playwright

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
THEMES = ("light", "dark")


def main() -> int:
    arguments = parsed()
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        try:
            for size, theme in product(SIZES, THEMES):
                take(browser, arguments, size=size, theme=theme)
        except Error as error:
            print(f"No picture could be taken of {arguments.address}: {error.message}", file=sys.stderr)
            return 1
        finally:
            browser.close()
    return 0


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="+", help="pages to take, such as /t/demo/leads")
    parser.add_argument("--address", default="http://127.0.0.1:5000", help="where the demo answers")
    parser.add_argument("--email", required=True, help="the demo sign-in, as the demo printed it")
    parser.add_argument("--password", required=True)
    return parser.parse_args()


def take(browser: Browser, arguments: argparse.Namespace, *, size: str, theme: str) -> None:
    """Sign in and take all pages in one size and theme."""
    width, height = SIZES[size]
    scheme: Literal["dark", "light"] = "dark" if theme == "dark" else "light"
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    sign_in(page, arguments)
    for path in arguments.paths:
        page.goto(arguments.address + path)
        page.wait_for_load_state("networkidle")
        target = IMAGES / f"{path.strip('/').replace('/', '-') or 'home'}-{size}-{theme}.png"
        page.screenshot(path=target)
        print(target)
    context.close()


def sign_in(page: Page, arguments: argparse.Namespace) -> None:
    page.goto(arguments.address + "/")
    page.get_by_label("Email").fill(arguments.email)
    page.get_by_label("Password", exact=True).fill(arguments.password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "sign-in" not in url)


def chromium() -> str | None:
    """Return the machine's Chromium, or None for Playwright's own."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next(filter(None, (shutil.which(name) for name in names if name)), None)


if __name__ == "__main__":
    sys.exit(main())
