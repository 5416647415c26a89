"""A section as its dialog sends it: by the form, or as JSON; the same data, checked by the same model."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from pydantic import BaseModel

from campaigns.engine.json_text import check_texts, read_json
from campaigns.engine.kinds import Kind, Kinds, Vocabulary
from campaigns.engine.validation import parse
from campaigns.errors import Invalid, Malformed, Problem
from campaigns.web.config_forms import Sent, condition_in, config_in, form_of_condition, form_of_config
from campaigns.web.trigger_items import TRIGGER_KEYS, form_of_trigger, read_trigger

Item = dict[str, Any]
_ELSEWHERE = ("id", "type", "branches", "listeners", "sections")  # what the dialog does not edit
_PROBE = "probe"
_HOST: Item = {"id": "host", "type": "flow.delay", "config": {"duration": {"days": 1}}}


def editable(item: Item) -> Item:
    """Return what the dialog edits of a section: all but its id, type and branches."""
    return {key: value for key, value in item.items() if key not in _ELSEWHERE}


def as_json(item: Item) -> str:
    """Return what the dialog edits as text."""
    return json.dumps(editable(item) | {"config": item.get("config", {})}, indent=2, ensure_ascii=False)


def digest(item: Item) -> str:
    """Return a word for a section's content: another one means that somebody changed it since the dialog opened."""
    return f"{crc32(json.dumps(editable(item), sort_keys=True).encode()):08x}"


def condition_key(kind: Kind) -> str | None:
    """Return the key of the condition that a section of this kind may carry beside its config."""
    if kind.is_trigger:
        return "filter"
    return "only_if" if kind.role == "action" else None


@dataclass(frozen=True, slots=True)
class ItemForm:
    """The dialog's form of one kind of section. `beside`: it is a listener, and stands beside a section."""

    kind: Kind
    kinds: Kinds
    vocabulary: Vocabulary
    beside: bool = False

    def read(self, sent: Sent, before: Item) -> Item:
        """Return the section that the dialog sent, on top of what it was before; raise Invalid when it isn't JSON."""
        if sent.get("tab", "form") == "json":
            return {"type": self.kind.name, **_from_json(sent.get("json", ""))}
        item: Item = {"type": self.kind.name}
        for name in ("name", "note"):
            if sent.get(name, "").strip():
                item[name] = sent[name].strip()
        item["config"] = config_in(sent, self.kind, self.vocabulary, self.kinds)
        key = condition_key(self.kind)
        condition = condition_in(sent, key, self.vocabulary) if key else None
        if key and condition is not None:
            item[key] = condition
        shown = {"name", "note", "config", key}
        if self.kind.is_trigger:
            item |= read_trigger(sent, beside=self.beside)
            shown |= TRIGGER_KEYS
        return item | {name: value for name, value in editable(before).items() if name not in shown}

    def values(self, item: Item) -> Sent:
        """Return a section as the values of its form."""
        config = item.get("config", {})
        whole = config if isinstance(config, dict) else {}
        form = form_of_config(self.kind, whole, self.vocabulary, self.kinds)
        form["name"], form["note"] = item.get("name") or "", item.get("note") or ""
        key = condition_key(self.kind)
        if key and item.get(key) is not None:
            form.update(form_of_condition(key, item[key], self.vocabulary))
        if self.kind.is_trigger:
            form.update(form_of_trigger(item))
        return form

    def check(self, item: Item) -> list[Problem]:
        """Return what is wrong with a section by itself, by its own paths (`/config/duration/days`)."""
        try:
            check_texts(item)
        except Invalid as error:
            return error.problems
        alone = {**editable(item), "type": item["type"], "id": _PROBE}
        alone.pop("section", None)  # where a restart goes back to is checked with the whole document
        part = "triggers" if self.kind.is_trigger and not self.beside else "sections"
        path = f"/{part}/0{'/listeners/0' if self.beside else ''}"
        document = {"format": 1, part: [{**_HOST, "listeners": [alone]} if self.beside else alone]}
        try:
            parse(document, self.kinds)
        except Invalid as error:
            return [Problem(problem.path.removeprefix(path), problem.message) for problem in error.problems]
        return []


def branches_of(item: Item, kinds: Kinds) -> tuple[str, ...]:
    """Return the branches that a valid section opens."""
    kind = kinds.get(item["type"])
    config: BaseModel | None = kind.model.model_validate(item.get("config", {})) if kind else None
    if config is None or (kind is not None and kind.model.free_branches):
        return tuple(item.get("branches", {}))
    return config.branches()  # type: ignore[attr-defined, no-any-return]


def _from_json(text: str) -> Item:
    try:
        found = read_json(text)
    except Malformed as error:
        raise Invalid(error.message, problems=[Problem("", error.message)]) from None
    if not isinstance(found, dict):
        raise Invalid("This is not an object.", problems=[Problem("", "must be an object")])
    wrong = [key for key in found if key in _ELSEWHERE]
    if wrong:
        raise Invalid(problems=[Problem(f"/{key}", "can't be changed here") for key in wrong])
    return found
