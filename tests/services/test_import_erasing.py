"""Erasing a person empties the refused rows that name them, and nobody else's."""

from __future__ import annotations

import pytest

from campaigns.services import leads
from campaigns.services.import_erasing import REASON
from campaigns.services.lead_erasure import erase_lead, erase_leads
from campaigns.storage.models import ImportProblem
from campaigns.storage.transaction import writing
from campaigns.tenancy import Tenancy
from tests.support.campaign import new_tenant


def lead(campaign, **values):
    with campaign.write() as session:
        return leads.create_lead(session, values).id


def rows(campaign) -> list[tuple[int, str, list[str], str]]:
    found = [(row.line, row.column, row.cells, row.reason) for row in campaign.all(ImportProblem)]
    return sorted(found, key=lambda row: row[0])


def erase(campaign, *ids) -> None:
    with campaign.write() as session:
        for lead_id in ids:
            erase_lead(session, lead_id)


@pytest.mark.parametrize(
    ("email", "cell"),
    [
        ("Ann@x.test", " aNN@X.test "),
        ("ann@x.test", "Ann <ann@x.test>"),
        ("ann@x.test", "'ann@x.test'"),
        ("a_n%n@x.test", "a_n%n@x.test"),
        ("o'neil@x.test", "o'neil@x.test"),
        ("ann@münchen.example", "ann@MÜNCHEN.example"),
        ("ann@münchen.example", "ann@xn--mnchen-3ya.example"),
    ],
)
def test_refused_rows_with_the_address_are_emptied(campaign, email, cell):
    lead_id = lead(campaign, email=email)
    campaign.imports(f'email,phone,score\n"{cell}",+4930123,many\nbob@x.test,,many\n')
    erase(campaign, lead_id)
    assert rows(campaign)[0] == (2, rows(campaign)[0][1], [], REASON)
    assert rows(campaign)[1][2] == ["bob@x.test", "", "many"]


def test_the_external_id_is_looked_for_in_its_own_column_and_in_reasons(campaign):
    seven = lead(campaign, external_id="7", email="seven@x.test")
    csv = "external_id,email,score,phone\n7,bad,1,\n8,bad,7,\n9,seven@x.test,1,\n7,,many,\n"
    campaign.imports(csv)
    campaign.imports("external_id,email\n9,Seven@x.test\n")
    erase(campaign, seven)
    assert [(line, cells) for line, _, cells, _ in rows(campaign)] == [
        (2, []), (2, []), (3, ["8", "bad", "7", ""]), (4, []), (5, []),
    ]  # fmt: skip
    assert "external id 7" not in repr(rows(campaign))


def test_many_leads_are_erased_at_once(campaign):
    ids = [lead(campaign, email=f"a{n}@x.test") for n in range(30)]
    campaign.imports("email,score\n" + "".join(f"a{n}@x.test,many\n" for n in range(31)))
    with campaign.write() as session:
        erase_leads(session, ids)
    assert [cells for _, _, cells, _ in rows(campaign) if cells] == [["a30@x.test", "many"]]


def test_another_tenants_rows_stay(campaign):
    campaign.imports("email,score\nann@x.test,many\n")
    other = Tenancy(new_tenant(campaign.store, "other"))
    with writing(campaign.store, other) as session:
        erase_lead(session, leads.create_lead(session, {"email": "ann@x.test"}).id)
    assert rows(campaign)[0][2] == ["ann@x.test", "many"]
