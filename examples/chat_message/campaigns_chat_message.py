"""chat.message: posts to a channel of a chat that takes messages by webhook, such as Slack or Mattermost."""

from collections.abc import Mapping
from typing import Any

from campaigns.errors import Problem
from campaigns.sections.base import Context, Vocabulary, section
from campaigns.sections.performing import Job, Needs, Performed, Performing, expect_ok
from campaigns.sections.values import TextValue, check_templates, getter, is_template
from pydantic import Field


@section("chat.message", role="action", label="Chat message", group="chat")
class ChatMessage(Performing):
    """Posts a message to a channel of a chat.

    The webhook's address is a secret: who knows it can post. Make one under Secrets, and name it here. The text may be
    a template, such as {"template": "{{ lead.email }} has bought"}. A chat that is busy or away is asked again for five
    minutes; then, or when it refuses, the message goes to "error".
    """

    # The host is the webhook's, which a tenant chooses; the text is a template, and may be about any field.
    needs = Needs(network=["*"], secrets=["webhook"], lead_fields="all", writes_lead=False)

    webhook: str = Field(
        title="Webhook",
        description="The secret that holds the webhook's address",
        min_length=1,
        json_schema_extra={"reference": "secret"},
    )
    text: TextValue = Field(title="Text")

    def branches(self) -> tuple[str, ...]:
        return ("sent", "error")

    def check(self, vocabulary: Vocabulary) -> list[Problem]:
        return check_templates(self.text, "/text", vocabulary)

    def summary(self, vocabulary: Vocabulary) -> str:
        return str(self.text["template"] if is_template(self.text) else self.text)

    def ask(self, context: Context) -> Mapping[str, Any]:
        """Hand over the finished text alone: the chat needs to know nothing else of the lead."""
        text, missing = getter(self.text)(context)
        return {"text": str(text), "missing": list(missing)}

    def perform(self, job: Job) -> Performed:
        answer = expect_ok(job.send("POST", job.secret(self.webhook), json={"text": job.asked["text"]}))
        missing = {"missing": job.asked["missing"]} if job.asked["missing"] else {}
        return Performed("sent", receipt={"status": answer.status, **missing})
