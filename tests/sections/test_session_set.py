"""session.set: merges into the visit, and is skipped where there is none."""

from campaigns.engine.effects import SetSession
from campaigns.engine.outcome import Done
from campaigns.engine.validation import find_problems, parse
from tests.support.programs import KINDS, VOCABULARY, context, document, item
from tests.support.section_types import check_contract, decide

NAME = "session.set"


def test_the_contract():
    check_contract(NAME, "action", values={"a": 1, "b": {"template": "{{ event.x }}"}})


def test_it_merges_rendered_values():
    answer = decide(
        NAME, view=context(session={"id": "v1"}, event={"x": 7}), values={"a": {"template": "{{ event.x }}"}}
    )
    assert answer == Done((SetSession({"a": 7}),), {"values": {"a": 7}})


def test_without_a_visit_it_is_skipped_and_says_so():
    answer = decide(NAME, view=context(), values={"a": 1})
    assert (answer.outcome, answer.receipt) == ("skipped", {"reason": "the event came without a visit"})


def test_the_id_is_not_set():
    raw = parse(document(item(NAME, "s", values={"id": "x"})), KINDS)
    assert [problem.path for problem in find_problems(raw, KINDS, VOCABULARY)] == ["/sections/0/config/values/id"]
