"""The docs of a section type: what is worked out of its model, of built-ins and of a plugin's alike."""

from typing import Any

import pytest
from pydantic import Field

from campaigns.engine.kinds import Kind
from campaigns.sections.base import Section
from campaigns.sections.describing import Setting, describe, markdown
from campaigns.sections.registry import kinds


class Crm(Section):
    """Sends the lead to the CRM.

    Once a day.
    """

    goes_wrong = ("The CRM may be closed.",)

    list: str = Field(title="List", json_schema_extra={"reference": "list"})
    times: int = Field(3, description="how often")

    def branches(self) -> tuple[str, ...]:
        return ("sent", "lost")


OWN: dict[str, Any] = {**kinds(), "crm.send": Kind("crm.send", "action", "Send to CRM", Crm, plugin="crm")}


def test_a_plugins_type_is_told_as_those_of_ours_are():
    docs = describe(OWN["crm.send"], OWN)
    assert docs.help == ("Sends the lead to the CRM.", "Once a day.")
    assert docs.settings == (
        Setting("List", "list", "key of a list", "required", ""),
        Setting("Times", "times", "whole number", "`3`", "how often"),
    )
    assert docs.wrong == (
        "A list that does not exist keeps the workflow from being activated.", "The CRM may be closed.",
    )  # fmt: skip
    assert (docs.branches, docs.example) == ("", "")  # nobody knows a config of it
    assert "Example:" not in markdown(docs)


@pytest.mark.parametrize(
    ("name", "branches"),
    [
        ("flow.if", "`yes`, `no`"),
        ("flow.switch", "one for each name in the config, `otherwise`"),
        ("flow.split", "one for each name in the config"),
        ("flow.fork", "as many as wanted, with names of their own"),
        ("list.add", ""),
        ("lead.created", ""),
    ],
)
def test_branches_are_named_where_the_type_names_them(name, branches):
    assert describe(kinds()[name], kinds()).branches == branches


@pytest.mark.parametrize("name", sorted(kinds()))
def test_every_type_of_ours_says_what_goes_wrong_in_sentences(name):
    wrong = kinds()[name].model.goes_wrong
    assert wrong
    assert [text for text in wrong if not text.endswith(".") or not text[0].isupper()] == []


def test_what_has_no_settings_says_so():
    assert "No settings." in markdown(describe(kinds()["flow.finish"], kinds()))
