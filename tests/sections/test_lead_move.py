"""lead.move: what it answers. The moving itself is tested with the service."""

from campaigns.engine.effects import MoveLead
from campaigns.engine.outcome import Done, Fail, Wait
from tests.support.programs import LEAD_ID, NOW, context, item, lead, path, points, program, walk
from tests.support.section_types import check_contract, config, decide, errors, references, summary

NAME = "lead.move"
NORTH = {"tenant": "acme-north"}


def test_the_contract():
    check_contract(NAME, "action", **NORTH)
    assert list(errors(NAME)) == ["/tenant"]
    assert list(errors(NAME, tenant="")) == ["/tenant"]
    assert references(NAME, **NORTH) == {("tenant", "acme-north", "/tenant")}
    assert summary(NAME, **NORTH) == "To Acme North"


def test_a_lead_that_may_arrive_goes():
    assert decide(NAME, **NORTH) == Done((MoveLead("acme-north"),), NORTH)
    assert decide(NAME, view=context(arrivals={"acme-north": {}}), **NORTH) == Done((MoveLead("acme-north"),), NORTH)


def test_where_the_address_exists_nothing_moves():
    view = context(arrivals={"acme-north": {LEAD_ID: "email"}})
    assert decide(NAME, view=view, **NORTH) == Done(outcome="exists", receipt=NORTH | {"taken": "email"})


def test_a_tenant_that_is_not_in_the_tree_is_a_failure_with_its_name():
    answer = decide(NAME, view=context(arrivals={}), **NORTH)
    assert isinstance(answer, Fail)
    assert "acme-north" in answer.reason


def test_an_address_changed_just_before_is_asked_for_once_it_is_written():
    subject = lead()
    subject.set_value("email", "new@example.com")
    assert decide(NAME, subject, **NORTH) == Wait(NOW, NORTH)
    assert isinstance(config(NAME, **NORTH).resume(context()), Done)


def test_the_execution_ends_where_the_lead_goes():
    subject = lead()
    result = walk(item(NAME, "s1", **NORTH), points("s2"), subject=subject)
    assert path(result) == [("s1", "done")]
    assert (result.status, result.reason) == ("stopped", "moved")
    assert subject.moved_to == "acme-north"
    assert result.changes == []


def test_it_goes_on_where_nothing_moves():
    result = walk(item(NAME, "s1", **NORTH), points("s2"), arrivals={"acme-north": {LEAD_ID: "email"}})
    assert path(result) == [("s1", "exists"), ("s2", "done")]
    assert result.status == "finished"


def test_a_program_says_where_its_leads_may_go():
    assert program(item(NAME, **NORTH)).data.tenants == {"acme-north"}
    assert program(points("s1")).data.tenants == set()
