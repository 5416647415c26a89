"""Events that are waited for inside of a workflow: what kind, with which settings, how often; and several by name."""

from __future__ import annotations

from typing import Any, Protocol

from campaigns.engine.kinds import Kind, Kinds, Vocabulary
from campaigns.web.config_forms.conditions import condition_in, condition_widget, form_of_condition
from campaigns.web.config_forms.plain import number
from campaigns.web.config_forms.rows import count
from campaigns.web.config_forms.widget import ABSENT, Look, Option, Sent, Widget

TIMES = (
    ("", "Once, the first time"), ("every", "Each time"), ("at_least", "Once, when it has come so often:"),
    ("exactly", "The time with this number:"), ("at_most", "Each time, at most so often:"),
)  # fmt: skip
NAME = "Branch"


class Forms(Protocol):
    """What draws the configs of other types."""

    @property
    def vocabulary(self) -> Vocabulary: ...

    @property
    def kinds(self) -> Kinds: ...

    def write(self, kind: Kind, config: Any, form: Sent, *, prefix: str) -> None: ...

    def read(self, kind: Kind, form: Sent, *, prefix: str) -> dict[str, Any]: ...

    def show(self, kind: Kind, form: Sent, problems: Any, *, prefix: str) -> list[Widget]: ...


class Often:
    """How often an event has to come; nothing means once."""

    def write(self, name: str, value: Any, form: Sent) -> None:
        ((word, often),) = value.items()
        if word not in dict(TIMES) or (word == "every") != (often is True):
            raise ValueError(value)
        form[name] = word
        if word != "every":
            form[f"{name}.count"] = str(often)

    def read(self, name: str, form: Sent) -> Any:
        word = form.get(name, "")
        if not word:
            return ABSENT
        return {word: True if word == "every" else number(form.get(f"{name}.count", "").strip() or "0")}

    def show(self, name: str, form: Sent, look: Look) -> Widget:
        more = {"count": form.get(f"{name}.count", "")}
        return Widget("times", name, look.label, look.help, form.get(name, ""), TIMES, error=look.error, more=more)


class Event:
    """A trigger inside of a config, of any type that can be waited for."""

    def __init__(self, forms: Forms) -> None:
        self._forms = forms

    def write(self, name: str, value: Any, form: Sent) -> None:
        kind = self._forms.kinds[value["type"]]
        if set(value) - {"type", "config", "filter", "times"}:
            raise ValueError(value)
        form[f"{name}.type"] = value["type"]
        self._forms.write(kind, value.get("config", {}), form, prefix=f"{name}.config")
        if value.get("filter") is not None:
            form.update(form_of_condition(f"{name}.filter", value["filter"], self._forms.vocabulary))
        if value.get("times") is not None:
            Often().write(f"{name}.times", value["times"], form)

    def read(self, name: str, form: Sent) -> Any:
        chosen = form.get(f"{name}.type", "")
        kind = self._forms.kinds.get(chosen)
        if kind is None:
            return {"type": chosen} if chosen else ABSENT
        found: dict[str, Any] = {"type": chosen, "config": self._forms.read(kind, form, prefix=f"{name}.config")}
        condition = condition_in(form, f"{name}.filter", self._forms.vocabulary)
        times = Often().read(f"{name}.times", form)
        found |= {} if condition is None else {"filter": condition}
        return found | ({} if times is ABSENT else {"times": times})

    def show(self, name: str, form: Sent, look: Look) -> Widget:
        chosen = form.get(f"{name}.type", "")
        kind, options = self._forms.kinds.get(chosen), self._options()
        if chosen and chosen not in dict(options):
            options.append((chosen, f"{chosen} (missing)"))
        parts, more = [], dict[str, Any]()
        if kind is not None:
            parts = self._forms.show(kind, form, look.below("config"), prefix=f"{name}.config")
            often = Look("How often", look.vocabulary, problems=look.below("times"))
            parts.append(Often().show(f"{name}.times", form, often))
            own = look.below("filter")
            more["filter"] = condition_widget(f"{name}.filter", form, look.vocabulary, label="Only when", problems=own)
        error = look.at() if kind is None else look.own()
        empty = [("", "Choose…" if look.required or not chosen else "–")]
        return Widget(
            "event", name, look.label, look.help, chosen, [*empty, *options], look.required, error, parts, more
        )

    def _options(self) -> list[Option]:
        kinds = self._forms.kinds.values()
        return sorted(
            ((kind.name, kind.label) for kind in kinds if kind.is_trigger and getattr(kind.model, "waitable", True)),
            key=lambda option: option[1],
        )


class Events:
    """Events by name, one a row: each name is a branch."""

    def __init__(self, forms: Forms) -> None:
        self._event = Event(forms)

    def write(self, name: str, value: Any, form: Sent) -> None:
        if not isinstance(value, list) or any(set(one) != {"name", "trigger"} for one in value):
            raise ValueError(value)
        form[f"{name}.rows"] = str(len(value))
        for row, one in enumerate(value):
            form[f"{name}.{row}.name"] = one["name"]
            self._event.write(f"{name}.{row}.trigger", one["trigger"], form)

    def read(self, name: str, form: Sent) -> Any:
        return [self._one(f"{name}.{row}", form) for row in range(count(name, form))] or ABSENT

    def show(self, name: str, form: Sent, look: Look) -> Widget:
        parts = [self._part(f"{name}.{row}", row, form, look) for row in range(max(count(name, form), 1))]
        placed = any(part["error"] or part["placed"] for part in parts)
        return Widget("events", name, look.label, look.help, error="" if placed else look.error, parts=parts)

    def _one(self, prefix: str, form: Sent) -> dict[str, Any]:
        found = {"name": form.get(f"{prefix}.name", "")}
        trigger = self._event.read(f"{prefix}.trigger", form)
        return found if trigger is ABSENT else found | {"trigger": trigger}

    def _part(self, prefix: str, row: int, form: Sent, look: Look) -> dict[str, Any]:
        own = look.below(str(row), "trigger")
        event = self._event.show(f"{prefix}.trigger", form, Look("Event", look.vocabulary, required=True, problems=own))
        error = look.at(str(row), "name") or ("" if own else look.at(str(row)))
        return {"name": form.get(f"{prefix}.name", ""), "error": error, "event": event, "placed": bool(own)}
