"""Files that are no documents: told in words with the place, whatever is in them."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 500 + b"1" + b"}" * 500, "nested more than 160 deep"),
        (b'{"format": 1, "format": 1}', "The key 'format' stands twice"),
        (b'{"format": NaN}', "NaN is not JSON"),
        (b'{"format": ' + b"9" * 5000 + b"}", "too large a number"),
        (b'{"format": 1,\n "x": }', "line 2, column 7"),
        (b'{"format": 1, "note": "\\ud800"}', "/note"),
        (b'{"format": 1, "note": "\\u0000"}', "/note"),
        (b"\xff\xfe{}", "no UTF-8 text"),
        (b"[]", "must begin with {"),
        (b"", "line 1, column 1"),
    ],
    ids=lambda value: repr(value[:20]),
)
def test_what_is_no_document_is_told_at_its_place(run, acme, tmp_path, content, told):
    path = tmp_path / "flow.json"
    path.write_bytes(content)
    result = run("workflow", "import", str(path), "--tenant", "acme")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert told in result.stderr
    assert run("workflow", "list", "--tenant", "acme", "--json").stdout.strip() == "[]"
