"""Compiled versions, kept by (tenant, version): a version never changes, so a program is compiled once a process."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog
from sqlalchemy.engine import Connection

from campaigns.engine.compiling import compile_program
from campaigns.engine.document import Document
from campaigns.engine.kinds import FieldType, Kinds, Vocabulary
from campaigns.engine.program import Program
from campaigns.errors import CampaignsError
from campaigns.storage.queries.bulk import Native, fetch

log = structlog.get_logger()

_MOST = 512
_UNREADABLE = (CampaignsError, LookupError, TypeError, ValueError)
_NOTHING = Document(format=1)  # what stands for a version that can't be read: it starts nothing
Pinned = tuple[dict[str, Any], dict[str, str]]  # template versions and message classes, by template key


@dataclass(frozen=True, slots=True)
class Runnable:
    """A program with what its references were resolved to, by key; `broken` says why it can't be run.

    `key` is its workflow's; `templates` the template versions it sends from; `workflows` those it starts.
    """

    program: Program
    templates: dict[str, Any]
    broken: str | None = None
    key: str = ""
    workflows: dict[str, Any] = field(default_factory=dict)


class ProgramCache:
    """The programs of one process; the least recently used go first."""

    def __init__(self, kinds: Kinds) -> None:
        self._kinds = kinds
        self._programs: OrderedDict[tuple[Any, Any], Runnable] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, connection: Connection, tenant: Any, version_ids: Iterable[Any]) -> dict[Any, Runnable]:
        """Return the programs of these versions by version id; those not kept yet are loaded with two statements."""
        wanted = set(version_ids)
        with self._lock:
            found = {v: self._programs[tenant, v] for v in wanted if (tenant, v) in self._programs}
        missing = wanted - set(found)
        if missing:
            found |= self._load(connection, tenant, sorted(missing))
        return found

    def _load(self, connection: Connection, tenant: Any, version_ids: list[Any]) -> dict[Any, Runnable]:
        native = Native(connection)
        fields = _field_types(connection, tenant, native)
        references = _references(connection, tenant, version_ids)
        workflows = _started(connection, tenant, version_ids)
        loaded = {}
        for version_id, workflow_id, raw, key in fetch(connection, _VERSIONS, {"tenant": tenant}, ids=version_ids):
            templates, classes = references.get(version_id, ({}, {}))
            vocabulary = Vocabulary(fields=fields, template_classes=classes)
            make = partial(compile_program, kinds=self._kinds, vocabulary=vocabulary, version_id=version_id)
            broken = None
            try:
                program = make(Document.model_validate(native.from_json(raw)), workflow_id=workflow_id)
            except _UNREADABLE as error:  # one version must not stop the tenant's others
                log.exception("programs.broken", version=str(native.uuid(version_id)))
                broken = f"this version can't be read: {type(error).__name__}"
                program = make(_NOTHING, workflow_id=workflow_id)
            loaded[version_id] = Runnable(program, templates, broken, key, workflows.get(version_id, {}))
        with self._lock:
            for version_id, runnable in loaded.items():
                self._programs[tenant, version_id] = runnable
            while len(self._programs) > _MOST:
                self._programs.popitem(last=False)
        return loaded


_VERSIONS = """
    SELECT v.id, v.workflow_id, v.document, w.key
    FROM versions v JOIN workflows w ON w.tenant_id = v.tenant_id AND w.id = v.workflow_id
    WHERE v.tenant_id = :tenant AND v.id IN :ids
"""


def _started(connection: Connection, tenant: Any, version_ids: list[Any]) -> dict[Any, dict[str, Any]]:
    """Return the workflows that versions name, by version and key."""
    sql = """
        SELECT version_id, key, target_workflow_id FROM version_refs
        WHERE tenant_id = :tenant AND version_id IN :ids AND kind = 'workflow'
    """
    found: dict[Any, dict[str, Any]] = {}
    for version_id, key, workflow_id in fetch(connection, sql, {"tenant": tenant}, ids=version_ids):
        found.setdefault(version_id, {})[key] = workflow_id
    return found


def _field_types(connection: Connection, tenant: Any, native: Native) -> dict[str, FieldType]:
    rows = fetch(
        connection, "SELECT key, type, choices, name FROM lead_fields WHERE tenant_id = :tenant", {"tenant": tenant}
    )
    return {row[0]: FieldType(row[1], tuple(native.from_json(row[2]) or ()), row[3]) for row in rows}


def _references(
    connection: Connection, tenant: Any, version_ids: list[Any]
) -> dict[Any, tuple[dict[str, Any], dict[str, str]]]:
    """Return the pinned template versions and their classes, by workflow version."""
    sql = """
        SELECT r.version_id, r.key, r.template_version_id, t.class
        FROM version_refs r JOIN template_versions t ON t.tenant_id = r.tenant_id AND t.id = r.template_version_id
        WHERE r.tenant_id = :tenant AND r.version_id IN :ids AND r.kind = 'template'
    """
    found: dict[Any, Pinned] = {}
    for version_id, key, template_version_id, mail_class in fetch(connection, sql, {"tenant": tenant}, ids=version_ids):
        templates, classes = found.setdefault(version_id, ({}, {}))
        templates[key], classes[key] = template_version_id, mail_class
    return found
