"""What is wrong, or unwise, about a mail template: told while it is written, not when it is sent."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from campaigns.messages.links import guard_links
from campaigns.messages.mjml import unknown_tags
from campaigns.messages.render import CompiledTemplate, TemplateSource, compile_template
from campaigns.personalise import TemplateProblem, compile_text, unknown_variables
from campaigns.templating.scan import problem_at, stray_closings

CLIPPED_BYTES = 102 * 1024
"""Some mailboxes cut off what is longer."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark: an error forbids saving or sending, a warning does not. `path` is /subject, /mjml, /html or /text."""

    level: Literal["error", "warning"]
    path: str
    message: str


def check_template(
    source: TemplateSource, *, roots: Collection[str], lead_fields: Collection[str], marketing: bool = True
) -> list[Finding]:
    """All remarks on a template, errors first."""
    body = f"/{source.kind}"
    found: list[Finding] = []
    if source.kind == "mjml":
        found += [Finding("error", body, _placed(problem)) for problem in unknown_tags(source.body)]
    try:
        compiled = compile_template(source)
    except TemplateProblem as error:
        told = {finding.message for finding in found}
        found += [Finding("error", p.path, p.message) for p in error.problems if p.message not in told]
    else:
        found += _unknown(source, roots=roots, lead_fields=lead_fields)
        found += _remarks(source, compiled, marketing=marketing)
    return sorted(found, key=lambda finding: finding.level)


def _unknown(source: TemplateSource, *, roots: Collection[str], lead_fields: Collection[str]) -> Iterator[Finding]:
    for path, text in (("/subject", source.subject), (f"/{source.kind}", source.body), ("/text", source.text)):
        for variable in unknown_variables(compile_text(text).variables, roots=roots, lead_fields=lead_fields):
            yield Finding("error", path, f"there is no value named {variable}")


def _remarks(source: TemplateSource, compiled: CompiledTemplate, *, marketing: bool) -> Iterator[Finding]:
    path, html = f"/{source.kind}", compiled.html.source
    for where, text in (("/subject", source.subject), ("/text", source.text)):
        for index in stray_closings(text):
            yield Finding("warning", where, _placed(problem_at(text, index, "a closing brace without an opening one")))
    for target in guard_links(source.body)[1]:
        yield Finding("error", path, f"a link may lead to http, https or mailto, not to {target[:80]}")
    if re.search(r"<(script|iframe|form|object|embed)\b", html, re.IGNORECASE):
        yield Finding("warning", path, "mail programs remove scripts, frames and forms")
    if len(html.encode()) > CLIPPED_BYTES:
        yield Finding("warning", path, f"larger than {CLIPPED_BYTES // 1024} KB: some mailboxes cut it off")
    if not source.subject.strip():
        yield Finding("error", "/subject", "the subject is empty")
    yield from _content_remarks(path, compiled, has_text=bool(source.text.strip()))
    if marketing and "unsubscribe" not in source.body.lower():
        yield Finding("warning", path, "there is no unsubscribe link; the mail's headers will carry one")


def _content_remarks(path: str, compiled: CompiledTemplate, *, has_text: bool) -> Iterator[Finding]:
    words = compiled.text.source.strip() if compiled.text else "?"
    if has_text or words:
        return
    has_images = "<img" in compiled.html.source.lower()
    yield Finding("warning", path, "only images, and no text beside them" if has_images else "the body is empty")


def _placed(problem: TemplateProblem) -> str:
    return f"line {problem.line}, column {problem.column}: {problem.message}"
