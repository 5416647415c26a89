"""The form of an import's preview: what was chosen in it, and what it shows."""

from __future__ import annotations

from typing import Any

from flask import request
from pydantic import ValidationError

from campaigns.engine.validation import problems_of
from campaigns.errors import CampaignsError, Invalid
from campaigns.imports.encodings import OFFERED
from campaigns.imports.options import ImportOptions
from campaigns.imports.reader import Sample
from campaigns.services import imports, vocabulary
from campaigns.services.import_progress import listening
from campaigns.storage.models import Import
from campaigns.storage.transaction import TenantSession
from campaigns.web.requests import current

NEW = "+"  # a column's choice: a new text field of the column's name
SEPARATORS = {",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Pipe"}
ENCODINGS = {
    "utf_8": "UTF-8", "utf_16_le": "UTF-16", "utf_16_be": "UTF-16, big-endian", "cp1252": "Western (Windows-1252)",
    "iso8859_1": "Western (ISO 8859-1)", "iso8859_15": "Western (ISO 8859-15)",
    "iso8859_2": "Central European (ISO 8859-2)",
    "cp1250": "Central European (Windows-1250)", "cp1251": "Cyrillic (Windows-1251)", "koi8_r": "Cyrillic (KOI8-R)",
    "cp1253": "Greek (Windows-1253)", "cp1254": "Turkish (Windows-1254)", "cp1256": "Arabic (Windows-1256)",
    "mac_roman": "Western (Mac)", "cp437": "DOS (437)", "cp850": "DOS (850)", "shift_jis": "Japanese (Shift JIS)",
    "cp932": "Japanese (Windows-932)", "euc_jp": "Japanese (EUC-JP)", "gb18030": "Chinese (GB 18030)",
    "gbk": "Chinese (GBK)",
    "big5": "Chinese (Big5)", "euc_kr": "Korean (EUC-KR)",
}  # fmt: skip
DATES = (
    ("", "2026-12-31 (ISO)"), ("DD.MM.YYYY", "31.12.2026"), ("DD/MM/YYYY", "31/12/2026"), ("DD-MM-YYYY", "31-12-2026"),
    ("MM/DD/YYYY", "12/31/2026"), ("MM-DD-YYYY", "12-31-2026"), ("YYYY/MM/DD", "2026/12/31"),
    ("YYYY.MM.DD", "2026.12.31"), ("excel", "Excel day numbers"),
)  # fmt: skip
SHOWN_ROWS = 5


def read_options() -> ImportOptions:
    """Return the options that were sent; raise Invalid with problems by the option's name."""
    form = request.form
    given: dict[str, Any] = {
        name: form.get(name) or None for name in ("encoding", "separator", "date_format", "list")
    } | {name: form[name] for name in ("existing", "decimal") if name in form}
    ticks = {name: form.get(name) == "true" for name in ("header", "start_workflows")}
    try:
        return ImportOptions.model_validate({**given, **ticks, "create_fields": NEW in form.getlist("field")})
    except ValidationError as error:
        raise Invalid(problems=problems_of(error, "")) from None


def read_choices() -> dict[str, str]:
    """Return what was chosen for each column: a field's key, NEW, or nothing."""
    return dict(zip(request.form.getlist("column"), request.form.getlist("field"), strict=False))


def mapping_of(choices: dict[str, str]) -> dict[str, str | None]:
    """Return the choices as a mapping: a new field is asked for by its column's own name."""
    return {column: column if choice == NEW else choice or None for column, choice in choices.items()}


def preview(
    session: TenantSession,
    entry: Import,
    options: ImportOptions,
    *,
    choices: dict[str, str] | None = None,
    error: CampaignsError | None = None,
) -> dict[str, Any]:
    """Return what the preview shows: the file as these options read it, and where its columns go."""
    sample = imports.look(current.runtime.uploads, session.tenant_id, entry.id, options)
    header = sample.columns(header=options.header)
    suggested = imports.suggest_mapping(session, sample, options)
    chosen = {name: suggested.get(name) or "" for name in header}
    chosen |= {name: choice for name, choice in (choices or {}).items() if name in chosen}
    return {
        "entry": entry, "sample": sample, "header": header, "options": options, "chosen": chosen, "error": error,
        "rows": _rows(sample, options), "problems": _by_column(error), "new": NEW, "listening": listening(session),
        "fields": [(spec.key, spec.label or spec.key) for spec in imports.field_specs(session)],
        "lists": [(row.key, row.name) for row in vocabulary.list_lists(session)], "separators": SEPARATORS,
        "encodings": {name: ENCODINGS.get(name, name) for name in OFFERED}, "dates": DATES,
    }  # fmt: skip


def _rows(sample: Sample, options: ImportOptions) -> tuple[tuple[str, ...], ...]:
    """Return the first rows that would be imported."""
    rows = sample.rows if options.header else (sample.first_row, *sample.rows)
    return rows[:SHOWN_ROWS]


def _by_column(error: CampaignsError | None) -> dict[str, str]:
    """Return what is wrong with a column, by its name."""
    paths = [(problem.path.split("/"), problem.message) for problem in (error.problems if error else ())]
    return {
        path[2].replace("~1", "/").replace("~0", "~"): f"{message[:1].upper()}{message[1:]}."
        for path, message in paths
        if len(path) > 2 and path[1] == "mapping"
    }
