"""lead.remove_tag: takes a tag from the lead."""

from typing import Annotated

from pydantic import Field, StringConstraints

from campaigns.engine.effects import RemoveTag
from campaigns.engine.outcome import Done
from campaigns.sections.base import Decider, Section, Vocabulary, section

Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


@section("lead.remove_tag", role="action", label="Remove tag")
class LeadRemoveTag(Section):
    """Takes a tag from the lead."""

    goes_wrong = ("A tag that the lead does not have changes nothing.",)

    tag: Word = Field(title="Tag", json_schema_extra={"reference": "tag"})

    def summary(self, vocabulary: Vocabulary) -> str:
        return self.tag

    def prepare(self, vocabulary: Vocabulary) -> Decider:
        done = Done((RemoveTag(self.tag),))
        return lambda _context: done
