"""Whatever the description allows, and what it forbids, is sent to every call, and each answer is one that it names.

The same requests each time: the seed is fixed. Workflow documents are sent as any object, since the generator does not
follow their sections into each other; that documents are checked whole is tested with the engine's validation.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode, openapi
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup as CheckFailed
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = {GenerationMode.POSITIVE: 20, GenerationMode.NEGATIVE: 10}  # of every call


@pytest.fixture
def there(call) -> dict[str, Any]:
    """Return what the tenant has, by the name of a path's parameter; of keys, by noun."""
    lead = call("POST", "/leads", {"email": "a@example.com"}).json["id"]
    call.campaign.workflow([{"id": "s1", "type": "flow.delay", "config": {"duration": {"days": 1}}}])
    execution = call("POST", "/workflows/flow/executions", {"lead": lead}).json["id"]
    import_id = call.upload("email\nb@example.com\n").json["id"]
    call.campaign.run()
    call("POST", "/fields", {"key": "city", "name": "City"})
    keys = {"lists": "hot", "statuses": "lost", "fields": "city", "templates": "welcome", "workflows": "flow"}
    task = call("POST", "/tasks", {"lead": lead, "title": "Call"}).json["id"]
    moves = {"choices": [{"version": 1, "section": "s1", "choice": "leave"}]}
    move = call("POST", "/workflows/flow/moves", moves).json["id"]
    story = call("POST", "/workflows/flow/tests", {"name": "Story", "trial": {}, "blocks": False}).json["id"]
    admitted = call("POST", "/workflows/flow/activation", {"enter": "matching"}).json["admission"]["id"]
    return {
        "lead_id": lead,
        "admission_id": admitted,
        "turn": "activate",
        "story_id": story,
        "move_id": move,
        "task_id": task,
        "execution_id": execution,
        "import_id": import_id,
        "number": 1,
        "key": keys,
    }


@pytest.mark.parametrize("mode", list(EXAMPLES), ids=lambda mode: mode.value)
def test_every_call_answers_as_it_is_described(app, call, there, mode):
    same_each_time = settings(
        max_examples=EXAMPLES[mode],
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    wrong, tried = [], 0
    description = call("GET", "/openapi.json").json
    description["components"]["schemas"]["Document"] = {"type": "object"}
    schema = openapi.from_dict(description)
    schema.app = app
    for found in schema.get_all_operations():
        operation, tried = found.ok(), tried + 1
        cases = operation.as_strategy(generation_mode=mode)
        try:
            same_each_time(given(case=cases, is_there=st.booleans())(sender(call.key, there)))()
        except Unsatisfiable:
            assert not operation.definition.raw["parameters"]  # nothing wrong can be sent to what takes nothing
        except CheckFailed as failure:
            wrong.append(f"{operation.label}: {failure}")
    assert wrong == []
    assert tried == sum(len(calls) for calls in call("GET", "/openapi.json").json["paths"].values())


def sender(key: str, there: dict[str, Any]):
    def send(case, is_there: bool) -> None:
        if is_there:
            case.path_parameters = {name: known(there, name, case.path) for name in case.path_parameters or {}}
        case.call_and_validate(headers={"Authorization": f"Bearer {key}"}, checks=CHECKS)

    return send


def known(there: dict[str, Any], name: str, path: str) -> Any:
    found = there[name]
    return found[path.split("/")[3]] if isinstance(found, dict) else found
