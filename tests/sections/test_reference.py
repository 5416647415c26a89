"""The reference of workflows: complete, with examples that work, and never behind the code."""

import importlib.util
import json

import pytest

from campaigns.engine.validation import find_problems, parse
from campaigns.sections.examples import CONFIGS, example
from campaigns.sections.registry import kinds
from tests.support.programs import VOCABULARY
from tests.support.sources import ROOT

REFERENCE = ROOT / "docs" / "reference"


@pytest.fixture(scope="module")
def pages():
    spec = importlib.util.spec_from_file_location("reference_script", ROOT / "scripts" / "reference.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script.workflow_pages()


@pytest.mark.parametrize("name", ["sections.md", "workflow-document.md", "events.md", "workflow.schema.json"])
def test_the_page_says_what_the_code_says(pages, name):
    assert (REFERENCE / name).read_text(encoding="utf-8") == pages[name], "run: make docs"


@pytest.mark.parametrize("name", sorted(kinds()))
def test_every_type_has_its_help_its_keys_and_a_valid_example(pages, name):
    kind = kinds()[name]
    part = pages["sections.md"].split(f"### `{name}`\n")[1].split("\n### ")[0]
    assert kind.help in " ".join(part.split())
    assert f"*{kind.label}*, {kind.role}." in part
    for key in kind.model.model_json_schema(by_alias=True).get("properties", {}):
        assert f"| `{key}` |" in part
    made = json.loads(part.split("```json\n")[1].split("```")[0])
    assert made == example(name, is_trigger=kind.is_trigger)
    raw = {"format": 1, "triggers": [made] if kind.is_trigger else [{"id": "t1", "type": "manual"}]}
    document = parse(raw | {"sections": [] if kind.is_trigger else [made]}, kinds())
    assert find_problems(document, kinds(), VOCABULARY) == []


def test_no_example_is_of_a_type_that_is_gone():
    assert set(CONFIGS) == set(kinds())


def test_every_operator_is_explained(pages):
    from typing import get_args

    from campaigns.engine.condition_values import Operator

    assert [name for name in get_args(Operator) if f"`{name}`" not in pages["workflow-document.md"]] == []
