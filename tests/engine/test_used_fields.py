"""What a document looks at: in conditions, settings and templates, of what the tenant has."""

from campaigns.engine.used_fields import find_used
from tests.support.programs import VOCABULARY

DOCUMENT = {
    "settings": {"keep_while": {"field": "lead.member", "op": "eq", "value": True}},
    "triggers": [
        {"id": "t1", "type": "event.received", "config": {"name": "go"},
         "filter": {"any": [{"field": "event.price", "op": "gt", "value": 1}, {"in_list": "hot"}]}},
    ],
    "sections": [
        {"id": "a", "type": "lead.add_tag", "config": {"tag": "x"}, "only_if": {"has_tag": "vip"}},
        {"id": "b", "type": "log.note", "config": {"text": "{{ lead.first_name }} {{ event.properties.plan }}"},
         "listeners": [{"id": "l", "type": "list.added", "config": {"list": "cold"}, "sections": [
             {"id": "c", "type": "flow.delay", "config": {"until_field": "lead.birthday"}},
             {"id": "d", "type": "log.note", "config": {"text": "{{ lead.nothing }}"}}]}]},
    ],
}  # fmt: skip


def test_everything_that_is_named_is_found_once():
    used = find_used(DOCUMENT, VOCABULARY)
    assert set(used.fields) == {"email", "first_name", "member", "birthday"}
    assert used.properties == ("plan", "price")
    assert used.lists == ("cold", "hot")
    assert used.tags == ("vip",)


def test_what_conditions_compare_is_told_apart():
    assert find_used(DOCUMENT, VOCABULARY).compared == {"member"}


def test_names_of_types_are_no_fields():
    assert find_used({"sections": [{"type": "lead.score", "config": {}}]}, VOCABULARY).fields == ("email",)
