"""lead.add_tag: marks the lead with a tag."""

from typing import Annotated

from pydantic import Field, StringConstraints

from campaigns.engine.effects import AddTag
from campaigns.engine.outcome import Done
from campaigns.errors import Problem
from campaigns.imports.values import tag_problem
from campaigns.sections.base import Decider, Section, Vocabulary, section

Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


@section("lead.add_tag", role="action", label="Add tag")
class LeadAddTag(Section):
    """Marks the lead with a tag; a tag that does not exist yet is created."""

    goes_wrong = ("An empty tag, or one of more than 100 characters, is refused.",)

    tag: Word = Field(title="Tag", json_schema_extra={"reference": "tag"})

    def check(self, vocabulary: Vocabulary) -> list[Problem]:
        problem = tag_problem(self.tag)
        return [Problem("/tag", problem)] if problem else []

    def summary(self, vocabulary: Vocabulary) -> str:
        return self.tag

    def prepare(self, vocabulary: Vocabulary) -> Decider:
        done = Done((AddTag(self.tag),))
        return lambda _context: done
