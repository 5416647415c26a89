"""The dialog of one section: what it shows, on which tab, with which problems beside which field."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Response

from campaigns.engine.kinds import Kind, Kinds, Vocabulary
from campaigns.errors import CampaignsError, Invalid, Problem
from campaigns.web.config_forms import Sent, condition_widget, unplaced, wants_rows, widgets, with_rows
from campaigns.web.htmx import page_or_part
from campaigns.web.section_items import Item, as_json, check_item, condition_key, digest, form_of_item, read_item

TABS = ("form", "json", "docs")
UNKNOWN_KEY = "is not a known key"  # as the validation says it


@dataclass
class Dialog:
    """A section in its dialog. `sent`: what the form held, when it was sent; `place`: where a new one goes."""

    key: str
    workflow_name: str
    section: str | None
    place: str
    item: Item
    kinds: Kinds
    vocabulary: Vocabulary
    action: str
    sent: Sent | None = None
    problems: Sequence[Problem] = field(default_factory=list)

    @property
    def kind(self) -> Kind:
        return self.kinds[self.item["type"]]

    @property
    def only_looks(self) -> bool:
        """Whether the form was sent to look at another tab, or for another row, and not to save."""
        return self.sent is not None and ("go" in self.sent or "refresh" in self.sent or wants_rows(self.sent))

    def item_sent(self) -> Item:
        """Return the section that was sent; raise Invalid with problems by its own paths."""
        item = read_item(self.sent or Sent(), self.kind, self.item, self.vocabulary)
        problems = check_item(item, self.kinds)
        if problems:
            raise Invalid(problems=problems)
        return item

    def refused(self, error: CampaignsError) -> Response:
        """Show the dialog again as it was sent, with what was wrong."""
        self.problems = error.problems or [Problem("", error.message)]
        response = self.show()
        response.status_code = 422
        return response

    def show(self) -> Response:
        """Render the dialog, or the page for those without scripts, on the tab that is wanted."""
        shown = self._shown()  # finds out whether what was sent is JSON, which the tab depends on
        tab = self._tab()
        context: dict[str, Any] = {
            "title": self.kind.label if self.section is None else self.item.get("name") or self.kind.label,
            "dialog": self, "tab": tab, "kind": self.kind, "was": self._was(), "item": self.item,
            "text": self._text(shown), "docs": inspect.getdoc(self.kind.model) or "", "loose": [],
            "specs": self.kind.model.model_fields,
        }  # fmt: skip
        if tab == "form":
            context |= self._form(shown)
        else:
            context["loose"] = [f"{p.path}: {p.message}" if p.path else p.message for p in self.problems]
        return page_or_part("builder/section.html", "builder/_section.html", **context)

    def _form(self, shown: Item) -> dict[str, Any]:
        """Return the widgets with what is wrong at each; what belongs to none stands above them."""
        typed = self.sent is not None and self._value("tab") != "json"
        form = with_rows(self.sent) if self.sent and typed else form_of_item(shown, self.kind, self.vocabulary)
        inside, key = _below(self.problems, "/config"), condition_key(self.kind)
        loose = [p for p in self.problems if not p.path.startswith(("/config/", f"/{key}"))]
        condition = None
        if key:
            label, own = "Only when" if key == "filter" else "Only if", _below(self.problems, f"/{key}")
            condition = condition_widget(key, form, self.vocabulary, label=label, problems=own)
        return {
            "form": form,
            "fields": widgets(self.kind, form, self.vocabulary, problems=inside),
            "loose": [*loose, *unplaced(self.kind, inside)],
            "condition": condition,
        }

    def _tab(self) -> str:
        """Return the tab that was asked for; text that isn't JSON stays where it can be mended."""
        came_from, wanted = self._value("tab"), self._value("go") or self._value("tab")
        if came_from == "json" and any(p.path == "" or p.message == UNKNOWN_KEY for p in self.problems):
            return "json"
        return wanted if wanted in TABS else "form"

    def _shown(self) -> Item:
        """Return the section as it was sent, as far as it can be read; else as it is stored."""
        if self.sent is None:
            return self.item
        try:
            item = read_item(self.sent, self.kind, self.item, self.vocabulary)
        except Invalid as error:
            self.problems = self.problems or error.problems
            return self.item
        if self._value("tab") == "json" and not self.problems:  # the form would drop these without a word
            self.problems = [p for p in check_item(item, self.kinds) if p.message == UNKNOWN_KEY]
        return item

    def _text(self, shown: Item) -> str:
        """What cannot be read as JSON stays as it was typed."""
        if self.sent is not None and self.sent.get("tab") == "json" and self.problems:
            return self.sent.get("json", "")
        return as_json(shown)

    def _was(self) -> str:
        return self._value("was") or digest(self.item)

    def _value(self, name: str) -> str:
        return self.sent.get(name, "") if self.sent is not None else ""


def _below(problems: Sequence[Problem], path: str) -> list[Problem]:
    """Return the problems at a path and below it, by what follows it."""
    own = [p for p in problems if p.path == path or p.path.startswith(f"{path}/")]
    return [Problem(p.path.removeprefix(path), p.message) for p in own]
