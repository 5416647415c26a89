"""list.add: puts the lead on a list."""

from collections.abc import Sequence

from pydantic import Field

from campaigns.engine.effects import AddToList
from campaigns.engine.outcome import Done
from campaigns.sections.base import Decider, Reference, Section, Vocabulary, section


@section("list.add", role="action", label="Add to list")
class ListAdd(Section):
    """Puts the lead on a list; nothing happens when it is so already."""

    goes_wrong = ("A lead that is on the list already starts nothing by it.",)

    list: str = Field(title="List", min_length=1, json_schema_extra={"reference": "list"})

    def references(self) -> Sequence[Reference]:
        return [Reference("list", self.list, "/list")]

    def summary(self, vocabulary: Vocabulary) -> str:
        return vocabulary.lists.get(self.list, self.list)

    def prepare(self, vocabulary: Vocabulary) -> Decider:
        done = Done((AddToList(self.list),))
        return lambda _context: done
