"""Any rows, in chunks of any size, make the same leads as taking them one by one: judged by a naive interpreter."""

from __future__ import annotations

import csv
import io
import itertools
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from campaigns.imports.options import ImportOptions
from campaigns.services import import_chunks, imports
from campaigns.services.import_files import Uploads
from campaigns.storage.models import Import, Lead, LeadTag
from campaigns.storage.transaction import reading, writing
from campaigns.tenancy import Tenancy
from tests.support.campaign import new_tenant

NUMBERS = itertools.count()  # each example has a tenant of its own
ADDRESSES = ("", "a@x.test", "A@x.test", "b@x.test", "c@x.test")
ROWS = st.tuples(
    st.sampled_from(ADDRESSES), st.sampled_from(("", "1", "2", "3")), st.sampled_from(("", "Ann", "Bob")),
    st.sampled_from(("", "vip", "new")),
)  # fmt: skip


@dataclass
class Naive:
    """Leads in a list, looked through from one end to the other for every row."""

    updates: bool
    leads: list[dict[str, object]] = field(default_factory=list)
    counts: dict[str, int] = field(
        default_factory=lambda: {"created": 0, "updated": 0, "skipped": 0, "failed": 0, "rows": 0}
    )

    def take(self, email: str, external: str, name: str, tag: str) -> None:
        self.counts["rows"] += 1
        mine = self._find("external", external)
        holder = self._find("email", email.lower())
        lead = mine or holder
        known = holder is not None and external and holder["external"] and holder["external"] != external
        if (not email and not external) or (mine and holder and mine is not holder) or (mine is None and known):
            self.counts["failed"] += 1
        elif lead is None:
            self.counts["created"] += 1
            tags = {tag} - {""}
            self.leads.append({"email": email.lower(), "external": external, "name": name, "tags": tags})
        elif not self.updates:
            self.counts["skipped"] += 1
        else:
            self.counts["updated"] += 1
            lead["email"] = email.lower() or lead["email"]
            lead["external"] = external or lead["external"]
            lead["name"] = name or lead["name"]
            lead["tags"] = {*lead["tags"], tag} - {""}

    def _find(self, key: str, value: str) -> dict[str, object] | None:
        return next((lead for lead in self.leads if value and lead[key] == value), None)

    def seen(self) -> list[tuple[object, ...]]:
        return sorted((lead["email"], lead["external"], lead["name"], sorted(lead["tags"])) for lead in self.leads)


def csv_of(rows) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([("email", "external_id", "first_name", "tags"), *rows])
    return out.getvalue().encode()


def import_it(store, uploads, tenancy, rows, existing, size) -> Import:
    options = ImportOptions(existing=existing)
    with writing(store, tenancy) as session:
        entry = imports.upload(session, uploads, io.BytesIO(csv_of(rows)), file_name="x.csv", options=options)
        imports.start(session, uploads, entry.id, mapping=None, options=options, again=True)
    while import_chunks.run_chunk(store, uploads, tenancy.tenant_id, size=size):
        pass
    with reading(store, tenancy) as session:
        return imports.get_import(session, entry.id)


def leads_of(store, tenancy):
    with reading(store, tenancy) as session:
        tags: dict[object, list[str]] = {}
        for row in session.scalars(select(LeadTag)):
            tags.setdefault(row.lead_id, []).append(row.tag)
        return sorted(
            (lead.email_key or "", lead.external_id or "", lead.first_name or "", sorted(tags.get(lead.id, [])))
            for lead in session.scalars(select(Lead))
        )


@pytest.fixture
def uploads(tmp_path):
    return Uploads(tmp_path / "uploads")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    first=st.lists(ROWS, max_size=4), rows=st.lists(ROWS, max_size=12), existing=st.sampled_from(("update", "skip")),
    size=st.sampled_from((1, 2, 3, 1000)),
)  # fmt: skip
def test_any_rows_in_any_chunks_make_what_one_row_after_the_other_makes(store, uploads, first, rows, existing, size):
    tenancy = Tenancy(new_tenant(store, f"t{next(NUMBERS)}"))
    naive = Naive(updates=True)
    for row in first:
        naive.take(*row)
    import_it(store, uploads, tenancy, first, "update", 1)
    naive.updates = existing == "update"
    naive.counts = dict.fromkeys(naive.counts, 0)
    for row in rows:
        naive.take(*row)
    entry = import_it(store, uploads, tenancy, rows, existing, size)
    assert leads_of(store, tenancy) == naive.seen()
    assert {name: getattr(entry, name) for name in naive.counts} == naive.counts


@pytest.mark.parametrize("size", [1, 1000])
def test_an_address_that_a_row_gives_up_is_free_for_the_next(store, uploads, size):
    tenancy = Tenancy(new_tenant(store, "acme"))
    import_it(store, uploads, tenancy, [("a@x.test", "1", "Ann", "")], "update", 1)
    entry = import_it(store, uploads, tenancy, [("b@x.test", "1", "", ""), ("a@x.test", "", "New", "")], "update", size)
    assert (entry.created, entry.updated, entry.failed) == (1, 1, 0)
    assert leads_of(store, tenancy) == [("a@x.test", "", "New", []), ("b@x.test", "1", "Ann", [])]
