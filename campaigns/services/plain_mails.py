"""An email template made from text alone: its paragraphs become a plain, readable mail that can be designed later."""

from __future__ import annotations

import re
from html import escape

from campaigns.services.templates import create_template
from campaigns.storage.models import EmailTemplate
from campaigns.storage.transaction import TenantSession

_LIQUID = re.compile(r"({{.*?}}|{%.*?%})", re.DOTALL)  # what is no text but is filled in stays as it was written
_FRAME = """<mjml>
  <mj-head><mj-attributes><mj-text font-size="16px" line-height="1.5" /></mj-attributes></mj-head>
  <mj-body>
    <mj-section>
      <mj-column>
        <mj-text>
{body}
        </mj-text>
        <mj-text font-size="12px"><a href="{{{{ unsubscribe_url }}}}">Unsubscribe</a></mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
"""


def create_plain_mail(session: TenantSession, *, name: str, subject: str, text: str) -> EmailTemplate:
    """Make a template of a text with Liquid in it; raise Invalid with problems at /name, /subject or /text."""
    body = _FRAME.format(body=_paragraphs(text)) if text.strip() else ""
    plain = text.replace("\r\n", "\n").strip()
    return create_template(session, name=name, subject=subject, kind="mjml", source=body, text=plain)


def _paragraphs(text: str) -> str:
    found = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())
    return "\n".join(f"<p>{_marked_up(part)}</p>" for part in found)


def _marked_up(text: str) -> str:
    parts = _LIQUID.split(text)
    return "".join(part if n % 2 else escape(part).replace("\n", "<br />") for n, part in enumerate(parts))
