"""The texts that `campaigns sections new` writes: for each shape a module and its test, and a page for people."""

from __future__ import annotations

from typing import Literal, NamedTuple

Shape = Literal["action", "perform", "condition", "trigger"]


class Texts(NamedTuple):
    """A module, the part of its test that is about what it does, and an example of its config as Python."""

    module: str
    tests: str
    example: str


_ACTION = '''"""{type}: say here what it does."""

from pydantic import Field

from campaigns.engine.effects import AddNote
from campaigns.engine.outcome import Done
from campaigns.sections.base import Decider, Section, Vocabulary, section


@section("{type}", role="action", label="{label}")
class {model}(Section):
    """Leaves a note on the lead's timeline. This sentence stands in the Section menu and in the docs."""

    text: str = Field(title="Text", min_length=1, max_length=4000)

    def summary(self, vocabulary: Vocabulary) -> str:
        return self.text

    def prepare(self, vocabulary: Vocabulary) -> Decider:
        done = Done((AddNote(self.text),))
        return lambda _context: done
'''
_ACTION_TESTS = """
def test_it_leaves_a_note():
    assert kit.decide("{type}", EXAMPLE).effects == (AddNote("Hello"),)
"""
_PERFORM = '''"""{type}: say here what it does."""

from pydantic import Field

from campaigns.sections.base import Vocabulary, section
from campaigns.sections.performing import Job, Needs, Performed, Performing, expect_ok


@section("{type}", role="action", label="{label}")
class {model}(Performing):
    """Posts a text to another system. This sentence stands in the Section menu and in the docs.

    What fails for good goes to "error".
    """

    needs = Needs(network=["*"], secrets=[], lead_fields=["email"], writes_lead=False)

    url: str = Field(title="Address", min_length=1, max_length=2000)
    text: str = Field(title="Text", min_length=1, max_length=4000)

    def branches(self) -> tuple[str, ...]:
        return ("done", "error")

    def summary(self, vocabulary: Vocabulary) -> str:
        return self.text

    def perform(self, job: Job) -> Performed:
        """May run more than once for one step: job.key, which the call carries, is the same then."""
        answer = expect_ok(job.send("POST", self.url, json={{"text": self.text, "lead": job.asked["lead"]["email"]}}))
        return Performed("done", receipt={{"status": answer.status}})
'''
_PERFORM_TESTS = """
def test_it_posts_the_text():
    run = kit.perform("{type}", EXAMPLE, answers=[answer(204)], lead={{"email": "bob@example.com"}})
    assert json.loads(run.sent[0].body) == {{"text": "Hello", "lead": "bob@example.com"}}
    assert run.outcome.name == "done"


def test_a_system_that_is_busy_is_asked_again():
    with pytest.raises(TryLater):
        kit.perform("{type}", EXAMPLE, answers=[answer(503)])
"""
_CONDITION = '''"""{type}: say here what it asks."""

from pydantic import Field

from campaigns.engine.outcome import Branch, Outcome
from campaigns.sections.base import Context, Section, Vocabulary, section


@section("{type}", role="condition", label="{label}")
class {model}(Section):
    """Tells leads by the domain of their address. This sentence stands in the Section menu and in the docs."""

    domain: str = Field(title="Domain", min_length=1, max_length=200)

    def branches(self) -> tuple[str, ...]:
        return ("yes", "no")

    def summary(self, vocabulary: Vocabulary) -> str:
        return f"address at {{self.domain}}"

    def decide(self, context: Context) -> Outcome:
        found = str((context.lead or {{}}).get("email") or "").rpartition("@")[2].lower()
        return Branch("yes" if found == self.domain.lower() else "no", {{"domain": found}})
'''
_CONDITION_TESTS = """
def test_it_tells_by_the_domain():
    assert kit.decide("{type}", EXAMPLE, lead={{"email": "a@Example.com"}}).name == "yes"
    assert kit.decide("{type}", EXAMPLE, lead={{"email": "a@example.org"}}).name == "no"
"""
_TRIGGER = '''"""{type}: say here what starts it."""

from pydantic import Field

from campaigns.engine.events import RECEIVED
from campaigns.sections.base import Context, Matcher, Trigger, Vocabulary, section

EVENT = "{type}"  # raised by campaigns.raising, by a perform, by the API, or by event.emit


@section("{type}", role="trigger", label="{label}")
class {model}(Trigger):
    """Starts when this plugin's event comes for a lead. This sentence stands in the menu and in the docs."""

    at_least: int = Field(0, title="At least", ge=0)

    def event_type(self) -> str:
        return RECEIVED + EVENT

    def summary(self, vocabulary: Vocabulary) -> str:
        return f"amount of at least {{self.at_least}}"

    def prepare_match(self, vocabulary: Vocabulary) -> Matcher:
        return self._matches

    def _matches(self, context: Context) -> bool:
        amount = context.event["properties"].get("amount", 0)
        return isinstance(amount, int | float) and amount >= self.at_least
'''
_TRIGGER_TESTS = """
def test_it_matches_by_the_amount():
    assert kit.matches("{type}", EXAMPLE, event={{"properties": {{"amount": 10}}}})
    assert not kit.matches("{type}", EXAMPLE, event={{"properties": {{"amount": 9}}}})
    assert not kit.matches("{type}", EXAMPLE, event={{"properties": {{}}}})
"""
_TEXT = '{"text": "Hello"}'
SHAPES: dict[Shape, Texts] = {
    "action": Texts(_ACTION, _ACTION_TESTS, _TEXT),
    "perform": Texts(_PERFORM, _PERFORM_TESTS, '{"url": "https://crm.example.com/notes", "text": "Hello"}'),
    "condition": Texts(_CONDITION, _CONDITION_TESTS, '{"domain": "example.com"}'),
    "trigger": Texts(_TRIGGER, _TRIGGER_TESTS, '{"at_least": 10}'),
}
_KIT = "from campaigns.sections.testing import Kit\n"
IMPORTS: dict[Shape, str] = {
    "action": f"from campaigns.engine.effects import AddNote\n{_KIT}",
    "perform": "import json\n\nimport pytest\nfrom campaigns.sections.performing import TryLater\n"
    "from campaigns.sections.testing import Kit, answer\n",
    "condition": _KIT,
    "trigger": _KIT,
}
TEST = '''"""What {type} promises and does. Run it with pytest."""

{imports}
import {module}

kit = Kit({module})
EXAMPLE = {example}


def test_it_keeps_what_every_type_promises():
    kit.check("{type}", EXAMPLE)


def test_a_config_that_is_empty_or_wrong_is_told():
    assert kit.problems("{type}", {{"unheard_of": 1}})["/unheard_of"] == "is not a known key"

{tests}'''
PAGE = """# {label}

Section type `{type}`. Say here, for those who build workflows, what it does, and what it needs.

```json
{{"id": "s1", "type": "{type}", "config": {example}}}
```

`campaigns sections show {type}` shows the config. To use it, put the folder of `{module}.py` on the `PYTHONPATH` and
name the module in `CAMPAIGNS_PLUGINS`, or make a package of it with the entry point:

```toml
[project.entry-points."campaigns.sections"]
{module} = "{module}"
```
"""
