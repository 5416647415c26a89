"""One line of an outline and the section or trigger it stands for, both ways.

    PHRASE                      words, as engine/outline_phrases.py has them
    TYPE {settings}             any type, its settings as JSON
    … // @mark Name             a mark that "Go to @mark" leads to, and the name
    … // @mark {"name": …}      all that it has besides, as JSON

What is written reads back to the same; where words would not, the settings are written as JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from json import JSONDecoder
from typing import Any

from campaigns.engine.json_text import read_json
from campaigns.engine.kinds import Kind, Kinds, Vocabulary
from campaigns.engine.lanes import INSIDE, Item
from campaigns.engine.outline_phrases import PHRASES, Phrase
from campaigns.engine.outline_triggers import TRIGGERS, bare_words, with_filter, write_filter
from campaigns.engine.placeholders import NAME, NOTE
from campaigns.engine.structure import GOTO
from campaigns.engine.validation import parse
from campaigns.errors import Invalid, Malformed

MARK = re.compile(r"@([A-Za-z][A-Za-z0-9_-]{0,39})(?:\s+|$)")
_MOST_SPLITS = 8
_LONGEST_PHRASE = 5000  # letters; what is longer is said by its type and settings
_MORE = re.compile(r"(?:^|\s+)//\s+")
_SETTINGS = re.compile(r"([a-z][\w.-]*)\s*(?=\{)")
_WHEN = re.compile(r"(?:when|whenever|on|once)\s+", re.IGNORECASE)
_PLAIN: Mapping[str, Any] = {
    "name": "", "note": "", "only_if": None, "filter": None, "disabled": False, "mode": "start", "section": None,
    "times": None, "listen_for": None,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """What a line stands for: a section or trigger without its id; `mark` is the one that jumps name."""

    item: Item
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Lines:
    """Reads and writes lines with the types and names of one tenant."""

    kinds: Kinds
    vocabulary: Vocabulary
    _heads: list[tuple[str, Phrase]] = field(default_factory=list)
    _trigger_heads: list[tuple[str, Phrase]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._heads.extend(_by_length(PHRASES))
        self._trigger_heads.extend(_by_length(TRIGGERS))

    def section(self, line: str) -> Said | None:
        """Return the section that a line says, None when it says none."""
        for text, more, mark in _with_more(line):
            for type_, config in self._sections(text):
                said = self._checked({"type": type_, "config": config, **more}, mark, "sections")
                if said is not None:
                    return said
        return None

    def trigger(self, line: str, *, beside: bool = False) -> Said | None:
        """Return the trigger that a line says by "When …", None when it says none. `beside`: a listener."""
        when = _WHEN.match(line)
        if when is None:
            return None
        for text, more, mark in _with_more(line[when.end() :]):
            for words, condition in with_filter(text.removesuffix(":"), self.vocabulary):
                held = {"filter": condition} if condition is not None else {}
                for type_, config in self._triggers(words):
                    item = {"type": type_, "config": config, **held, **more}
                    said = self._checked(item, mark, "listeners" if beside else "triggers")
                    if said is not None:
                        return said
        return None

    def write(self, item: Item, *, marked: bool = False) -> str:
        """Return a line that reads back to the section."""
        own = own_parts(item)
        more = _more_of(own, str(item["id"]) if marked else "")
        plain = {"type": own["type"], "config": own["config"]}
        if item.get("name") == NAME and own["type"] == NOTE and not marked and self._is_lost(own):
            return str(own["config"]["text"])
        for words in _phrased(_of_type(PHRASES, own["type"]), plain, self.vocabulary):
            said = self.section(words + more) if _is_line(words + more) else None
            if said is not None and said.item == own:
                return words + more
        return _as_json(own) + more

    def write_trigger(self, item: Item, *, beside: bool = False) -> str:
        """Return a line that reads back to the trigger."""
        own = own_parts(item)
        plain = {"type": own["type"], "config": own["config"]}
        if "filter" in own:
            bare_of = {key: value for key, value in own.items() if key != "filter"}
            tail = write_filter(own["filter"], self.vocabulary) + _more_of(bare_of, "")
        else:
            tail = _more_of(own, "")
        for words in _phrased(_of_type(TRIGGERS, own["type"]), plain, self.vocabulary):
            for line in (f"When {words}{tail}", f"When {words}{_more_of(own, '')}"):
                said = self.trigger(line, beside=beside) if _is_line(line) else None
                if said is not None and said.item == own:
                    return line
        return f"When {_as_json(own)}{_more_of(own, '')}"

    def _is_lost(self, own: Item) -> bool:
        """Return whether a placeholder's text alone is read as it again."""
        text = own["config"].get("text", "")
        unread = _is_line(text) and self.section(text) is None
        is_branch = text.endswith(":") or text.lower() in {"else", "otherwise"} or _WHEN.match(text)
        return bool(unread and text and not is_branch and set(own) == {"type", "name", "config", "disabled"})

    def _sections(self, text: str) -> Iterator[tuple[str, Any]]:
        yield from self._readings(text, self._heads, triggers=False)

    def _triggers(self, text: str) -> Iterator[tuple[str, Any]]:
        for words in dict.fromkeys((text, bare_words(text))):
            yield from self._readings(words, self._trigger_heads, triggers=True)

    def _readings(self, text: str, heads: list[tuple[str, Phrase]], *, triggers: bool) -> Iterator[tuple[str, Any]]:
        """Yield type and config for each way to read a text, the longest words first."""
        match = _SETTINGS.match(text)
        if match and match[1] in self.kinds:
            config = _json(text[match.end() :])
            if config is not None:
                yield match[1], config
        if len(text) <= _LONGEST_PHRASE:
            yield from self._worded(text, heads, triggers=triggers)

    def _worded(self, text: str, heads: list[tuple[str, Phrase]], *, triggers: bool) -> Iterator[tuple[str, Any]]:
        """Yield type and config by the words of the phrases, then by labels and names."""
        for head, phrase in heads:
            rest = _after(text, head)
            config = phrase.read(rest, self.vocabulary) if rest is not None and phrase.type in self.kinds else None
            if config is not None:
                yield phrase.type, config
        for kind in self.kinds.values():
            for name in (kind.label, kind.name):
                rest = _after(text, name.lower()) if kind.is_trigger == triggers else None
                if rest is not None:
                    yield kind.name, _by_label(kind, rest)

    def _checked(self, item: Item, mark: str, part: str) -> Said | None:
        """Return what was read, unless no document could hold it."""
        probe = {**item, "id": "probe"}
        if item["type"] == GOTO and isinstance(item["config"], dict) and "section" in item["config"]:
            probe["config"] = {**item["config"], "section": "probe"}
        probe.pop("section", None)
        if part == "listeners":
            host = {"id": "host", "type": NOTE, "config": {"text": "host"}, "listeners": [probe]}
            document = {"format": 1, "sections": [host]}
        else:
            document = {"format": 1, part: [probe]}
        try:
            parse(document, self.kinds)
        except Invalid:
            return None
        return Said(own_parts(item), mark)


def own_parts(item: Item) -> Item:
    """Return what a line says of a section: all but its id, what stands in it, and what goes without saying."""
    held = {key: value for key, value in item.items() if key not in INSIDE and key != "id"}
    said = {key: value for key, value in held.items() if key not in _PLAIN or value != _PLAIN[key]}
    return {"type": said.pop("type"), "config": said.pop("config", {}), **said}


def clean(line: str) -> str:
    """Return a line without the bullet or number that a list gave it."""
    return re.sub(r"^(?:[-*•–—]|\d{1,3}[.)])\s+", "", line.strip())


def _is_line(text: str) -> bool:
    """Return whether a text stays as it is when it is read as a line."""
    return text == clean(text) and "\n" not in text and "\r" not in text


def _by_length(phrases: Iterable[Phrase]) -> list[tuple[str, Phrase]]:
    return sorted(((head, phrase) for phrase in phrases for head in phrase.heads), key=lambda pair: -len(pair[0]))


def _of_type(phrases: Sequence[Phrase], type_: str) -> list[Phrase]:
    return [phrase for phrase in phrases if phrase.type == type_]


def _phrased(phrases: list[Phrase], item: Item, vocabulary: Vocabulary) -> Iterator[str]:
    for phrase in phrases:
        try:
            rest = phrase.write(item["config"], vocabulary)
        except (KeyError, TypeError, AttributeError, IndexError):  # settings of another shape than the words can say
            continue
        if rest is not None:
            head = phrase.heads[0]
            yield f"{head[0].upper()}{head[1:]} {rest}".strip()


def _after(text: str, head: str) -> str | None:
    """Return what comes after the words a line begins with, None when it does not."""
    rest = text[len(head) :]
    if text[: len(head)].lower() != head or (rest and rest[0] not in " \t:"):
        return None
    return rest.strip().removeprefix(":").strip()


def _by_label(kind: Kind, rest: str) -> Any:
    """Return the config of a type that was named: nothing, its settings as JSON, or its one required text."""
    if not rest:
        return {}
    config = _json(rest)
    if config is not None:
        return config
    needed = [name for name, spec in kind.model.model_fields.items() if spec.is_required()]
    is_text = len(needed) == 1 and not rest.startswith("{")
    return {needed[0]: rest} if is_text else {"": rest}  # the empty key is none that a config has


def _with_more(line: str) -> Iterator[tuple[str, Item, str]]:
    """Yield the ways to tell a line's words from what follows `//`: the whole line last, whose words may hold it."""
    for match in [*_after_settings(line), *reversed(list(_MORE.finditer(line))[-_MOST_SPLITS:])]:
        text, rest = line[: match.start()].strip(), line[match.end() :].strip()
        mark = MARK.match(rest)
        more = rest[mark.end() :] if mark else rest
        read = _json(more) if more.startswith("{") else {"name": more} if more else {}
        if text and read is not None and set(read) <= set(_PLAIN):
            yield text, read, mark[1] if mark else ""
    yield line.strip(), {}, ""


def _after_settings(line: str) -> list[re.Match[str]]:
    """Return where the rest begins after settings that are written as JSON, whatever these hold."""
    start = _SETTINGS.match(line)
    if start is None:
        return []
    try:
        _, end = JSONDecoder().raw_decode(line, start.end())
    except (ValueError, RecursionError):
        return []
    more = _MORE.match(line, end)
    return [more] if more else []


def _more_of(own: Item, mark: str) -> str:
    more = {key: value for key, value in own.items() if key not in {"type", "config"}}
    told = [f"@{mark}"] if mark else []
    name = str(more.get("name", ""))
    if list(more) == ["name"] and _is_line(name) and name[:1] not in "{@" and "//" not in name:
        told.append(name)
    elif more:
        told.append(json.dumps(more, ensure_ascii=False))
    return f" // {' '.join(told)}" if told else ""


def _as_json(own: Item) -> str:
    return f"{own['type']} {json.dumps(own['config'], ensure_ascii=False)}"


def _json(text: str) -> Any:
    if not text.startswith("{"):
        return None
    try:
        return read_json(text)
    except (Malformed, Invalid):
        return None
