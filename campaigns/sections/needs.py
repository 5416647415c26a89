"""What a section type that performs says it needs: shown to those who install it, and held to where we can.

It is a declaration by who wrote the type, kept by what hands things over: the payload, the secrets, the sender. It is
no sandbox: see docs/decisions/0012.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import urlsplit

from campaigns.engine.context import Context
from campaigns.engine.subject import Subject
from campaigns.outgoing.call import Answer, Call, Forbidden, Sender

_PATTERN = re.compile(r"\*|(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


@dataclass(frozen=True, slots=True)
class Needs:
    """What a type needs. `network`: hosts, such as "api.example.com", "*.example.com", or "*" for any.

    `secrets`: the keys of the config whose secrets it reads; None: all that its config names. `lead_fields`: keys of
    the lead's fields that it is handed. `writes_lead`: whether its answer may set fields. Raises ValueError for a
    pattern that is none.
    """

    network: Sequence[str] = ("*",)
    secrets: Sequence[str] | None = None
    lead_fields: Sequence[str] | Literal["all"] = "all"
    writes_lead: bool = True

    def __post_init__(self) -> None:
        for given in (self.network, self.secrets):
            if isinstance(given, str):
                raise ValueError(f"needs are lists of names, and {given!r} is a text")
        if isinstance(self.lead_fields, str) and self.lead_fields != "all":
            raise ValueError(f'lead_fields is "all" or a list of keys, and not {self.lead_fields!r}')
        for pattern in self.network:
            if not _PATTERN.fullmatch(pattern):
                raise ValueError(f"{pattern!r} is no host: write api.example.com, *.example.com or *")

    def allows_host(self, host: str) -> bool:
        """Return whether a host may be called, by its name in ASCII."""
        name = host.rstrip(".").lower()
        return any(
            pattern in ("*", name) or (pattern.startswith("*.") and name.endswith(pattern[1:]))
            for pattern in self.network
        )

    def allows_secret(self, path: str) -> bool:
        """Return whether the secret that a config's key names is handed over; `path` is the key's JSON Pointer."""
        return self.secrets is None or path.split("/")[1] in self.secrets

    def narrowed(self, context: Context) -> Context:
        """Return a context in which the lead has no other fields than those declared."""
        if self.lead_fields == "all" or context.subject is None:
            return context
        kept = frozenset(self.lead_fields)
        subject = Subject(context.subject.id, _only(context.subject.values, kept))
        before = _only(context.before, kept) if context.before is not None else None
        return replace(context, subject=subject, event=_event(context.event, kept), before=before)

    def sentences(self) -> Iterator[str]:
        """Yield what it needs, a sentence each, for people."""
        hosts = ", ".join("any host" if pattern == "*" else f"`{pattern}`" for pattern in self.network)
        yield f"Calls {hosts} by our sender." if hosts else "Calls nobody by our sender."
        if self.secrets is None:
            yield "Reads the secrets that its config names."
        else:
            named = ", ".join(f"`{key}`" for key in self.secrets)
            yield f"Reads the secrets named in {named}." if named else "Reads no secret."
        if self.lead_fields == "all":
            yield "Is handed all fields of the lead."
        else:
            named = ", ".join(f"`{key}`" for key in self.lead_fields)
            yield f"Is handed of the lead: {named}." if named else "Is handed no field of the lead."
        yield "May set fields of the lead." if self.writes_lead else "Sets no field of the lead."


UNDECLARED = Needs()


class NarrowSender:
    """A sender that refuses hosts that were not declared."""

    def __init__(self, sender: Sender, needs: Needs) -> None:
        self._sender, self._needs = sender, needs

    def send(self, call: Call) -> Answer:
        """Make a call; raise Forbidden for a host that the type has not declared."""
        host = _host(call.url)
        if not self._needs.allows_host(host):
            raise Forbidden(f"The section type does not declare that it calls {host[:200]!r}.")
        return self._sender.send(call)


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").encode("idna").decode("ascii")
    except ValueError:
        raise Forbidden("The address can't be read.") from None


def _only(values: Mapping[str, Any], kept: frozenset[str]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key in kept}


def _event(event: Mapping[str, Any], kept: frozenset[str]) -> dict[str, Any]:
    """Return an event without what it tells of other fields of the lead."""
    changes = event.get("changes")
    if not isinstance(changes, Mapping):
        return dict(event)
    shown = {part: value for part, value in changes.items() if part == "fields" or part in kept}
    if "fields" in shown:
        shown["fields"] = _only(shown["fields"], kept)
    return {**event, "changes": shown}
