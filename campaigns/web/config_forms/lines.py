"""Settings of several texts, one a row; what holds a tag is Liquid."""

from __future__ import annotations

from typing import Any

from campaigns.sections.values import is_template
from campaigns.web.config_forms.rows import count
from campaigns.web.config_forms.widget import ABSENT, Look, Sent, Widget


class Lines:
    """A list of texts or templates, each in a row of its own."""

    def write(self, name: str, value: Any, form: Sent) -> None:
        texts = [one["template"] if is_template(one) else one for one in value]
        if any("\n" in text for text in texts):  # a browser would join them
            raise ValueError(value)
        form[f"{name}.rows"] = str(len(texts))
        for row, text in enumerate(texts):
            form[f"{name}.{row}.text"] = text

    def read(self, name: str, form: Sent) -> Any:
        texts = [form.get(f"{name}.{row}.text", "") for row in range(count(name, form))]
        return [{"template": text} if "{{" in text or "{%" in text else text for text in texts if text] or ABSENT

    def show(self, name: str, form: Sent, look: Look) -> Widget:
        shown = [row for row in range(count(name, form)) if form.get(f"{name}.{row}.text")]
        parts = []
        for row in range(max(count(name, form), 1)):
            error = look.at(str(shown.index(row))) if row in shown else ""  # an empty row is not sent
            parts.append({"text": form.get(f"{name}.{row}.text", ""), "error": error})
        error = "" if any(part["error"] for part in parts) else look.error
        return Widget("lines", name, look.label, look.help, required=look.required, error=error, parts=parts)
