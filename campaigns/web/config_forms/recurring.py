"""Settings of a schedule: for which leads it comes, and the day of the month."""

from __future__ import annotations

from typing import Any

from campaigns.web.config_forms.plain import named, number
from campaigns.web.config_forms.widget import ABSENT, Look, Option, Sent, Widget

_ALL, _LIST = "all", "list:"


class Whom:
    """All leads, or those on one list. A list that is gone stays, and says so."""

    def write(self, name: str, value: Any, form: Sent) -> None:
        if value == {"all": True}:
            form[name] = _ALL
        elif isinstance(value, dict) and set(value) == {"list"} and isinstance(value["list"], str):
            form[name] = _LIST + value["list"]
        else:
            raise ValueError(value)

    def read(self, name: str, form: Sent) -> Any:
        chosen = form.get(name, "")
        if chosen.startswith(_LIST):
            return {"list": chosen.removeprefix(_LIST)}
        return {"all": True} if chosen == _ALL else chosen or ABSENT

    def show(self, name: str, form: Sent, look: Look) -> Widget:
        value = form.get(name, "")
        lists = [(_LIST + key, f"List {label}") for key, label in named(look.vocabulary.lists)]
        options: list[Option] = [(_ALL, "All leads"), *lists]
        if not value:
            options.insert(0, ("", "Choose…"))
        elif value not in dict(options):
            options.append((value, f"{value.removeprefix(_LIST)} (missing)"))
        more = {"refresh": False}
        return Widget("select", name, look.label, look.help, value, options, look.required, look.error, more=more)


class DayOfMonth:
    """A day of the month as a number, or the word for the last one."""

    def write(self, name: str, value: Any, form: Sent) -> None:
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise ValueError(value)
        form[name] = str(value)

    def read(self, name: str, form: Sent) -> Any:
        text = form.get(name, "").strip()
        return number(text) if text else ABSENT

    def show(self, name: str, form: Sent, look: Look) -> Widget:
        return Widget("text", name, look.label, look.help, form.get(name, ""), error=look.error)
