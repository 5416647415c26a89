"""log.note: a note on the lead's timeline."""

from pydantic import Field

from campaigns.engine.effects import AddNote
from campaigns.engine.outcome import Done, Outcome
from campaigns.errors import CampaignsError, Problem
from campaigns.personalise import compile_text
from campaigns.sections.base import Context, Decider, Section, Vocabulary, section
from campaigns.sections.values import check_templates


@section("log.note", role="action", label="Note", group="lead")
class LogNote(Section):
    """Leaves a note on the lead's timeline; Liquid variables are filled in."""

    goes_wrong = (
        "A variable without a value is empty in the note, and named in the receipt.",
        "What gets longer than 4,000 characters is cut.",
    )

    text: str = Field(title="Text", min_length=1, max_length=4000, json_schema_extra={"liquid": True})

    def check(self, vocabulary: Vocabulary) -> list[Problem]:
        try:
            return [Problem("/text", p.message) for p in check_templates({"template": self.text}, "", vocabulary)]
        except CampaignsError as error:
            return [Problem("/text", error.message)]

    def summary(self, vocabulary: Vocabulary) -> str:
        return self.text

    def prepare(self, vocabulary: Vocabulary) -> Decider:
        text = compile_text(self.text)

        def decide(context: Context) -> Outcome:
            rendered = text.render(context.values())
            receipt = {"missing": list(rendered.missing)} if rendered.missing else None
            return Done((AddNote(rendered.text[:4000]),), receipt)

        return decide
