"""list.added: a lead is put on a list."""

from collections.abc import Sequence

from pydantic import Field

from campaigns.engine.conditions import Condition, InList
from campaigns.sections.base import Context, Example, Matcher, Reference, Trigger, Vocabulary, section


@section("list.added", role="trigger", label="Added to list")
class ListAdded(Trigger):
    """Starts when a lead is put on the list, by whomever."""

    goes_wrong = ("A lead that is on the list already and is put there again starts nothing.",)

    list: str = Field(title="List", min_length=1, json_schema_extra={"reference": "list"})

    def event_type(self) -> str | None:
        return "list.added"

    def references(self) -> Sequence[Reference]:
        return [Reference("list", self.list, "/list")]

    def summary(self, vocabulary: Vocabulary) -> str:
        return vocabulary.lists.get(self.list, self.list)

    def matches_now(self) -> Condition:
        return InList(in_list=self.list)

    def example(self, vocabulary: Vocabulary) -> Example:
        return Example("list.added", changes={"lists_added": [self.list]})

    def prepare_match(self, vocabulary: Vocabulary) -> Matcher:
        return self._matches

    def _matches(self, context: Context) -> bool:
        return self.list in context.event.get("changes", {}).get("lists_added", ())
