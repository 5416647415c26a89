"""email.send: one mail to the lead."""

from typing import Literal

from pydantic import Field

from campaigns.engine.effects import SendEmail
from campaigns.engine.outcome import Done, Outcome, Perform
from campaigns.errors import Problem
from campaigns.sections.base import Context, Decider, Reference, Section, Vocabulary, section


@section("email.send", role="action", label="Send email")
class EmailSend(Section):
    """Sends the lead a mail made from a template.

    Marketing mail goes out at most once: if we crash at the wrong moment it may not arrive, and we will tell you.
    Transactional mail is repeated at most once: if we crash at the wrong moment it may arrive twice.
    """

    goes_wrong = ("A lead without an address is skipped, and so is a mail to a suppressed address; both go on.",)

    template: str = Field(title="Template", min_length=1, json_schema_extra={"reference": "template"})
    class_: Literal["marketing", "transactional"] | None = Field(None, alias="class", title="Class")
    sender: str | None = Field(None, title="Sender", description="Empty: the installation's own sender")

    def references(self) -> list[Reference]:
        return [Reference("template", self.template, "/template")]

    def check(self, vocabulary: Vocabulary) -> list[Problem]:
        return [Problem("/sender", "senders of your own are not available yet")] if self.sender else []

    def summary(self, vocabulary: Vocabulary) -> str:
        return vocabulary.templates.get(self.template, self.template)

    def prepare(self, vocabulary: Vocabulary) -> Decider:
        mail_class = self.class_ or vocabulary.template_classes.get(self.template, "marketing")
        perform = Perform(SendEmail(self.template, mail_class), {"template": self.template})
        without = Done(outcome="skipped", receipt={"reason": "the lead has no email address"})

        def decide(context: Context) -> Outcome:
            return perform if context.lead and context.lead.get("email") else without

        return decide
