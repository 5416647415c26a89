"""A plugin to begin with: a module with one section type, registered as the built-ins are, its test and its page."""

from __future__ import annotations

import keyword
import re

from campaigns.cli.scaffold_texts import IMPORTS, PAGE, SHAPES, TEST, Shape
from campaigns.errors import Invalid, Problem

_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}\.[a-z][a-z0-9_]{0,40}")


def files_for(type_: str, shape: Shape = "action") -> dict[str, str]:
    """Return the files of a plugin with a section type of this name, by file name, the module first; raise Invalid."""
    if not _NAME.fullmatch(type_):
        message = "is two words with a dot between them, such as crm.send: small letters, digits and underscores"
        raise Invalid(problems=[Problem("TYPE", message)])
    module = type_.replace(".", "_")
    if keyword.iskeyword(module):
        module += "_"
    words = module.strip("_").split("_")
    texts = SHAPES[shape]
    names = {
        "type": type_,
        "module": module,
        "model": "".join(word.capitalize() for word in words),
        "label": type_.partition(".")[2].replace("_", " ").capitalize(),
        "example": texts.example,
    }
    test = TEST.format(**names, imports=IMPORTS[shape], tests=texts.tests.format(**names))
    return {
        f"{module}.py": texts.module.format(**names),
        f"test_{module}.py": test,
        f"{module}.md": PAGE.format(**names),
    }
