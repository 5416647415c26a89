"""What an execution keeps in its state is kept as JSON that others read: times as RFC 3339 in UTC."""

from __future__ import annotations

from campaigns.storage.models import Execution, Step
from tests.support.campaign import Campaign
from tests.support.programs import item
from tests.support.sending import ANN


def test_a_template_that_is_one_tag_keeps_a_time_as_it_is_written_everywhere(campaign: Campaign, clock):
    values = {"alone": {"template": "{{ now }}"}, "within": {"template": "at {{ now }}"}}
    campaign.workflow([item("state.set", "s", values=values)])
    campaign.imports(f"email\n{ANN}\n")
    now = clock.now().isoformat().replace("+00:00", "Z")
    assert campaign.only(Execution).state == {"alone": now, "within": f"at {now}"}
    assert campaign.only(Step).receipt == {"values": {"alone": now, "within": f"at {now}"}}
