"""list.remove: takes the lead off a list."""

from collections.abc import Sequence

from pydantic import Field

from campaigns.engine.effects import RemoveFromList
from campaigns.engine.outcome import Done
from campaigns.sections.base import Decider, Reference, Section, Vocabulary, section


@section("list.remove", role="action", label="Remove from list")
class ListRemove(Section):
    """Takes the lead off a list; nothing happens when it is so already."""

    goes_wrong = ("A lead that is not on the list starts nothing by it.",)

    list: str = Field(title="List", min_length=1, json_schema_extra={"reference": "list"})

    def references(self) -> Sequence[Reference]:
        return [Reference("list", self.list, "/list")]

    def summary(self, vocabulary: Vocabulary) -> str:
        return vocabulary.lists.get(self.list, self.list)

    def prepare(self, vocabulary: Vocabulary) -> Decider:
        done = Done((RemoveFromList(self.list),))
        return lambda _context: done
