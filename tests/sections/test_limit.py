"""flow.limit: so many within a time pass, by keys of one's own; the others are blocked and do not count."""

import pytest

from campaigns.engine.validation import find_problems, parse
from campaigns.errors import Invalid
from tests.support.lines import Line, hours, note
from tests.support.programs import KINDS, VOCABULARY, document, item, lead, path, walk

EMAIL = {"template": "{{ lead.email }}"}


def limit(id="l", *, keys=("k",), times=1, branches=None, **more):
    config = {"keys": list(keys), "times": times, "within": {"hours": 2}} | more
    return item("flow.limit", id, branches=branches, **config)


def again(section, most):
    """Return a line that comes to a section every hour, so many times."""
    return Line(section, hours("d"), item("flow.goto", "g", section="l", max_visits=most))


def receipts(line):
    return [receipt for _, section, _, receipt in line.execution.steps if section == "l"]


def outcomes(line):
    return [outcome for section, outcome in line.steps if section == "l"]


def test_so_many_pass_within_the_time_and_the_others_are_blocked():
    line = again(limit(times=1), 5)
    line.pass_time(hours=9)
    assert outcomes(line) == ["pass", "block", "pass", "block", "pass", "block"]


def test_each_way_has_a_branch_and_both_meet_again():
    ways = {"pass": [note("p")], "block": [note("b")]}
    line = Line(limit(branches=ways), limit("m", branches={"block": [note("c")]}), note("z"))
    assert line.steps == [("l", "pass"), ("p", "done"), ("m", "block"), ("c", "done"), ("z", "done")]


def test_the_receipt_tells_key_count_window_and_when_it_would_pass_again():
    line = again(limit(keys=["mail", EMAIL]), 1)
    line.pass_time(hours=2)
    base = {"key": ["mail", "ann@example.com"], "count": 1, "times": 1, "seconds": 7200}
    assert receipts(line) == [base, base | {"again_at": "2026-03-04T14:00:00Z"}]


def test_a_variable_without_a_value_counts_as_empty_and_is_named():
    line = Line(limit(keys=[{"template": "{{ lead.city }}"}]))
    assert receipts(line)[0] | {"count": 0} == {
        "key": [""], "count": 0, "times": 1, "seconds": 7200, "missing": ["lead.city"],
    }  # fmt: skip


def asked(**more):
    seen = []

    def limiter(limit):
        seen.append(limit)

    walk(limit(**more), limiter=limiter, subject=lead(city="x" * 2000, visits=3))
    return seen[0]


def test_keys_are_texts_whatever_their_values_are():
    assert asked(keys=["1", {"template": "{{ lead.visits }}"}, {"template": "{{ now }}"}]).key == (
        "1", "3", "2026-03-04T12:00:00Z",
    )  # fmt: skip


def test_a_long_key_is_kept_as_what_stands_for_it():
    (long,) = asked(keys=[{"template": "{{ lead.city }}"}]).key
    (other,) = asked(keys=[{"template": "{{ lead.city }}x"}]).key
    assert (len(long), long == other) == (64, False)


def test_the_scope_says_whose_counter_it_is():
    assert (asked().shared, asked(scope="tenant").shared) == (False, True)


def test_where_nobody_counts_it_passes():
    assert path(walk(limit())) == [("l", "pass")]


@pytest.mark.parametrize(
    ("config", "where"),
    [
        ({"keys": []}, "keys"),
        ({"keys": ["k"] * 11}, "keys"),
        ({"keys": [" "]}, "keys/0"),
        ({"keys": ["k" * 201]}, "keys/0"),
        ({"keys": [3]}, "keys/0"),
        ({"keys": [{"template": "{{ lead.email"}]}, "keys/0"),
        ({"times": 0}, "times"),
        ({"times": 10_001}, "times"),
        ({"times": "3"}, "times"),
        ({"times": True}, "times"),
        ({"within": {"hours": 0}}, "within"),
        ({"within": {"days": 800}}, "within"),
        ({"scope": "planet"}, "scope"),
        ({"ttl": 3}, "ttl"),
    ],
)
def test_what_makes_no_limit_is_refused_at_its_place(config, where):
    with pytest.raises(Invalid) as error:
        parse(document(limit(**config)), KINDS)
    assert [problem.path for problem in error.value.problems] == [f"/sections/0/config/{where}"]


def test_a_variable_that_cannot_be_is_a_problem_at_its_key():
    found = find_problems(parse(document(limit(keys=["k", {"template": "{{ led.email }}"}])), KINDS), KINDS, VOCABULARY)
    assert [(problem.path, problem.message) for problem in found] == [
        ("/sections/0/config/keys/1/template", "there is nothing called led.email")
    ]


def test_the_card_tells_number_time_and_keys():
    model = KINDS["flow.limit"].model.model_validate(limit(keys=["mail", EMAIL], times=3)["config"])
    assert model.summary(VOCABULARY) == "3 within 2 hours, by mail, {{ lead.email }}"
    assert model.branches() == ("pass", "block")
