"""What the lines of an outline say: for each section type the words it begins with, and how its settings are said.

A type without phrases of its own is said by its label, or by its name, with its one required text if it has one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from campaigns.engine.kinds import Vocabulary
from campaigns.engine.outline_conditions import read_condition, write_condition
from campaigns.engine.outline_words import (
    count,
    field_for,
    key_for,
    number,
    quoted,
    read_span,
    unquoted,
    write_span,
)

Config = dict[str, Any]
_CLOCK = re.compile(r"(.*?),?\s+at\s+(\d{1,2}):(\d\d)")
_NAMED_WAIT = re.compile(
    r"(?:the\s+)?(?:event\s+)?(\S+?)(?:\s+event)?(?:,?\s+(?:at most|for at most|up to)\s+(.+))?", re.IGNORECASE
)
_GOTO = re.compile(r"@(\S+?)(?:,?\s+at most\s+(\S+)\s+times)?", re.IGNORECASE)
_VARIANT = re.compile(r"\s*(.+?)\s+(\d{1,3}(?:\.\d+)?)\s*%?\s*")
_LONGEST_NAME = 4  # words; more say something else than what is to be made yet
_ADDRESS = re.compile(r"[^\s@,]+@[^\s@,]+")


@dataclass(frozen=True, slots=True)
class Phrase:
    """How a type is said: `heads` begin the line, `read` takes what comes after them, `write` gives it."""

    type: str
    heads: tuple[str, ...]
    read: Callable[[str, Vocabulary], Config | None]
    write: Callable[[Config, Vocabulary], str | None]


def named(type_: str, key: str, kind: str, *heads: str) -> Phrase:
    """Return the phrase of a type whose one setting names something, or is a text."""

    def read(rest: str, vocabulary: Vocabulary) -> Config | None:
        if not rest:
            return None
        found = key_for(kind, unquoted(rest), vocabulary) if kind else unquoted(rest)
        is_name = not kind or found in vocabulary.names(kind) or len(rest.split()) <= _LONGEST_NAME
        return {key: found} if is_name else None

    def write(config: Config, _vocabulary: Vocabulary) -> str | None:
        return config[key] if isinstance(config.get(key), str) else None

    return Phrase(type_, heads, read, write)


def conditional(type_: str, *heads: str) -> Phrase:
    """Return the phrase of a type whose one setting is a condition."""

    def read(rest: str, vocabulary: Vocabulary) -> Config | None:
        condition = read_condition(rest.removesuffix(":"), vocabulary)
        return None if condition is None else {"condition": condition}

    def write(config: Config, vocabulary: Vocabulary) -> str | None:
        return write_condition(config["condition"], vocabulary) if "condition" in config else None

    return Phrase(type_, heads, read, write)


def bare(type_: str, *heads: str) -> Phrase:
    """Return the phrase of a type without settings."""
    return Phrase(type_, heads, lambda rest, _: None if rest else {}, lambda config, _: None if config else "")


def _read_delay(rest: str, _vocabulary: Vocabulary) -> Config | None:
    clock = _CLOCK.fullmatch(rest)
    said, more = (clock[1], {"time_of_day": f"{int(clock[2]):02}:{clock[3]}"}) if clock else (rest, {})
    said = re.sub(r"^for\s+", "", said, flags=re.IGNORECASE)
    until = re.fullmatch(r"until\s+(\d{4}-\d\d-\d\d\S*)", said, re.IGNORECASE)
    if until:
        return {"until": until[1], **more}
    span = read_span(said)
    return None if span is None else {"duration": span, **more}


def _write_delay(config: Config, _vocabulary: Vocabulary) -> str | None:
    said = f"until {config['until']}" if config.get("until") else write_span(config.get("duration"))
    return said and (f"{said} at {config['time_of_day']}" if config.get("time_of_day") else said)


def _read_wait(rest: str, _vocabulary: Vocabulary) -> Config | None:
    match = _NAMED_WAIT.fullmatch(rest)
    if match is None:
        return None
    name = match[1]
    config: Config = {"for": [{"name": name, "trigger": {"type": "event.received", "config": {"name": name}}}]}
    if match[2]:
        config["timeout"] = read_span(match[2])
    return config if config.get("timeout", True) else None


def _write_wait(config: Config, _vocabulary: Vocabulary) -> str | None:
    most = f", at most {write_span(config['timeout'])}" if config.get("timeout") else ""
    return f"event {config['for'][0]['name']}{most}"


def _read_split(rest: str, _vocabulary: Vocabulary) -> Config | None:
    parts = re.split(r"[,/]", rest)
    shares = [number(part.strip().removesuffix("%")) for part in parts]
    if None not in shares:
        return {"variants": [{"name": chr(65 + n), "weight": share} for n, share in enumerate(shares)]}
    found = [_VARIANT.fullmatch(part) for part in rest.split(",")]
    return {"variants": [{"name": one[1], "weight": number(one[2])} for one in found if one]} if all(found) else None


def _write_split(config: Config, _vocabulary: Vocabulary) -> str:
    return ", ".join(f"{one['name']} {one['weight']}" for one in config["variants"])


def _read_goto(rest: str, _vocabulary: Vocabulary) -> Config | None:
    match = _GOTO.fullmatch(rest)
    if match is None:
        return None
    return {"section": match[1], **({"max_visits": count(match[2])} if match[2] else {})}


def _write_goto(config: Config, _vocabulary: Vocabulary) -> str:
    return f"@{config['section']}" + (f", at most {config['max_visits']} times" if "max_visits" in config else "")


def _read_points(rest: str, _vocabulary: Vocabulary) -> Config | None:
    points = number(re.sub(r"\s*points?$", "", rest, flags=re.IGNORECASE))
    return {"points": points} if isinstance(points, int) else None


def _read_field(rest: str, vocabulary: Vocabulary) -> Config | None:
    match = re.fullmatch(r"(.+?)\s+to\s+(.+)", rest, re.IGNORECASE)
    if match is None:
        return None
    types = {f"lead.{key}": kind for key, kind in vocabulary.fields.items()}
    value = number(match[2])
    plain = unquoted(match[2])
    return {
        "field": field_for(match[1], types).removeprefix("lead."),
        "value": plain if value is None or plain != match[2] else value,
    }


def _write_field(config: Config, _vocabulary: Vocabulary) -> str:
    value = config.get("value")
    return f"{config['field']} to {quoted(value) if isinstance(value, str) else value}"


def _read_notice(rest: str, _vocabulary: Vocabulary) -> Config | None:
    addresses: list[str] = []
    owner = False
    for part in filter(None, (part.strip() for part in re.split(r",|\sand\s", rest))):
        if re.fullmatch(r"(?:the |its |their |lead's )*owner", part, re.IGNORECASE):
            owner = True
        elif _ADDRESS.fullmatch(part):
            addresses.append(part)
        else:
            return None
    to = {**({"owner": True} if owner else {}), **({"addresses": addresses} if addresses else {})}
    return {"to": to} if to else None


def _write_notice(config: Config, _vocabulary: Vocabulary) -> str:
    return ", ".join([*(["owner"] if config["to"].get("owner") else []), *config["to"].get("addresses", [])])


def _read_call(rest: str, _vocabulary: Vocabulary) -> Config | None:
    match = re.fullmatch(r"(?:(GET|POST|PUT|PATCH|DELETE)\s+)?(https?://\S+)", rest, re.IGNORECASE)
    return {**({"method": match[1].upper()} if match[1] else {}), "url": match[2]} if match else None


def _write_call(config: Config, _vocabulary: Vocabulary) -> str:
    return " ".join(filter(None, (config.get("method"), config["url"])))


def _read_fork(rest: str, _vocabulary: Vocabulary) -> Config | None:
    join = rest.removesuffix(":").strip().lower().removeprefix("join ")
    return {"join": join} if join in {"all", "any", "none"} else None if join else {}


PHRASES: tuple[Phrase, ...] = (
    conditional("flow.if", "if"),
    conditional("flow.while", "while", "as long as"),
    conditional("flow.goal", "goal"),
    Phrase("flow.wait", ("wait for",), _read_wait, _write_wait),
    Phrase("flow.delay", ("wait", "delay", "pause"), _read_delay, _write_delay),
    bare("flow.business_hours", "wait for business hours"),
    Phrase("flow.fork", ("fork", "in parallel"), _read_fork, lambda config, _: str(config.get("join", ""))),
    Phrase("flow.split", ("split",), _read_split, _write_split),
    Phrase("flow.goto", ("go to", "goto"), _read_goto, _write_goto),
    bare("flow.finish", "finish", "end"),
    bare("flow.leave", "leave branch", "leave"),
    bare("flow.return", "return"),
    named("lead.add_tag", "tag", "tag", "tag", "tag it", "add tag", "add the tag"),
    named("lead.remove_tag", "tag", "tag", "untag", "remove tag", "remove the tag"),
    named("list.add", "list", "list", "add to list", "add to the list", "put on list", "list"),
    named("list.remove", "list", "list", "remove from list", "take off list", "unlist"),
    named("lead.set_status", "status", "status", "set status to", "set status", "status"),
    Phrase("lead.set_field", ("set field", "set"), _read_field, _write_field),
    Phrase("lead.add_points", ("add points", "add", "points"), _read_points, lambda config, _: str(config["points"])),
    named("lead.assign_owner", "owner", "user", "assign to", "assign owner"),
    named("lead.move", "tenant", "tenant", "move to tenant"),
    named("email.send", "template", "template", "send", "send email", "send mail", "email"),
    Phrase("email.notify", ("notify", "tell"), _read_notice, _write_notice),
    Phrase("http.call", ("call",), _read_call, _write_call),
    named("event.emit", "name", "", "emit event", "emit"),
    named("workflow.start", "workflow", "workflow", "start workflow", "start"),
    named("workflow.exit", "workflow", "workflow", "exit workflow", "exit"),
    named("log.note", "text", "", "note"),
    named("task.create", "title", "", "create task", "task"),
    named("flow.stop", "reason", "", "stop"),
    bare("flow.stop", "stop"),
)
WRITERS: Mapping[str, Phrase] = {phrase.type: phrase for phrase in reversed(PHRASES)}
