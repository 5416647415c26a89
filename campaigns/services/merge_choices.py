"""Which of two leads each value is taken from when they become one: as somebody chose, else by rule.

Without a choice the lead that is kept keeps what it has, an empty value is filled by the other's, and the higher score
counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from campaigns.errors import Invalid, Problem
from campaigns.services.lead_values import WITHOUT_ADDRESS

KEEP, OTHER = "keep", "other"
BUILT_IN = {
    "email": "Email", "external_id": "External id", "first_name": "First name", "last_name": "Last name",
    "phone": "Phone", "status": "Status", "owner": "Owner", "score": "Score",
}  # fmt: skip
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """A field in which two leads differ. `choice`: whose value is taken where nobody chooses."""

    key: str
    keep: Any
    other: Any
    choice: str


def check(choices: Mapping[str, Any], custom: Iterable[str]) -> None:
    """Raise Invalid for fields that leads don't have, and for choices that are none."""
    known = {*BUILT_IN, *custom}
    problems = []
    for key, choice in choices.items():
        path = "/fields/" + key.replace("~", "~0").replace("/", "~1")
        if key not in known:
            problems.append(Problem(path, "is no field of a lead, or none that is chosen"))
        elif choice not in (KEEP, OTHER):
            problems.append(Problem(path, f"is one of: {KEEP}, {OTHER}"))
    if problems:
        raise Invalid(problems=problems)


def differences(keep: Values, other: Values, custom: Iterable[str]) -> list[Difference]:
    """Return the fields in which two leads differ, the built-in ones first."""
    keys = (*BUILT_IN, *custom)
    pairs = ((key, _known(keep, key), _known(other, key)) for key in keys)
    return [Difference(key, mine, theirs, _rule(key, mine, theirs)) for key, mine, theirs in pairs if mine != theirs]


def settle(
    found: Iterable[Difference], keep: Values, choices: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what changes of the lead that is kept, and the values of both that are let go; raise Invalid."""
    changed, dropped = dict[str, Any](), dict[str, Any]()
    for one in found:
        if choices.get(one.key, one.choice) == OTHER:
            changed[one.key], dropped[one.key] = one.other, one.keep
        else:
            dropped[one.key] = one.other
    after = {**keep, **changed}
    if not after.get("email") and not after.get("external_id"):
        raise Invalid(problems=[Problem("/fields/email", WITHOUT_ADDRESS)])
    return changed, {key: value for key, value in dropped.items() if value is not None}


def _known(values: Values, key: str) -> Any:
    found = values.get(key)
    return None if found == "" else found


def _rule(key: str, mine: Any, theirs: Any) -> str:
    if key == "score":
        return OTHER if (theirs or 0) > (mine or 0) else KEEP
    return OTHER if mine is None else KEEP
