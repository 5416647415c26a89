"""MJML to HTML, with the complaints that the library keeps to itself."""

from __future__ import annotations

import re

from mjml import mjml2html

from campaigns.templating.scan import TemplateProblem, problem_at

KNOWN_TAGS = frozenset(
    f"mj-{name}"
    for name in (
        "accordion accordion-element accordion-text accordion-title all attributes body breakpoint button carousel"
        " carousel-image class column divider font group head hero image navbar navbar-link preview raw section"
        " social social-element spacer style table text title wrapper"
    ).split()
)
_TAG = re.compile(r"<(mj-?[a-zA-Z0-9-]*)", re.IGNORECASE)


def unknown_tags(source: str) -> list[TemplateProblem]:
    """The MJML tags that do not exist, or that read files; the library would drop them without a word."""
    visible = re.sub(r"<!--.*?-->", lambda found: " " * len(found.group()), source, flags=re.DOTALL)
    return [
        problem_at(source, found.start(), f"there is no MJML tag <{found.group(1)}>")
        for found in _TAG.finditer(visible)
        if found.group(1) not in KNOWN_TAGS and found.group(1) != "mjml"
    ]


def html_from_mjml(source: str) -> str:
    """HTML of a whole MJML document. Raises TemplateProblem."""
    if not re.search(r"<mjml[\s>]", source):
        raise TemplateProblem("an MJML text begins with <mjml> and ends with </mjml>")
    if unknown := unknown_tags(source):
        raise unknown[0]
    try:
        return mjml2html(source)
    except ValueError as error:
        raise TemplateProblem(f"this MJML cannot be read: {error}") from error
