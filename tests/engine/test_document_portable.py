"""Documents survive export and import: drawn ones of all section types, with any texts, as JSON and in this program."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.engine.document import Document, walk
from campaigns.engine.json_text import read_json
from campaigns.engine.validation import find_problems, parse
from tests.engine.drawn_documents import Drawn
from tests.support.lines import Line
from tests.support.programs import KINDS, VOCABULARY

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=200)


def exported(document):
    """Write a document as the command line and the API do, and read it again."""
    return read_json(json.dumps(document, ensure_ascii=False))


def through_the_model(raw):
    document = parse(raw, KINDS)
    return json.loads(document.model_dump_json(by_alias=True, exclude_unset=True))


@pytest.mark.parametrize("block", range(4))
def test_drawn_documents_come_back_as_they_were_and_do_the_same(block):
    for seed in range(block * 50, block * 50 + 50):
        drawn = Drawn(random.Random(seed))
        again = exported(drawn.raw)
        assert again == drawn.raw, f"seed {seed}"
        assert through_the_model(again) == drawn.raw, f"seed {seed}"
        assert parse(again, KINDS) == parse(drawn.raw, KINDS)
        assert Line(*again["sections"]).steps == Line(*drawn.raw["sections"]).steps


@settings(deadline=None)
@given(seed=st.integers(0, 10_000), name=TEXTS, note=TEXTS, value=TEXTS)
def test_texts_and_values_of_people_come_back_as_they_were(seed, name, note, value):
    raw = Drawn(random.Random(seed)).raw
    raw["sections"][0] |= {"name": name, "note": note}
    raw["triggers"][0] |= {"name": name, "disabled": False}
    raw["sections"].append({"id": "last", "type": "state.set", "config": {"values": {"kept": value}}})
    again = exported(raw)
    assert again == raw
    assert through_the_model(again) == raw


@pytest.mark.parametrize("seed", range(20))
def test_what_is_left_out_and_what_stands_for_itself_mean_the_same(seed):
    """A document with every default written out is the same document, has the same problems and the same ids."""
    raw = Drawn(random.Random(seed)).raw
    short = parse(raw, KINDS)
    whole = Document.model_validate_json(short.model_dump_json(by_alias=True))
    assert whole == short
    written = parse(json.loads(whole.model_dump_json(by_alias=True)), KINDS)
    assert [one.id for one, _, _ in walk(written.sections)] == [one.id for one, _, _ in walk(short.sections)]
    assert find_problems(written, KINDS, VOCABULARY) == find_problems(short, KINDS, VOCABULARY) == []
