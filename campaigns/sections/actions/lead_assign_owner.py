"""lead.assign_owner: gives the lead an owner, or takes turns among several."""

from typing import Any
from uuid import UUID
from zlib import crc32

from pydantic import Field, model_validator

from campaigns.engine.effects import AssignOwner
from campaigns.engine.outcome import Done, Outcome
from campaigns.sections.base import Context, Reference, Section, Vocabulary, section


@section("lead.assign_owner", role="action", label="Assign owner")
class LeadAssignOwner(Section):
    """Gives the lead an owner: one member, or one of several in turn.

    The turn is the lead's own, so a retry gives the same answer and the members share the leads evenly.
    """

    goes_wrong = ("Both an owner and members who take turns, or neither, is refused.",)

    owner: str | None = Field(None, title="Owner", json_schema_extra={"reference": "user"})
    round_robin: list[str] | None = Field(None, title="In turn", json_schema_extra={"reference": "user"})

    @model_validator(mode="after")
    def _one_way(self) -> "LeadAssignOwner":
        if (self.owner is None) == (not self.round_robin):
            raise ValueError("name one owner, or members who take turns")
        return self

    def references(self) -> list[Reference]:
        if self.owner is not None:
            return [Reference("user", self.owner, "/owner")]
        return [Reference("user", user, f"/round_robin/{n}") for n, user in enumerate(self.round_robin or [])]

    def summary(self, vocabulary: Vocabulary) -> str:
        if self.owner is not None:
            return vocabulary.users.get(self.owner, self.owner)
        return "In turn: " + ", ".join(vocabulary.users.get(user, user) for user in self.round_robin or [])

    def decide(self, context: Context) -> Outcome:
        owner = self.owner
        if owner is None and self.round_robin and context.subject is not None:
            owner = self.round_robin[_turn(context.subject.id, len(self.round_robin))]
        return Done((AssignOwner(owner),), {"owner": owner})


def _turn(lead_id: Any, count: int) -> int:
    key = lead_id.bytes if isinstance(lead_id, UUID) else bytes(lead_id)
    return crc32(key) % count
