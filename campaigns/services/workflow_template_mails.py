"""The example mails of ready-made workflows: a few sentences, set in one plain frame of MJML."""

from __future__ import annotations

from html import escape
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from campaigns.services.templates import TemplateContent

Text = Annotated[str, StringConstraints(min_length=1, max_length=1000)]

_FRAME = """<mjml>
  <mj-head>
    <mj-preview>{preview}</mj-preview>
    <mj-attributes>
      <mj-all font-family="Helvetica, Arial, sans-serif" />
      <mj-text font-size="16px" line-height="1.5" color="#1f2933" />
      <mj-button background-color="#1f4fbf" color="#ffffff" border-radius="6px" font-size="16px" />
    </mj-attributes>
  </mj-head>
  <mj-body background-color="#f3f5f7" width="600px">
    <mj-section background-color="#ffffff" border-radius="8px">
      <mj-column>
{parts}
      </mj-column>
    </mj-section>
    <mj-section>
      <mj-column>
        <mj-text align="center" font-size="12px" color="#5f6b76">{foot}</mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
"""
_LEAVE = '<br /><a href="{{ unsubscribe_url }}">Unsubscribe</a>'


class Button(BaseModel):
    """Where a mail leads to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: Text
    url: Text


class Mail(BaseModel):
    """An example mail: its sentences may hold Liquid, and no markup."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Text
    subject: Text
    preview: Text
    paragraphs: list[Text] = Field(min_length=1)
    button: Button | None = None
    message_class: Literal["marketing", "transactional"] = "marketing"


def content_of(mail: Mail, sender: str) -> TemplateContent:
    """Return a mail as the content of a template, signed with the organisation's name."""
    signed = escape(sender.replace("{", "").replace("}", ""))
    parts = [f"<mj-text>{escape(text, quote=False)}</mj-text>" for text in mail.paragraphs]
    if mail.button is not None:
        label, url = escape(mail.button.label, quote=False), escape(mail.button.url)
        parts.append(f'<mj-button href="{url}">{label}</mj-button>')
    parts.append(f"<mj-text>{signed}</mj-text>")
    source = _FRAME.format(
        preview=escape(mail.preview, quote=False),
        parts="\n".join(f"        {part}" for part in parts),
        foot=signed + (_LEAVE if mail.message_class == "marketing" else ""),
    )
    return {
        "name": mail.name, "subject": mail.subject, "kind": "mjml", "source": source,
        "message_class": mail.message_class,
    }  # fmt: skip
