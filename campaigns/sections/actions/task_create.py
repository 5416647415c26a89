"""task.create: a task for a member of the team."""

from typing import Any

from pydantic import Field

from campaigns.engine.duration import Duration
from campaigns.engine.effects import AddTask
from campaigns.engine.outcome import Done, Outcome
from campaigns.errors import Problem
from campaigns.personalise import compile_text
from campaigns.sections.base import Context, Decider, Reference, Section, Vocabulary, section
from campaigns.sections.values import LineValue, TextValue, check_templates, is_template

OWNER = "owner"
LONGEST_TITLE, LONGEST_TEXT = 200, 4000  # characters, also of what a template gives
UNTITLED = "Untitled task"
_PEOPLE = {"reference": "user", "besides": {OWNER: "The lead's owner"}}


@section("task.create", role="action", label="Create task", group="lead")
class TaskCreate(Section):
    """Gives the lead's owner, or one member, something to do about the lead, with a date by which it is due.

    Without an owner the task is nobody's yet, and stands among all tasks. The time until it is due begins when the
    section runs; months, weeks and days keep the time on the clock.
    """

    goes_wrong = (
        "For a lead without an owner the task is nobody's.",
        "A title that a template makes longer than 200 characters is cut.",
    )

    title: LineValue = Field(title="What is to be done")
    text: TextValue | None = Field(None, title="Details")
    assignee: str = Field(OWNER, title="For", min_length=1, json_schema_extra=_PEOPLE)  # type: ignore[arg-type]
    due_in: Duration | None = Field(None, title="Due in")

    def references(self) -> list[Reference]:
        return [] if self.assignee == OWNER else [Reference("user", self.assignee, "/assignee")]

    def check(self, vocabulary: Vocabulary) -> list[Problem]:
        texts = (("/title", self.title), ("/text", self.text))
        return [problem for path, value in texts for problem in check_templates(value, path, vocabulary)]

    def summary(self, vocabulary: Vocabulary) -> str:
        title = self.title["template"] if isinstance(self.title, dict) else self.title
        person = "the owner" if self.assignee == OWNER else vocabulary.users.get(self.assignee, self.assignee)
        due = f", due in {self.due_in.words()}" if self.due_in is not None else ""
        return f"“{title}” for {person}{due}"

    def prepare(self, vocabulary: Vocabulary) -> Decider:
        title, text = _Writer(self.title), _Writer(self.text)

        def decide(context: Context) -> Outcome:
            if context.subject is None:
                return Done(outcome="skipped")
            values = context.values() if title.templated or text.templated else {}
            (line, lost), (details, also_lost) = title.write(values), text.write(values)
            line = " ".join(line.split())[:LONGEST_TITLE] or UNTITLED
            task = AddTask(line, details[:LONGEST_TEXT], self._person(context), self._due(context))
            return Done((task,), _receipt(task, (*lost, *also_lost)))

        return decide

    def _person(self, context: Context) -> str | None:
        return (context.lead or {}).get("owner") if self.assignee == OWNER else self.assignee

    def _due(self, context: Context) -> Any:
        return self.due_in.add_to(context.now, context.time_zone) if self.due_in is not None else None


class _Writer:
    """Writes a text that is literal or a template, compiled once a version."""

    def __init__(self, value: Any) -> None:
        self.templated = is_template(value)
        self._literal = "" if self.templated or value is None else value
        self._text = compile_text(value["template"]) if self.templated else None

    def write(self, values: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
        """Return the text, and the variables that had no value."""
        return self._text.render(values) if self._text is not None else (self._literal, ())


def _receipt(task: AddTask, missing: tuple[str, ...]) -> dict[str, Any]:
    receipt: dict[str, Any] = {"title": task.title, "assignee": task.assignee}
    if task.due_at is not None:
        receipt["due_at"] = task.due_at.isoformat().replace("+00:00", "Z")
    return receipt | ({"missing": list(missing)} if missing else {})
