"""The form of a section's config, made from the type's Pydantic model: what it shows, and what it sends.

The form keeps what was typed, valid or not; the one validation of the document says what is wrong, by path. A setting
that its control can't show (a condition nested deeper, for one) is shown as JSON, so that nothing is lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from werkzeug.datastructures import MultiDict

from campaigns.engine.kinds import Kind, Kinds, Vocabulary
from campaigns.errors import Problem
from campaigns.web.config_forms.conditions import condition_in, condition_widget, form_of_condition
from campaigns.web.config_forms.configs import Configs, below, unplaced
from campaigns.web.config_forms.rows import wants_rows, with_rows
from campaigns.web.config_forms.widget import Sent, Widget

__all__ = [
    "Sent", "Widget", "below", "condition_in", "condition_widget", "config_in", "form_of_condition", "form_of_config",
    "unplaced", "wants_rows", "widgets", "with_rows",
]  # fmt: skip


def form_of_config(kind: Kind, config: Mapping[str, Any], vocabulary: Vocabulary, kinds: Kinds | None = None) -> Sent:
    """Return a config as the values of its form. `kinds`: the types that triggers inside of it may have."""
    form: Sent = MultiDict()
    Configs(vocabulary, kinds or {}).write(kind, config, form)
    return form


def config_in(form: Sent, kind: Kind, vocabulary: Vocabulary, kinds: Kinds | None = None) -> dict[str, Any]:
    """Return the config that a form holds. It never raises: what is wrong is found by the document's validation."""
    return Configs(vocabulary, kinds or {}).read(kind, form)


def widgets(
    kind: Kind, form: Sent, vocabulary: Vocabulary, *, problems: Sequence[Problem] = (), kinds: Kinds | None = None
) -> list[Widget]:
    """Return a widget for each setting, in the model's order. `problems`: by JSON Pointers inside the config."""
    return Configs(vocabulary, kinds or {}).show(kind, form, problems)
