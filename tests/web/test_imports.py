"""Importing from the browser: file, preview, mapping, progress, report."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import select

from campaigns.storage.models import Import, Lead
from campaigns.storage.transaction import reading, writing
from campaigns.tenancy import Tenancy
from tests.support.lead_pages import empty_tenant

CSV = b"Mail,Vorname,Punkte\nann@example.com,Ann,72\nnobody,X,1\n"


@pytest.fixture
def acme(store):
    return empty_tenant(store)


@pytest.fixture
def client(acme, signed_in):
    return signed_in(acme, "editor")


@pytest.fixture
def base(acme):
    return f"/t/{acme.key}/imports"


def upload(client, base, data=CSV, status=303):
    page = client.get(f"{base}/new")
    return client.submit(page, "main form", file=(io.BytesIO(data), "leads.csv"), status=status)


def leads(store, acme):
    with reading(store, Tenancy(acme.tenant_id)) as session:
        return session.scalars(select(Lead)).all()


def test_a_file_is_previewed_with_suggested_columns_before_anything_happens(client, base, store, acme):
    upload(client, base)
    page = client.follow()
    chosen = [option["value"] for option in page.select("select[name=field] option[selected]")]
    assert chosen == ["email", "first_name", "score"]
    assert "ann@example.com" in page.get_text()
    assert leads(store, acme) == []


def test_the_import_runs_and_its_report_names_line_column_and_reason(client, base, store, acme):
    upload(client, base)
    page = client.follow()
    client.submit(page, "main form")
    report = client.follow().get_text(" ", strip=True)
    assert "Refused rows" in report
    assert "3 Mail is not an email address" in report
    assert [(lead.email, lead.score) for lead in leads(store, acme)] == [("ann@example.com", 72)]


def test_a_column_can_be_left_out(client, base, store, acme):
    upload(client, base)
    client.submit(client.follow(), "main form", field=["email", "first_name", ""])
    assert [lead.score for lead in leads(store, acme)] == [0]


def test_a_mapping_without_an_address_is_refused_and_nothing_is_lost(client, base, store, acme):
    upload(client, base)
    page = client.submit(client.follow(), "main form", field=["", "first_name", "score"], status=422)
    assert "no column holds the email address" in page.get_text()
    assert leads(store, acme) == []


def test_c35_the_same_file_within_the_hour_is_asked_about(client, base, store, acme):
    for _ in range(2):
        upload(client, base)
        page = client.follow()
        if not leads(store, acme):
            client.submit(page, "main form")
    asked = client.submit(page, "main form", status=422)
    assert asked.select_one("input[name=again]") is not None
    client.submit(asked, "main form", again="true")


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 zipped"])
def test_what_is_no_csv_is_refused_with_the_reason(client, base, data):
    page = upload(client, base, data, status=422)
    assert page.select_one(".field-error") is not None


def test_refused_rows_can_be_downloaded(client, base):
    upload(client, base)
    client.submit(client.follow(), "main form")
    link = client.follow().select_one("a[href$='errors.csv']")["href"]
    answer = client.raw.get(link)
    assert answer.mimetype == "text/csv"
    assert "nobody" in answer.text


def test_viewers_see_imports_but_start_none(acme, signed_in, base):
    viewer = signed_in(acme, "viewer")
    viewer.get(base)
    viewer.get(f"{base}/new", status=403)


def imported(client, base):
    upload(client, base)
    client.submit(client.follow(), "main form")
    return client.follow()


def test_an_import_is_undone_after_a_question_with_real_numbers(client, base, store, acme):
    page = imported(client, base)
    question = client.get(page.select_one("a[href$='/undo']")["href"])
    assert "1 lead that the import made is removed" in question.get_text(" ", strip=True)
    assert len(leads(store, acme)) == 1
    client.submit(question, "main form")
    report = client.follow()
    assert "1 new lead removed" in report.get_text(" ", strip=True)
    assert report.select_one("a[href$='/undo']") is None
    assert leads(store, acme) == []


def test_what_was_undone_already_says_so(client, base):
    question = client.get(imported(client, base).select_one("a[href$='/undo']")["href"])
    client.submit(question, "main form")
    client.submit(question, "main form")
    assert "undone already" in client.follow().get_text()


def test_viewers_undo_nothing(client, acme, signed_in, base):
    address = imported(client, base).select_one("a[href$='/undo']")["href"]
    viewer = signed_in(acme, "viewer")
    viewer.get(address, status=403)
    assert viewer.get(address.removesuffix("/undo")).select_one("a[href$='/undo']") is None


def test_c26_a_request_that_is_too_large_by_its_own_word_is_refused_unread(client, base):
    page = client.get(f"{base}/new")
    token = page.select_one("main form input[name=csrf_token]")["value"]
    answer = client.raw.post(base, data={"csrf_token": token}, environ_overrides={"CONTENT_LENGTH": str(6 * 1024**3)})
    assert answer.status_code == 413


def test_c34_the_preview_says_which_workflows_would_start(client, base):
    upload(client, base)
    page = client.follow()
    assert page.select_one("input[name=start_workflows]") is not None
    assert "No active workflow listens" in page.get_text()


def test_a_refused_start_and_an_undo_that_comes_too_late_load_again(client, base):
    upload(client, base)
    client.submit(client.follow(), "main form", field=["", "first_name", "score"], status=422)
    client.get(client.response.request.path, status=303)
    assert "Columns" in client.follow().get_text()
    question = client.get(imported(client, base).select_one("a[href$='/undo']")["href"])
    client.submit(question, "main form")
    client.get(question.address, status=303)
    assert "undone already" in client.follow().get_text()


def test_the_counts_add_up_to_the_rows_on_the_page_and_in_the_list(client, base):
    for more in (b"cid@example.com,Cid,1\n", b"cid@example.com,Cid,2\nbob@example.com,Bob,3\n"):
        upload(client, base, CSV + more)
        client.submit(client.follow(), "main form")
    page = client.follow()
    stats = {
        one.select_one(".stat-label").get_text(): one.select_one(".stat-value").get_text()
        for one in page.select(".stat")
    }
    told = {name: int(stats[name]) for name in ("Created", "Updated", "Unchanged", "Skipped", "Refused")}
    assert told == {"Created": 1, "Updated": 1, "Unchanged": 1, "Skipped": 0, "Refused": 1}
    cells = [cell.get_text(strip=True) for cell in client.get(base).select("tbody tr")[0].select("td.end")]
    assert cells == [str(count) for count in told.values()]


def test_the_list_says_how_an_import_stands_as_its_page_does(client, base, store, acme):
    page = imported(client, base)
    address = client.response.request.path
    with writing(store, Tenancy(acme.tenant_id)) as session:
        entry = session.scalars(select(Import)).one()
        entry.status, entry.position = "running", {**entry.position, "undo": {}}
    page, listed = client.get(address), client.get(base)
    words = [one.select_one(".state").get_text(strip=True) for one in (page.select_one("[role=status]"), listed)]
    assert words == ["Being undone", "Being undone"]


def test_an_address_that_only_takes_forms_says_so(client, base):
    page = client.get(f"{base}/".replace("imports/", "leads/bulk"), status=405)
    assert page.select_one(".error-status").get_text() == "Error 405"
    assert "could not be read" not in page.get_text()
