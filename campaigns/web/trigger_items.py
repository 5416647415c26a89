"""What a trigger has besides its config: what a match does, and for a listener how often and how long it listens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from werkzeug.datastructures import MultiDict

from campaigns.engine.kinds import Kinds, Vocabulary
from campaigns.errors import Problem
from campaigns.web.config_forms import below
from campaigns.web.config_forms.events import Often
from campaigns.web.config_forms.spans import Span
from campaigns.web.config_forms.widget import ABSENT, Look, Sent, Widget

Item = dict[str, Any]
TRIGGER_KEYS = {"mode", "section", "times", "listen_for"}
MODES = (
    ("start", "Start the workflow"), ("restart", "Take who is inside back to a section"),
    ("exit", "End it for who is inside"),
)  # fmt: skip


def read_trigger(sent: Sent, *, beside: bool) -> Item:
    """Return what a form says of a trigger besides its config."""
    if beside:
        values = {"times": Often().read("times", sent), "listen_for": Span().read("listen_for", sent)}
        return {key: value for key, value in values.items() if value is not ABSENT}
    mode = sent.get("mode", "") or "start"
    if mode == "start":
        return {}
    return {"mode": mode} | ({"section": sent["section"]} if mode == "restart" and sent.get("section") else {})


def form_of_trigger(item: Item) -> Sent:
    """Return what a trigger has besides its config as form values."""
    form: Sent = MultiDict()
    form["mode"], form["section"] = item.get("mode") or "start", item.get("section") or ""
    if item.get("times"):
        Often().write("times", item["times"], form)
    if item.get("listen_for"):
        Span().write("listen_for", item["listen_for"], form)
    return form


def trigger_widgets(
    form: Sent, vocabulary: Vocabulary, problems: Sequence[Problem], *, sections: Sequence[tuple[str, str]] | None
) -> list[Widget]:
    """Return the widgets of what a trigger has besides its config. `sections`: what a restart may go back to.

    None: it is a listener.
    """
    if sections is None:
        often = Look("How often", vocabulary, "", problems=below(problems, "/times"))
        span = Look("Listen for", vocabulary, "30 days unless said otherwise", problems=below(problems, "/listen_for"))
        return [Often().show("times", form, often), Span().show("listen_for", form, span)]
    mode = form.get("mode", "") or "start"
    wrong = Look("", vocabulary, problems=below(problems, "/mode")).error
    found = [Widget("select", "mode", "What it does", "", mode, MODES, True, wrong, more={"refresh": True})]
    if mode == "restart":
        chosen, label = form.get("section", ""), "Back to"
        options = [("", "Choose…"), *sections]
        if chosen and chosen not in dict(options):
            options.append((chosen, f"{chosen} (missing)"))
        wrong = Look("", vocabulary, problems=below(problems, "/section")).error
        found.append(Widget("select", "section", label, "", chosen, options, True, wrong, more={"refresh": False}))
    return found


def restart_targets(document: Item, kinds: Kinds) -> list[tuple[str, str]]:
    """Return id and name of the sections that a restart may go back to: none in a fork or a listener."""
    found: list[tuple[str, str]] = []

    def collect(items: list[Item]) -> None:
        for item in items:
            kind = kinds.get(item.get("type", ""))
            found.append((item["id"], item.get("name") or (kind.label if kind else item["type"])))
            if kind is None or not kind.model.forks:
                for inner in item.get("branches", {}).values():
                    collect(inner)

    collect(document.get("sections", []))
    return found
