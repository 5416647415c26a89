"""lead.set_field: gives a field a value."""

from typing import Any

from pydantic import Field

from campaigns.engine.effects import SetField
from campaigns.engine.fields import SETTABLE, lead_field
from campaigns.engine.outcome import Done, Fail, Outcome
from campaigns.errors import Problem
from campaigns.sections.base import Context, Decider, FieldType, Reference, Section, Vocabulary, section
from campaigns.sections.field_values import checked, typed
from campaigns.sections.values import Value, check_templates, getter, is_template


@section("lead.set_field", role="action", label="Set field")
class LeadSetField(Section):
    """Gives a field of the lead a value: a fixed one, or a template such as {"template": "{{ event.plan }}"}."""

    goes_wrong = (
        "A fixed value that does not fit the field is refused when activating.",
        "A template whose value does not fit the field fails the execution, with the reason.",
    )

    field: str = Field(title="Field", min_length=1, json_schema_extra={"reference": "field"})
    value: Value = Field(title="Value")

    def references(self) -> list[Reference]:
        return [] if self.field in SETTABLE else [Reference("field", self.field, "/field")]

    def check(self, vocabulary: Vocabulary) -> list[Problem]:
        kind = lead_field(vocabulary, self.field)
        if is_template(self.value) or kind is None:
            return check_templates(self.value, "/value", vocabulary)
        try:
            checked(self.field, kind, self.value)
        except ValueError as error:
            return [Problem("/value", str(error))]
        return []

    def summary(self, vocabulary: Vocabulary) -> str:
        kind = lead_field(vocabulary, self.field)
        shown = self.value["template"] if is_template(self.value) else self.value  # type: ignore[index, call-overload]
        return f"{kind.name if kind and kind.name else self.field} = {shown if shown is not None else '(empty)'}"

    def prepare(self, vocabulary: Vocabulary) -> Decider:
        kind = lead_field(vocabulary, self.field)
        if not is_template(self.value):
            done = Done((SetField(self.field, checked(self.field, kind, self.value)),))
            return lambda _context: done
        return _Rendered(self.field, kind, self.value).decide


class _Rendered:
    """Sets a field to what a template gives for the lead."""

    def __init__(self, field: str, kind: FieldType | None, value: Any) -> None:
        self.field, self.kind, self.get = field, kind, getter(value)

    def decide(self, context: Context) -> Outcome:
        value, missing = self.get(context)
        receipt = {"value": value, "missing": list(missing)} if missing else {"value": value}
        try:
            fitting = checked(self.field, self.kind, typed(self.kind, value))
        except ValueError as error:
            return Fail(f"{self.field}: {error}", receipt)
        return Done((SetField(self.field, fitting),), receipt)
