"""What every page must be, checked on its HTML: readable by machines, usable by everybody, clean under our CSP."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import html5lib
from bs4 import BeautifulSoup, Tag

_UNLABELLED_TYPES = {"hidden", "submit", "button", "image", "reset"}
_DATA_TYPES = {"application/json", "application/ld+json", "importmap", "speculationrules"}
_BROKEN = {
    "duplicate-attribute",
    "eof-in-attribute-name",
    "expected-closing-tag-but-got-eof",
    "unexpected-end-tag",
    "end-tag-too-early",
    "end-tag-too-early-named",
    "adoption-agency-1.3",
    "unexpected-start-tag-implies-end-tag",
    "unexpected-start-tag-implies-table-voodoo",
    "unexpected-char-implies-table-voodoo",
    "invalid-character-in-attribute-name",
}


def parse(html: str) -> BeautifulSoup:
    """Return the document as a browser would read it."""
    return BeautifulSoup(html, "html5lib")


def page_problems(html: str, soup: BeautifulSoup | None = None) -> list[str]:
    """Return what is wrong with a whole page, as sentences. `soup`: the page parsed, where somebody has it."""
    soup = soup or parse(html)
    return [*_document_problems(soup), *part_problems(html, soup)]


def part_problems(html: str, soup: BeautifulSoup | None = None) -> list[str]:
    """Return what is wrong with a page or a part of one, as sentences. `soup`: the same parsed."""
    soup = soup or parse(html)
    return [
        *_syntax_problems(html),
        *_id_problems(soup),
        *_field_problems(soup),
        *_form_problems(soup),
        *_control_problems(soup),
        *_table_problems(soup),
        *_policy_problems(soup),
    ]


def _document_problems(soup: BeautifulSoup) -> Iterator[str]:
    title = soup.find("title")
    if title is None or not title.get_text(strip=True):
        yield "the page has no title"
    if len(soup.find_all("h1")) != 1:
        yield f"the page has {len(soup.find_all('h1'))} first-level headings instead of one"
    root = soup.find("html")
    if not isinstance(root, Tag) or not root.get("lang"):
        yield "the page does not say its language"
    if len(soup.find_all("main")) != 1:
        yield "the page has no single <main>"


def _syntax_problems(html: str) -> Iterator[str]:
    whole = html.lstrip()[:9].lower() == "<!doctype"
    parser = html5lib.HTMLParser()
    if whole:
        parser.parse(html)
    else:
        parser.parseFragment(html, container=_container(html))
    for (line, _column), code, details in parser.errors:
        if code in _BROKEN:
            yield f"line {line}: broken HTML: {code} {details.get('name', '')}".rstrip()


def _container(html: str) -> str:
    """A table row alone is valid only where rows may stand."""
    start = html.lstrip()[:4].lower()
    return "tbody" if start.startswith("<tr") else "tr" if start.startswith(("<td", "<th")) else "div"


def _id_problems(soup: BeautifulSoup) -> Iterator[str]:
    counts = Counter(str(element["id"]) for element in soup.find_all(id=True))
    yield from (f"the id {name} stands {times} times" for name, times in counts.items() if times > 1)


def _field_problems(soup: BeautifulSoup) -> Iterator[str]:
    labelled = {label.get("for") for label in soup.find_all("label")}
    for element in soup.find_all(["input", "select", "textarea"]):
        if element.get("type") in _UNLABELLED_TYPES:
            continue
        named = element.get("aria-label") or element.get("aria-labelledby") or element.get("id") in labelled - {None}
        if not named and element.find_parent("label") is None:
            yield f"the field {element.get('name')} has no label"


def _form_problems(soup: BeautifulSoup) -> Iterator[str]:
    for form in soup.find_all("form"):
        method = str(form.get("method", "get")).lower()
        if not form.get("action") and method != "dialog":
            yield f"the form {form.get('id', '')} has no action: it must work without scripts"
        if method == "post" and not _has_token(form):
            yield f"the form {form.get('action')} posts without a CSRF token"


def _has_token(form: Tag) -> bool:
    token = form.find("input", attrs={"name": "csrf_token"})
    return isinstance(token, Tag) and bool(token.get("value"))


def _control_problems(soup: BeautifulSoup) -> Iterator[str]:
    for element in soup.find_all(["button", "a"]):
        if element.name == "a" and not element.get("href"):
            yield f"the link {element.get_text(strip=True)!r} leads nowhere"
        images = element.find_all("img", alt=True)
        if not (element.get_text(strip=True) or element.get("aria-label") or element.get("aria-labelledby") or images):
            yield f"a <{element.name}> has no name: {element}"
    yield from (f"the image {image.get('src')} has no alt" for image in soup.find_all("img", alt=False))


def _table_problems(soup: BeautifulSoup) -> Iterator[str]:
    for cell in soup.find_all("th"):
        if not cell.get_text(strip=True):
            yield f"a header cell has no words: {cell}"


def _policy_problems(soup: BeautifulSoup) -> Iterator[str]:
    """What the Content-Security-Policy would block, or what would need it loosened."""
    for script in soup.find_all("script"):
        if not script.get("src") and script.get("type") not in _DATA_TYPES:
            yield "a script stands in the page itself"
    if soup.find("style"):
        yield "a style sheet stands in the page itself"
    for element in soup.find_all():
        for name, value in element.attrs.items():
            if name == "style" or name.startswith(("on", "hx-on")):
                yield f"<{element.name}> has the attribute {name}"
            elif name in {"href", "src", "action"} and str(value).strip().lower().startswith("javascript:"):
                yield f"<{element.name}> runs a script by its {name}"
