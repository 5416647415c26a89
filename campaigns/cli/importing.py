"""An import as commands start it, wait for it, and tell what became of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from campaigns.cli.output import print_table, progress
from campaigns.imports.options import ImportOptions
from campaigns.services import imports
from campaigns.services.quiet import settle
from campaigns.storage.models import Import
from campaigns.storage.transaction import TenantSession, reading, writing
from campaigns.tenancy import Tenancy

if TYPE_CHECKING:
    from campaigns.runtime import Runtime

COUNTS = ("rows", "created", "updated", "unchanged", "skipped", "failed", "started")
SHOWN = 100


def start_import(
    runtime: Runtime,
    tenancy: Tenancy,
    path: Path,
    *,
    mapping: dict[str, str | None] | None = None,
    options: ImportOptions,
    again: bool = False,
) -> Import:
    """Keep the file and queue its import, in one transaction; raise Invalid with problems, keeping nothing."""
    with path.open("rb") as file, writing(runtime.store, tenancy) as session:
        entry = imports.upload(session, runtime.uploads, file, file_name=path.name, options=options)
        try:
            return imports.start(session, runtime.uploads, entry.id, mapping=mapping, options=options, again=again)
        except BaseException:
            runtime.uploads.discard(tenancy.tenant_id, entry.id)
            raise


def wait_for(runtime: Runtime, tenancy: Tenancy, entry: Import) -> None:
    """Work, beside any other worker, until the import's rows are done and nothing they started is left to do now."""
    with progress(entry.file_name, length=entry.size) as show:

        def look() -> None:
            with reading(runtime.store, tenancy) as session:
                show(imports.get_import(session, entry.id).bytes_done)

        settle(runtime.store, tenancy.tenant_id, run_once=runtime.worker.run_once, looked=look)


def describe_import(session: TenantSession, import_id: UUID) -> dict[str, Any]:
    """Return an import with the first refused rows and its counts: as in the API, `updated` includes `unchanged`."""
    entry = imports.get_import(session, import_id)
    problems = imports.problems_of(session, import_id, limit=SHOWN)
    return {
        "id": entry.id,
        "status": entry.status,
        "reason": entry.reason,
        **{name: getattr(entry, name) for name in COUNTS},
        "problems": [{"line": one.line, "column": one.column, "reason": one.reason} for one in problems],
    }


def counts_shown(found: dict[str, Any]) -> dict[str, int]:
    """Return the counts as people read them: each row of the file is in one, so that they add up to `rows`."""
    return {name: found[name] for name in COUNTS} | {"updated": found["updated"] - found["unchanged"]}


def print_import(found: dict[str, Any]) -> None:
    """Print what became of an import: counts, then refused rows."""
    rows = [[name, str(count)] for name, count in counts_shown(found).items()]
    print_table(rows, heads=["import", found["status"]])
    if found["problems"]:
        rows = [[str(one["line"]), one["column"], one["reason"]] for one in found["problems"]]
        print_table(rows, heads=["line", "column", "reason"])
    if found["failed"] > len(found["problems"]):
        print_table([], heads=[f"… and {found['failed'] - len(found['problems'])} more"])
