"""The dialog of one section: what it shows, on which tab, with which problems beside which field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Response

from campaigns.engine import editing
from campaigns.engine.kinds import Kind, Kinds, Vocabulary
from campaigns.errors import CampaignsError, Invalid, Problem
from campaigns.sections.describing import describe
from campaigns.web.branch_names import Rows, branches_sent, branches_widget, form_of_branches
from campaigns.web.config_forms import Sent, Widget, below, condition_widget, unplaced, wants_rows, widgets, with_rows
from campaigns.web.htmx import page_or_part
from campaigns.web.section_items import Item, ItemForm, as_json, condition_key, digest
from campaigns.web.section_meaning import find_meaning, word_for
from campaigns.web.trigger_items import restart_targets, trigger_widgets

TABS = ("form", "json", "docs")
LOOKS = ("go", "refresh", "create")  # buttons of the form that save nothing of the section
BESIDE = "beside:"  # the place of a new listener, before its section
_OUTSIDE = ("/mode", "/section", "/times", "/listen_for", "/branches")  # what has widgets beside the config's
UNKNOWN_KEY = "is not a known key"  # as the validation says it


@dataclass
class Dialog:
    """A section in its dialog. `sent`: what the form held, when it was sent; `place`: where a new one goes.

    `item`: the section as it is stored, or the beginning of a new one.
    """

    key: str
    workflow_name: str
    section: str | None
    place: str
    document: Item
    item: Item
    kinds: Kinds
    vocabulary: Vocabulary
    action: str
    sent: Sent | None = None
    problems: Sequence[Problem] = field(default_factory=list)
    anyway: str = ""  # a word for what is wrong and has been shown: it may be saved so
    theirs: Item | None = None  # what somebody else made of it since the dialog was opened

    @property
    def kind(self) -> Kind:
        return self.kinds[self.item["type"]]

    @property
    def is_listener(self) -> bool:
        """Whether it stands, or will stand, beside a section."""
        if self.section is None:
            return self.place.startswith(BESIDE)
        lane = editing.find(self.document, self.section).lane
        return lane.listens and lane.owner is not None

    @property
    def only_looks(self) -> bool:
        """Whether the form was sent to look at another tab, or for another row, and not to save."""
        return self.sent is not None and (any(word in self.sent for word in LOOKS) or wants_rows(self.sent))

    def item_sent(self) -> Item:
        """Return the section that was sent; raise Invalid with problems by its own paths."""
        form = self._item_form()
        item = form.read(self.sent or Sent(), self.item)
        problems = form.check(item)
        if problems:
            raise Invalid(problems=problems)
        return item

    def meaning(self, item: Item) -> list[Problem]:
        """Return what is wrong with a section that can be read: it may be saved so, once that was seen."""
        return find_meaning(self.document, self.section, self.place, item, self.kinds, self.vocabulary)

    def doubtful(self, item: Item) -> Response | None:
        """Show the dialog again with what is wrong by meaning, unless that was seen: saving again is meant."""
        self.problems = self.meaning(item)
        self.anyway = word_for(self.problems) if self.problems else ""
        if self.anyway == self._value("anyway"):
            return None
        response = self.show()
        response.status_code = 422
        return response

    def branches_sent(self) -> Rows | None:
        """Return the branches that the form names, for a section whose document names them; raise Invalid."""
        return branches_sent(self.sent or Sent()) if self.kind.model.free_branches else None

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
            "text": self._text(shown), "docs": describe(self.kind, self.kinds) if tab == "docs" else None, "loose": [],
            "theirs": as_json(self.theirs) if self.theirs is not None else "",
        }  # fmt: skip
        if tab == "form":
            context |= self._form(shown)
        else:
            context["loose"] = [f"{p.path}: {p.message}" if p.path else p.message for p in self.problems]
        return page_or_part("builder/section.html", "builder/_section.html", **context)

    def _form(self, shown: Item) -> dict[str, Any]:
        """Return the widgets with what is wrong at each; what belongs to none stands above them."""
        typed = self.sent is not None and self._value("tab") != "json"
        form = with_rows(self.sent) if self.sent and typed else self._values(shown)
        inside, key = below(self.problems, "/config"), condition_key(self.kind)
        loose = [p for p in self.problems if not p.path.startswith(("/config/", f"/{key}", *_OUTSIDE))]
        condition = None
        if key:
            label, own = "Only when" if key == "filter" else "Only if", below(self.problems, f"/{key}")
            condition = condition_widget(key, form, self.vocabulary, label=label, problems=own)
        fields = widgets(self.kind, form, self.vocabulary, problems=inside, kinds=self.kinds)
        return {
            "form": form,
            "fields": [*fields, *self._besides(form)],
            "loose": [*loose, *unplaced(self.kind, inside)],
            "condition": condition,
        }

    def _values(self, shown: Item) -> Sent:
        """Return what is shown as the values of the form."""
        form = self._item_form().values(shown)
        if self.kind.model.free_branches:
            named = None if self.section is None else self.item.get("branches", {})
            form.update(form_of_branches(named))
        return form

    def _besides(self, form: Sent) -> list[Widget]:
        """Return the widgets of what a section has besides its config."""
        if self.kind.model.free_branches:
            return [branches_widget(form, self.problems)]
        if not self.kind.is_trigger:
            return []
        targets = None if self.is_listener else restart_targets(self.document, self.kinds)
        return trigger_widgets(form, self.vocabulary, self.problems, sections=targets)

    def _item_form(self) -> ItemForm:
        return ItemForm(self.kind, self.kinds, self.vocabulary, beside=self.is_listener)

    def _tab(self) -> str:
        """Return the tab that was asked for; text that isn't JSON stays where it can be mended."""
        came_from, wanted = self._value("tab"), self._value("go") or self._value("tab")
        if came_from == "json" and any(p.path == "" or p.message == UNKNOWN_KEY for p in self.problems):
            return "json"
        return wanted if wanted in TABS else "form"

    def _shown(self) -> Item:
        """Return the section as it was sent, as far as it can be read; else as it is stored."""
        if self.sent is None:
            self.problems = self.meaning(self.item) if self.section is not None else []
            return self.item
        try:
            item = self._item_form().read(self.sent, self.item)
        except Invalid as error:
            self.problems = self.problems or error.problems
            return self.item
        if self._value("tab") == "json" and not self.problems:  # the form would drop these without a word
            self.problems = [p for p in self._item_form().check(item) if p.message == UNKNOWN_KEY]
        return item

    def _text(self, shown: Item) -> str:
        """What cannot be read as JSON stays as it was typed."""
        if self.sent is not None and self.sent.get("tab") == "json" and self.problems:
            return self.sent.get("json", "")
        return as_json(shown)

    def _was(self) -> str:
        """What it is now, once the dialog has shown that: saving again is meant."""
        return digest(self.theirs) if self.theirs is not None else self._value("was") or digest(self.item)

    def _value(self, name: str) -> str:
        return self.sent.get(name, "") if self.sent is not None else ""
