"""list.removed: a lead is taken off a list."""

from collections.abc import Sequence

from pydantic import Field

from campaigns.sections.base import Context, Example, Matcher, Reference, Trigger, Vocabulary, section


@section("list.removed", role="trigger", label="Removed from list")
class ListRemoved(Trigger):
    """Starts when a lead is taken off the list, by whomever."""

    goes_wrong = ("A lead that was not on the list starts nothing.",)

    list: str = Field(title="List", min_length=1, json_schema_extra={"reference": "list"})

    def event_type(self) -> str | None:
        return "list.removed"

    def references(self) -> Sequence[Reference]:
        return [Reference("list", self.list, "/list")]

    def summary(self, vocabulary: Vocabulary) -> str:
        return vocabulary.lists.get(self.list, self.list)

    def example(self, vocabulary: Vocabulary) -> Example:
        return Example("list.removed", changes={"lists_removed": [self.list]})

    def prepare_match(self, vocabulary: Vocabulary) -> Matcher:
        return self._matches

    def _matches(self, context: Context) -> bool:
        return self.list in context.event.get("changes", {}).get("lists_removed", ())
