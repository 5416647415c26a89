"""Mail templates: MJML and styles once, Liquid per lead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeVar

from css_inline import CSSInliner, InlineError

from campaigns.errors import Problem
from campaigns.messages.links import guard_links
from campaigns.messages.message import one_line
from campaigns.messages.mjml import html_from_mjml
from campaigns.messages.plain import text_from_html, tidy
from campaigns.messages.shield import Shielded, shield
from campaigns.personalise import TemplateProblem, Text, compile_text

Made = TypeVar("Made")

_INLINER = CSSInliner(load_remote_stylesheets=False, keep_style_tags=True, keep_at_rules=True)


@dataclass(frozen=True, slots=True)
class TemplateSource:
    """What an author writes."""

    subject: str
    body: str
    kind: Literal["mjml", "html"] = "mjml"
    text: str = ""
    """The text part; made from the body when empty."""


class RenderedMessage(NamedTuple):
    """A template filled in for one lead."""

    subject: str
    html: str
    text: str
    missing: tuple[str, ...]
    """Variables without a value and without a fallback: hold or skip the send, never let "Dear ," go out."""
    refused_links: tuple[str, ...]
    """Addresses from values that do not lead to the web or a mailbox; `#` stands in their place."""


@dataclass(frozen=True, slots=True)
class CompiledTemplate:
    """A template ready to be filled in any number of times. May be shared between threads."""

    subject: Text
    html: Text
    text: Text | None
    """None where no text template could be made from the body: then the text is made from each message's HTML."""

    @property
    def variables(self) -> tuple[str, ...]:
        """Dotted paths of all values that the template uses."""
        texts = (self.subject, self.html, *([self.text] if self.text else []))
        return tuple(dict.fromkeys(variable for text in texts for variable in text.variables))

    def render(self, values: Mapping[str, object]) -> RenderedMessage:
        """Fill in for one lead. Raises TemplateLimit or TemplateProblem as Text.render does."""
        subject = self.subject.render(values)
        body = self.html.render(values)
        html, refused = guard_links(body.text) if self.html.variables else (body.text, ())
        text = self.text.render(values) if self.text else None
        missing = dict.fromkeys((*subject.missing, *body.missing, *(text.missing if text else ())))
        written = tidy(text.text) if text else text_from_html(html)
        return RenderedMessage(one_line(subject.text), html, written, tuple(missing), refused)


def compile_template(source: TemplateSource) -> CompiledTemplate:
    """Prepare a template. Raises TemplateProblem whose `problems` name the part: /subject, /mjml, /html or /text."""
    subject = _part("/subject", lambda: compile_text(source.subject))
    body = _part(f"/{source.kind}", lambda: _document(source))
    html = _part(f"/{source.kind}", lambda: compile_text(body.restore(body.text), html=True))
    text = _part("/text", lambda: compile_text(source.text)) if source.text.strip() else _text_of(body)
    return CompiledTemplate(subject, html, text)


def _document(source: TemplateSource) -> Shielded:
    """The whole HTML with styles inlined and Liquid still out of the way."""
    compile_text(source.body, html=True)  # so that a mistake is named at the line where its author sees it
    shielded = shield(source.body)
    html = html_from_mjml(shielded.text) if source.kind == "mjml" else shielded.text
    try:
        inlined = _INLINER.inline(html)
    except InlineError as error:
        raise TemplateProblem(f"the styles cannot be read: {error}") from error
    return Shielded(guard_links(inlined)[0], shielded.mark, shielded.tags)


def _text_of(body: Shielded) -> Text | None:
    try:
        return compile_text(body.restore(text_from_html(body.text, kept=body.mark)))
    except TemplateProblem:
        return None


def _part(path: str, make: Callable[[], Made]) -> Made:
    try:
        return make()
    except TemplateProblem as error:
        error.problems = [Problem(path, f"line {error.line}, column {error.column}: {error.message}")]
        raise
