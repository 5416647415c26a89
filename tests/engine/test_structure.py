"""Scopes: which forks and listeners a section stands in, and where a restart may go back to."""

import pytest

from campaigns.engine.structure import scopes
from campaigns.engine.validation import parse
from campaigns.errors import Invalid
from tests.support.lines import listener, note
from tests.support.programs import KINDS, document, item


def test_each_section_knows_the_forks_and_listeners_around_it():
    inner = item("flow.if", "i", condition={"all": []}, branches={"yes": [note("y")]})
    fork = item("flow.fork", "f", branches={"a": [inner], "b": []})
    heard = note("s") | {"listeners": [listener("t2", "x", note("l"))]}
    found = scopes(parse(document(fork, heard), KINDS), KINDS)
    assert found["f"] == found["s"] == ()
    assert found["y"] == found["i"] == (("fork", "f/a"),)
    assert found["l"] == (("listener", "t2"),)


def test_a_restart_goes_back_to_the_main_line_alone():
    fork = item("flow.fork", "f", branches={"a": [note("a1")]})
    spec = {"type": "event.received", "config": {"name": "x"}, "mode": "restart"}
    raw = document(fork, note("m"), triggers=[{"id": "t1", **spec, "section": "m"}])
    parse(raw, KINDS)
    raw["triggers"][0]["section"] = "a1"
    with pytest.raises(Invalid) as refused:
        parse(raw, KINDS)
    assert [problem.path for problem in refused.value.problems] == ["/triggers/0/section"]
