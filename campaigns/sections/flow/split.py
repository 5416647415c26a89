"""flow.split: leads are divided among variants by weight."""

import hashlib
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from campaigns.engine.document import MAX_BRANCHES
from campaigns.engine.outcome import Branch, Outcome
from campaigns.sections.base import Context, Section, Vocabulary, section

_WHOLE = 100
_NEAR = 0.01  # 33.333 three times is meant as a third each


class Variant(BaseModel):
    """A named share of the leads."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)] = Field(title="Name")
    weight: float = Field(title="Weight in percent", ge=0, le=_WHOLE, allow_inf_nan=False)
    control: bool = Field(False, title="Control group", strict=True)


@section("flow.split", role="condition", label="Split")
class Split(Section):
    """Divides leads among named variants by weights that add to 100; a lead always takes the same one.

    One variant may be marked as the control group.
    """

    goes_wrong = (
        "Weights that do not add to 100, or two variants of one name, are refused.",
        "Another salt, other names without one, or other weights send leads to other variants than before.",
    )

    variants: list[Variant] = Field(title="Variants", min_length=1, max_length=MAX_BRANCHES)
    salt: str = Field("", title="Salt", description="Another text divides the leads anew", max_length=40)

    @model_validator(mode="after")
    def _adds_up(self) -> "Split":
        names = [variant.name for variant in self.variants]
        if len(set(names)) < len(names):
            raise ValueError("variants need names of their own")
        total = sum(variant.weight for variant in self.variants)
        if abs(total - _WHOLE) > _NEAR:
            raise ValueError(f"the weights add to {total:g}, not to 100")
        if sum(variant.control for variant in self.variants) > 1:
            raise ValueError("one variant at most is the control group")
        return self

    def branches(self) -> tuple[str, ...]:
        return tuple(variant.name for variant in self.variants)

    def summary(self, vocabulary: Vocabulary) -> str:
        return " · ".join(f"{variant.name} {variant.weight:g} %" for variant in self.variants)

    def decide(self, context: Context) -> Outcome:
        place = _place(f"{self.salt or '/'.join(self.branches())}/{context.subject.id if context.subject else ''}")
        total, reached = sum(variant.weight for variant in self.variants), 0.0
        chosen = self.variants[-1]
        for variant in self.variants:
            reached += variant.weight
            if place * total < reached:
                chosen = variant
                break
        receipt: dict[str, Any] = {"variant": chosen.name, "place": round(place * _WHOLE, 3)}
        return Branch(chosen.name, receipt | ({"control": True} if chosen.control else {}))


def _place(text: str) -> float:
    """Return a number from 0 to 1 that a text always gives, spread evenly over texts."""
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64
