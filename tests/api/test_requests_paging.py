"""Lists that are read whole page by the same cursor as all others, in their own order."""

import pytest


@pytest.fixture
def lists(call):
    for name in ("Beta", "alpha", "Delta", "Gamma", "Epsilon"):
        assert call("POST", "/lists", {"name": name}).status_code == 201
    return [item["key"] for item in call("GET", "/lists").json["items"]]


def walked(call, path, size):
    found, cursor = [], None
    for _ in range(20):
        answer = call("GET", f"{path}?limit={size}{f'&cursor={cursor}' if cursor else ''}").json
        assert len(answer["items"]) <= size
        found += [item.get("key", item.get("number")) for item in answer["items"]]
        cursor = answer["next"]
        if cursor is None:
            return found
    raise AssertionError("it pages for ever")


@pytest.mark.parametrize("size", [1, 2, 3, 500])
def test_pages_hold_everything_once_and_in_order(call, lists, size):
    assert walked(call, "/lists", size) == lists


@pytest.mark.parametrize("path", ["/statuses", "/fields", "/templates", "/workflows"])
def test_every_list_of_the_vocabulary_pages(call, path):
    call("POST", "/fields", {"name": "City"})
    call("POST", "/fields", {"name": "Size"})
    for name in ("One", "Two"):
        call("POST", "/workflows", {"name": name, "document": {"format": 1}})
    whole = [item["key"] for item in call("GET", path).json["items"]]
    assert len(whole) > (0 if path == "/templates" else 1)
    assert walked(call, path, 1) == whole


def test_what_is_deleted_between_two_pages_hides_nothing_else(call, lists):
    first = call("GET", "/lists?limit=2").json
    assert call("DELETE", f"/lists/{lists[1]}").status_code == 204
    rest = call("GET", f"/lists?limit=9&cursor={first['next']}").json
    assert [item["key"] for item in rest["items"]] == lists[2:]


def test_a_cursor_of_another_list_is_refused(call, lists):
    cursor = call("GET", "/lists?limit=2").json["next"]
    answer = call("GET", f"/statuses?limit=2&cursor={cursor}")
    assert (answer.status_code, answer.json["error"]["problems"][0]["path"]) == (422, "/cursor")


@pytest.mark.parametrize("size", ["0", "501", "x"])
def test_a_limit_out_of_range_is_refused(call, size):
    assert call("GET", f"/workflows?limit={size}").status_code == 422
