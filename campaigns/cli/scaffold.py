"""A plugin to begin with: a module with one section type, registered as the built-ins are."""

from __future__ import annotations

import keyword
import re

from campaigns.errors import Invalid, Problem

_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}\.[a-z][a-z0-9_]{0,40}")
_MODULE = '''"""{type}: say here what it does."""

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


def module_for(type_: str) -> tuple[str, str]:
    """Return the name and the text of a Python module with a section type of this name; raise Invalid."""
    if not _NAME.fullmatch(type_):
        message = "is two words with a dot between them, such as crm.send: small letters, digits and underscores"
        raise Invalid(problems=[Problem("TYPE", message)])
    name = type_.replace(".", "_")
    if keyword.iskeyword(name):
        name += "_"
    words = name.strip("_").split("_")
    model = "".join(word.capitalize() for word in words)
    label = type_.partition(".")[2].replace("_", " ").capitalize()
    return name, _MODULE.format(type=type_, label=label, model=model)
