"""At a limit: what its step tells, and the rest of a token whose counter is not known yet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from campaigns.engine.condition_receipts import shown
from campaigns.engine.execution import Token
from campaigns.engine.limits import BLOCK, PASS, Verdict
from campaigns.engine.moments import written
from campaigns.engine.outcome import Branch, Limit, Receipt

if TYPE_CHECKING:
    from campaigns.engine.walking import Walk


def branch(limit: Limit, verdict: Verdict) -> Branch:
    """Return the branch that a verdict leads into."""
    told: Receipt = {
        "key": shown(list(limit.key)),
        "count": verdict.count,
        "times": limit.times,
        "seconds": int(limit.within.total_seconds()),
        **({"missing": list(limit.missing)} if limit.missing else {}),
        **({"again_at": written(verdict.again_at)} if verdict.again_at is not None else {}),
    }
    return Branch(PASS if verdict.passes else BLOCK, told)


def rest(walk: Walk, token: Token, limit: Limit) -> None:
    """Let a token rest until its counter is known: it is due at once, and its rounds and steps are counted on."""
    rounds = {section: count for (number, section), count in walk.rounds.items() if number == token.number}
    token.entered, token.wake_at = True, walk.context.now
    token.asked = {
        "key": list(limit.key),
        "times": limit.times,
        "seconds": limit.within.total_seconds(),
        "shared": limit.shared,
        "missing": list(limit.missing),
        "most": walk.most,
        "rounds": rounds,
    }


def again(walk: Walk, token: Token, asked: Mapping[str, Any]) -> Limit:
    """Return what a token had asked before it rested, and go on counting its rounds and steps."""
    walk.most = min(walk.most, asked["most"])
    walk.rounds |= {(token.number, section): count for section, count in asked["rounds"].items()}
    return asked_by(asked)


def asked_by(asked: Mapping[str, Any]) -> Limit:
    """Return what was asked, as a token keeps it."""
    within = timedelta(seconds=asked["seconds"])
    return Limit(tuple(asked["key"]), asked["times"], within, asked["shared"], tuple(asked["missing"]))
