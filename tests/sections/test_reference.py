"""The reference of workflows: complete, with examples that work, and never behind the code."""

import importlib.util
import json
import re

import pytest

from campaigns.engine.validation import find_problems, parse
from campaigns.sections.describing import describe
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
    return script.pages()


WRITTEN = ["command-line.md", "events.md", "sections.md", "settings.md", "workflow-document.md", "workflow.schema.json"]


def test_every_page_is_written_by_code_but_two(pages):
    by_hand = {"README.md", "components.md"}
    assert sorted(pages) == WRITTEN
    assert {path.name for path in REFERENCE.iterdir()} == by_hand | set(pages)


@pytest.mark.parametrize("name", WRITTEN)
def test_the_page_says_what_the_code_says(pages, name):
    assert (REFERENCE / name).read_text(encoding="utf-8") == pages[name], "run: make docs"


@pytest.mark.parametrize("name", sorted(kinds()))
def test_every_type_has_all_that_its_docs_promise(pages, name):
    kind = kinds()[name]
    part = pages["sections.md"].split(f"### `{name}`\n")[1].split("\n### ")[0]
    assert kind.help in " ".join(part.split())
    assert f"*{kind.label}*, {kind.role}." in part
    for key in kind.model.model_json_schema(by_alias=True).get("properties", {}):
        assert f"| `{key}` |" in part
    assert "What can go wrong:\n\n- " in part
    made, schema = (json.loads(text.split("```")[0]) for text in part.split("```json\n")[1:])
    assert find_problems(parse(made, kinds()), kinds(), VOCABULARY) == []
    items = made["triggers" if kind.is_trigger else "sections"]
    assert items == [example(name, is_trigger=kind.is_trigger)]
    assert schema["properties"] if "| key |" in part else schema["type"] == "object"


@pytest.mark.parametrize("name", sorted(kinds()))
def test_what_a_schema_refers_to_stands_in_that_of_the_document(pages, name):
    whole = json.loads(pages["workflow.schema.json"])["$defs"]
    named = re.findall(r'"workflow\.schema\.json#/\$defs/([^"]+)"', describe(kinds()[name], kinds()).schema)
    assert [found for found in named if found not in whole] == []


def test_no_example_is_of_a_type_that_is_gone():
    assert set(CONFIGS) == set(kinds())


def test_every_operator_is_explained(pages):
    from typing import get_args

    from campaigns.engine.condition_values import Operator

    assert [name for name in get_args(Operator) if f"`{name}`" not in pages["workflow-document.md"]] == []
