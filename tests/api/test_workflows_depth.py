"""A document as deep as it may be goes through the API, and one level more is told of where it stands."""

from __future__ import annotations

from typing import Any

import pytest

from campaigns.engine.document import MAX_DEPTH
from tests.support.lines import received
from tests.support.programs import item


def deep_condition() -> dict[str, Any]:
    made: dict[str, Any] = {"field": "lead.score", "op": "gte", "value": 1}
    for level in range(MAX_DEPTH - 1):
        made = {"all": [made]} if level % 2 else {"any": [made]}
    return made


def in_branches(id: str, within: dict[str, Any]) -> dict[str, Any]:
    return item("flow.if", id, condition={"has_tag": "vip"}, branches={"yes": [within]})


def in_listeners(id: str, within: dict[str, Any]) -> dict[str, Any]:
    made = item("log.note", id, text="x")
    return made | {"listeners": [{"id": f"t{id}", **received("bought"), "sections": [within]}]}


def nested(way, depth: int) -> dict[str, Any]:
    made = item("flow.if", "s1", condition=deep_condition())
    for number in range(2, depth + 1):
        made = way(f"s{number}", made)
    trigger = {"id": "t1", "type": "lead.created", "config": {}}
    return {"format": 1, "triggers": [trigger], "sections": [made]}


@pytest.mark.parametrize("way", [in_branches, in_listeners])
def test_sections_and_conditions_may_both_be_as_deep_as_they_are_promised_to(call, campaign, way):
    document = nested(way, MAX_DEPTH)
    answer = call("POST", "/workflows", {"name": "Deep", "document": document})
    assert answer.status_code == 201, answer.json
    key = answer.json["key"]
    assert call("GET", f"/workflows/{key}").json["document"]["sections"] == document["sections"]
    assert call("POST", f"/workflows/{key}/activation").status_code == 200
    campaign.imports("email\nann@example.com\n")
    assert call("GET", "/executions").json["items"][0]["status"] in {"finished", "listening"}


@pytest.mark.parametrize("way", [in_branches, in_listeners])
def test_one_level_more_is_a_problem_with_its_place(call, way):
    answer = call("POST", "/workflows", {"name": "Deep", "document": nested(way, MAX_DEPTH + 1)})
    assert answer.status_code == 422
    (problem,) = answer.json["error"]["problems"]
    assert problem["path"].startswith("/document/sections/0/")
    assert problem["message"] == f"sections are nested at most {MAX_DEPTH} deep"
