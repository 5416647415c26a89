"""What `state.set` and `state.update` share: the size limit and the receipt."""

from __future__ import annotations

import json
from typing import Any

from campaigns.engine.context import Context
from campaigns.engine.effects import SetState
from campaigns.engine.outcome import Done, Fail, Outcome

MAX_BYTES = 64 * 1024


def set_state(context: Context, values: dict[str, Any], missing: tuple[str, ...], *, replace: bool) -> Outcome:
    """Answer with the new state, or fail when it would be larger than 64 KiB of JSON."""
    receipt: dict[str, Any] = {"values": values}
    if missing:
        receipt["missing"] = list(missing)
    effect = SetState(values, replace)
    if len(json.dumps(effect.after(context.state), default=str, ensure_ascii=False).encode()) > MAX_BYTES:
        return Fail(f"the state would be larger than {MAX_BYTES // 1024} KiB")
    return Done((effect,), receipt)
