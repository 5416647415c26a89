"""flow.split: weights are kept over many leads, and one lead always takes the same variant."""

from collections import Counter
from uuid import UUID

import pytest

from campaigns.engine.subject import Subject
from campaigns.engine.validation import parse
from campaigns.errors import Invalid
from tests.support.programs import KINDS, document, item, walk


def split(*weights, **more):
    variants = [{"name": f"v{n}", "weight": weight} for n, weight in enumerate(weights)]
    return item("flow.split", "s", variants=variants, **more)


def taken(section, number):
    lead = Subject(UUID(int=number), {"email": "a@example.com", "score": 0, "status": "new"})
    return walk(section, subject=lead).steps[0][2]


def test_the_shares_are_those_of_the_weights():
    found = Counter(taken(split(70, 20, 10), number) for number in range(4000))
    assert [round(found[f"v{n}"] / 40) for n in range(3)] == pytest.approx([70, 20, 10], abs=3)


def test_a_lead_always_takes_the_same_and_another_text_divides_anew():
    first = [taken(split(50, 50), number) for number in range(200)]
    assert first == [taken(split(50, 50), number) for number in range(200)]
    assert first != [taken(split(50, 50, salt="again"), number) for number in range(200)]


def test_a_weight_of_nothing_is_never_taken_and_all_of_it_always():
    assert {taken(split(0, 100), number) for number in range(300)} == {"v1"}
    assert {taken(split(100, 0), number) for number in range(300)} == {"v0"}


def test_thirds_add_up():
    assert {taken(split(33.333, 33.333, 33.333), number) for number in range(300)} == {"v0", "v1", "v2"}


def test_the_control_group_is_marked_in_the_receipt():
    variants = [{"name": "all", "weight": 0}, {"name": "none", "weight": 100, "control": True}]
    assert walk(item("flow.split", "s", variants=variants)).steps[0][3]["control"] is True


@pytest.mark.parametrize(
    "variants",
    [
        [{"name": "a", "weight": 60}, {"name": "b", "weight": 30}],
        [{"name": "a", "weight": 50}, {"name": "a", "weight": 50}],
        [{"name": "a", "weight": -10}, {"name": "b", "weight": 110}],
        [{"name": "", "weight": 100}],
        [],
        [{"name": "a", "weight": 50, "control": True}, {"name": "b", "weight": 50, "control": True}],
    ],
)
def test_what_does_not_add_up_is_refused(variants):
    with pytest.raises(Invalid):
        parse(document(item("flow.split", "s", variants=variants)), KINDS)
