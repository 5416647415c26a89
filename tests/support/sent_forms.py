"""What a browser sends of a form that nobody has touched: each control keeps only what its kind can hold."""

from __future__ import annotations

import re

from bs4 import BeautifulSoup, Tag
from werkzeug.datastructures import MultiDict

# What HTML lets stay in the field of each type; the rest is emptied before anybody sees it.
_KEPT = {
    "number": re.compile(r"-?(\d+(\.\d+)?|\.\d+)([eE][-+]?\d+)?", re.ASCII),
    "date": re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII),
    "time": re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,3})?)?", re.ASCII),
}


def sent_by_browser(html: str) -> MultiDict[str, str]:
    """Return the values of all controls, in the order in which they stand."""
    form: MultiDict[str, str] = MultiDict()
    for element in BeautifulSoup(html, "html5lib").find_all(["input", "select", "textarea"]):
        if element.get("name") and not element.has_attr("disabled"):
            for value in _values(element):
                form.add(str(element["name"]), value)
    return form


def _values(element: Tag) -> list[str]:
    if element.name == "select":
        options = element.find_all("option")
        chosen = [option for option in options if option.has_attr("selected")] or options[:1]
        return [str(option["value"]) for option in chosen[-1:]]
    if element.name == "textarea":
        return [re.sub(r"\r\n|\r|\n", "\r\n", element.get_text())]
    return _input_values(str(element.get("type", "text")), element)


def _input_values(kind: str, element: Tag) -> list[str]:
    value = str(element.get("value", ""))
    if kind in {"submit", "button"} or (kind in {"checkbox", "radio"} and not element.has_attr("checked")):
        return []
    if kind in _KEPT and not _KEPT[kind].fullmatch(value):
        return [""]
    return [value if kind == "hidden" else re.sub(r"[\r\n]", "", value)]
