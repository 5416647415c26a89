"""What conditions name, wherever a config holds one: lists and workflows that have to exist."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from campaigns.engine.condition_tree import Condition, ConditionNode, InList, InWorkflow, walk
from campaigns.engine.kinds import Section, Vocabulary
from campaigns.errors import Problem


def conditions_of(config: Section) -> list[tuple[str, Condition]]:
    """Return every condition of a config with its JSON Pointer inside of it, whatever its key is called."""
    return list(_conditions(config, ""))


def missing_names(condition: Condition, vocabulary: Vocabulary) -> list[Problem]:
    """Return a problem for each list or workflow that a condition names and the tenant does not have."""
    found = []
    for path, node in walk(condition):
        if isinstance(node, InList) and node.in_list not in vocabulary.lists:
            found.append(Problem(f"{path}/in_list", f"there is no list {node.in_list}"))
        elif isinstance(node, InWorkflow) and node.in_workflow not in vocabulary.workflows:
            found.append(Problem(f"{path}/in_workflow", f"there is no workflow {node.in_workflow}"))
    return found


def _conditions(value: object, path: str) -> Iterator[tuple[str, Condition]]:
    if isinstance(value, ConditionNode):
        yield path, value  # type: ignore[misc]  # the union of all its subclasses
    elif isinstance(value, BaseModel):
        for name, spec in type(value).model_fields.items():
            yield from _conditions(getattr(value, name), f"{path}/{spec.alias or name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _conditions(item, f"{path}/{index}")
