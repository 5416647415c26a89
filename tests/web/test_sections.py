"""The builder's dialogs: what may stand where, and one section with its form and JSON, checked by one model."""

from __future__ import annotations

import json

import pytest

from campaigns.sections.describing import describe
from campaigns.sections.registry import kinds
from tests.support.builder_pages import DOCUMENT, cards, change, save
from tests.support.lead_pages import empty_tenant


@pytest.fixture
def acme(store):
    return empty_tenant(store)


@pytest.fixture
def client(acme, signed_in):
    return signed_in(acme, "editor")


@pytest.fixture
def page(client, acme):
    """Return the builder of a workflow with a branch."""
    client.submit(client.get(f"/t/{acme.key}/workflows/-/new"), "main form", name="Welcome")
    return save(client, client.follow(), DOCUMENT)


@pytest.fixture
def here(acme):
    return f"/t/{acme.key}/workflows/welcome/sections"


def offered(page):
    return [name.get_text() for name in page.select(".kind-name")]


def on_json(client, page):
    """Return the dialog's page on its JSON tab."""
    return client.submit(page, "main form", go="json", status=200)


def test_the_menu_offers_what_may_stand_there_and_nothing_else(client, here, page):
    sections = offered(client.part(f"{here}?at=after:s2"))
    assert {"Delay", "If", "Send email", "Finish"} <= set(sections)
    assert "Lead created" not in sections
    assert set(offered(client.part(f"{here}?at=triggers"))) >= {"Lead created", "Added to list", "Started by hand"}
    assert "Finish" not in offered(client.part(f"{here}?at=start"))


def test_where_nothing_may_stand_the_menu_says_why(client, here, page):
    menu = client.part(f"{here}?at=after:s3")
    assert offered(menu) == []
    assert "Nothing comes after the end." in menu.get_text()


def test_a_place_that_is_gone_is_not_found(client, here, page):
    client.get(f"{here}?at=after:gone", status=404)
    client.get(f"{here}/gone", status=404)
    client.get(f"{here}/-/new?type=no.such&at=start", status=404)


def test_a_section_is_added_where_the_plus_stands(client, here, page):
    client.submit(client.get(f"{here}/-/new?type=lead.add_tag&at=after:s2"), "main form", **{"config.tag": "hot"})
    shown = client.follow()
    assert cards(shown) == ["Lead created", "If", "Set status", "Add tag", "Finish"]
    assert "hot" in shown.select("[data-section]")[3].get_text()


def test_a_section_that_needs_no_settings_is_added_by_pressing_add(client, here, page):
    client.submit(client.get(f"{here}/-/new?type=manual&at=triggers"), "main form")
    assert cards(client.follow())[:2] == ["Lead created", "Started by hand"]


def test_what_is_wrong_stands_at_its_field_and_nothing_is_added(client, here, page):
    form = client.get(f"{here}/-/new?type=lead.add_points&at=start")
    answer = client.submit(form, "main form", **{"config.points": "many"}, status=422)
    field = answer.select_one("[name='config.points']")
    assert field["aria-invalid"] == "true"
    assert "value" not in field.attrs or field["value"] == "many"
    assert cards(client.get(page.address)) == cards(page)


def test_form_and_json_are_the_same_data(client, here, page):
    form = client.get(f"{here}/-/new?type=lead.add_tag&at=start")
    text = client.submit(form, "main form", go="json", name="Mark", status=200, **{"config.tag": "hot"})
    assert json.loads(text.select_one("textarea[name=json]").get_text()) == {"name": "Mark", "config": {"tag": "hot"}}
    other = json.dumps({"name": "Mark", "config": {"tag": "cold"}})
    back = client.submit(text, "main form", go="form", json=other, status=200)
    assert back.select_one("[name='config.tag']")["value"] == "cold"
    docs = client.submit(text, "main form", go="docs", json=other, status=200)
    assert "Marks the lead with a tag" in docs.get_text()
    client.submit(docs, "main form")
    assert cards(client.follow())[1] == "Mark"


def test_a_key_that_the_form_cannot_show_stays_on_the_json_tab(client, here, page):
    tab = on_json(client, client.get(f"{here}/-/new?type=lead.add_tag&at=start"))
    text = '{"config": {"tag": "hot", "colour": "red"}}'
    answer = client.submit(tab, "main form", go="form", json=text, status=200)
    assert "/config/colour: is not a known key" in answer.get_text()
    assert answer.select_one("textarea[name=json]").get_text() == text


def test_the_docs_tab_says_what_the_reference_says(client, here, page):
    form = client.get(f"{here}/-/new?type=flow.switch&at=start")
    shown = client.submit(form, "main form", go="docs", status=200).select_one(".section-docs")
    docs = describe(kinds()["flow.switch"], kinds())
    assert docs.help
    said = " ".join(shown.get_text().split())
    texts = [*docs.help, *docs.wrong, docs.branches, docs.example, docs.schema]
    texts += [text for setting in docs.settings for text in (setting.label, setting.key, setting.value)]
    assert [text for text in texts if " ".join(text.replace("`", "").split()) not in said] == []
    assert shown.select("li code")[0].get_text() == "otherwise"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "This is not JSON"),
        ("[]", "must be an object"),
        ('{"config": {"tag": ""}}', "/config/tag"),
        ('{"config": {"tag": "x"}, "colour": 1}', "/colour"),
        ('{"type": "flow.if", "config": {"tag": "x"}}', "can't be changed here"),
    ],
)
def test_wrong_json_comes_back_as_it_was_typed_with_its_problem(client, here, page, text, problem):
    tab = on_json(client, client.get(f"{here}/-/new?type=lead.add_tag&at=start"))
    answer = client.submit(tab, "main form", json=text, status=422)
    assert problem in answer.get_text()
    assert answer.select_one("textarea[name=json]").get_text() == text


def test_editing_keeps_the_branches(client, here, page):
    client.submit(client.get(f"{here}/s1"), "main form", name="Hot lead?")
    assert cards(client.follow()) == ["Lead created", "Hot lead?", "Set status", "Finish"]


def test_a_dialog_that_was_open_while_another_changed_the_section_is_refused_and_loses_nothing(client, here, page):
    mine, theirs = client.get(f"{here}/s2"), client.get(f"{here}/s2")
    client.submit(theirs, "main form", name="Theirs")
    answer = client.submit(mine, "main form", name="Mine", status=422)
    assert "Somebody changed “Theirs” meanwhile" in answer.get_text()
    assert answer.select_one("[name=name]")["value"] == "Mine"
    assert "Theirs" in answer.select_one(".clash-text").get_text()
    client.submit(answer, "main form")
    assert "Mine" in cards(client.follow())


def test_two_people_who_change_different_sections_keep_both_changes(client, here, page):
    one, other = client.get(f"{here}/s1"), client.get(f"{here}/s2")
    client.submit(one, "main form", name="One")
    client.submit(other, "main form", name="Other")
    assert cards(client.follow()) == ["Lead created", "One", "Other", "Finish"]


def test_a_section_is_changed_without_scripts_too(client, here, page):
    client.submit(client.get(f"{here}/s2"), "form[action$='/changes']", do="duplicate")
    assert cards(client.follow()).count("Set status") == 2


def test_for_htmx_saving_closes_the_dialog_and_answers_the_builder(client, here, page):
    dialog = client.part(f"{here}/s2")
    values = {field["name"]: field.get("value", "") for field in dialog.select("input[name]")}
    values |= {"config.status": "customer"}
    part = client.part(f"{here}/s2", method="POST", data=values)
    assert "Customer" in part.select_one("#section-s2").get_text()
    assert client.response.headers["HX-Retarget"] == "#builder"
    assert json.loads(client.response.headers["HX-Trigger"])["closeModal"] is True


def test_viewers_look_at_a_section_and_cannot_save_it(here, page, acme, signed_in):
    viewer = signed_in(acme, "viewer")
    shown = viewer.get(f"{here}/s2")
    assert shown.select_one("fieldset[disabled]") is not None
    assert change(viewer, page, "delete", "s2", answer="refused") is not None
    viewer.get(f"{here}?at=start", status=403)


def test_what_no_database_can_keep_is_refused_at_its_path(client, here, page):
    tab = on_json(client, client.get(f"{here}/-/new?type=lead.add_tag&at=start"))
    answer = client.submit(tab, "main form", json='{"config": {"tag": "a\\u0000b"}}', status=422)
    assert "control character" in answer.get_text()
    assert cards(client.get(page.address)) == cards(page)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"config": {"points": ' + "9" * 5000 + "}}", '{"config": NaN}'])
def test_json_that_would_break_a_reader_is_refused(client, here, page, text):
    tab = on_json(client, client.get(f"{here}/-/new?type=lead.add_points&at=start"))
    client.submit(tab, "main form", json=text, status=422)
    client.submit(client.get(page.address + "/document"), "form[action$='/draft']", document=text, status=422)


def test_what_is_wrong_by_meaning_stands_at_its_field_and_may_be_saved_so(client, here, page):
    form = client.get(f"{here}/-/new?type=flow.if&at=start")
    created = {"config.condition.0.what": "lead.created_at", "config.condition.0.op": "before"}
    asked = client.submit(form, "main form", refresh="true", status=200, **created)
    answer = client.submit(asked, "main form", status=422, **{"config.condition.0.value": "yesterday"})
    assert "no date" in answer.select_one(".test .field-error").get_text()
    assert cards(client.get(page.address)) == cards(page)
    client.submit(answer, "main form")
    added = client.follow().select_one("[data-section]:has(.card-alert) a.card-name")["href"]
    assert "no date" in client.get(added).select_one(".test .field-error").get_text()


def test_another_mistake_than_the_one_that_was_seen_is_shown_again(client, here, page):
    form = client.get(f"{here}/-/new?type=lead.set_status&at=start")
    tab = on_json(client, form)
    seen = client.submit(tab, "main form", json='{"config": {"status": "gone"}}', status=422)
    other = client.submit(on_json(client, seen), "main form", json='{"config": {"status": "away"}}', status=422)
    assert cards(client.get(page.address)) == cards(page)
    client.submit(other, "main form")
    assert len(cards(client.follow())) == len(cards(page)) + 1
