"""Imports through the API."""

from __future__ import annotations

from uuid import UUID


def test_an_import_counts_its_rows_and_what_it_started(call):
    call.campaign.workflow([{"id": "s1", "type": "flow.finish"}])
    answer = call.upload("email,score\na@example.com,1\nbad,2\nA@example.com,3\n")
    assert answer.status_code == 202
    assert answer.json["status"] == "pending"
    call.campaign.run()
    done = call("GET", f"/imports/{answer.json['id']}").json
    counts = {name: done[name] for name in ("status", "rows", "created", "updated", "skipped", "failed", "started")}
    assert counts == {
        "status": "done", "rows": 3, "created": 1, "updated": 1, "skipped": 0, "failed": 1, "started": 1,
    }  # fmt: skip
    assert done["problems"][0].items() >= {"line": 3, "column": "email"}.items()
    assert "bad" in call.client.get(done["errors_url"], headers={"Authorization": f"Bearer {call.key}"}).text


def test_an_unknown_column_is_refused_unless_fields_are_created(call):
    refused = call.upload("email,shoe size\na@example.com,43\n")
    assert refused.status_code == 422
    assert refused.json["error"]["problems"][0]["path"] == "/mapping/shoe size"
    assert call.upload("email,shoe size\na@example.com,43\n", options={"create_fields": True}).status_code == 202


def test_a_switch_starts_nothing(call):
    call.campaign.workflow([{"id": "s1", "type": "flow.finish"}])
    call.upload("email\na@example.com\n", options={"start_workflows": False})
    call.campaign.run()
    assert call("GET", "/executions").json["items"] == []


def test_what_is_no_csv_is_refused_at_once(call):
    assert call.upload("").status_code == 422
    assert call("POST", "/imports").status_code == 422


def test_another_tenants_import_does_not_exist(call, stranger):
    import_id = call.upload("email\na@example.com\n").json["id"]
    assert stranger("GET", f"/imports/{import_id}").status_code == 404
    assert stranger("POST", f"/imports/{import_id}/cancel").status_code == 404


def test_an_import_is_undone_and_says_what_became_of_its_leads(call):
    import_id = call.upload("email\na@example.com\nb@example.com\n").json["id"]
    refused = call("POST", f"/imports/{import_id}/undo")
    assert (refused.status_code, refused.json["error"]["code"]) == (409, "conflict")
    assert "pending" in refused.json["error"]["message"]
    call.campaign.run()
    lead_id = call("GET", "/leads?email=a@example.com").json["items"][0]["id"]
    call("PATCH", f"/leads/{lead_id}", {"first_name": "Ann"})
    undone = call("POST", f"/imports/{import_id}/undo")
    assert undone.status_code == 200
    assert undone.json["status"] == "undone"
    assert undone.json["undo"] == {"removed": 1, "restored": 0, "kept": 1}
    assert [lead["email"] for lead in call("GET", "/leads").json["items"]] == ["a@example.com"]
    assert call("POST", f"/imports/{import_id}/undo").status_code == 409


def test_a_large_undo_is_accepted_and_goes_on(call):
    import_id = call.upload("email\n" + "".join(f"a{n}@example.com\n" for n in range(600))).json["id"]
    call.campaign.run()
    answer = call("POST", f"/imports/{import_id}/undo")
    assert (answer.status_code, answer.json["status"]) == (202, "running")
    call.campaign.run()
    assert call("GET", f"/imports/{import_id}").json["undo"] == {"removed": 600, "restored": 0, "kept": 0}
    assert call("GET", "/leads").json["items"] == []


def test_an_undo_needs_the_right_and_the_tenant(call, call_with, stranger):
    import_id = call.upload("email\na@example.com\n").json["id"]
    assert call_with("imports.view")("POST", f"/imports/{import_id}/undo").status_code == 403
    assert stranger("POST", f"/imports/{import_id}/undo").status_code == 404
    assert call("POST", "/imports/no-such-id/undo").status_code == 404


def test_a_cancelled_import_keeps_no_file(call):
    import_id = UUID(call.upload("email\na@example.com\n").json["id"])
    path = call.campaign.uploads.path(call.campaign.tenancy.tenant_id, import_id)
    assert path.exists()
    assert call("POST", f"/imports/{import_id}/cancel").json["status"] == "cancelled"
    assert not path.exists()
