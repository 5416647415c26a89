"""What trials of a document need, read once for any number of them: its program, the vocabulary, the clocks."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from campaigns.engine.business_hours import BusinessHours, read_hours
from campaigns.engine.compiling import compile_program
from campaigns.engine.document import Document, walk, walk_triggers
from campaigns.engine.kinds import Kinds, Trigger, Vocabulary
from campaigns.engine.matching import Enrolment
from campaigns.engine.outcome import Branch
from campaigns.engine.paths import Around
from campaigns.engine.program import Node, Program
from campaigns.engine.subject import Subject
from campaigns.engine.validation import find_problems, parse, typed
from campaigns.errors import Invalid, NotFound, Problem
from campaigns.ids import new_id
from campaigns.services import lead_values
from campaigns.services.drafts import types_in
from campaigns.services.execution_pages import Place, places_in
from campaigns.services.trial_specs import MadeUp
from campaigns.services.vocabulary import load_vocabulary
from campaigns.storage.models import Workflow
from campaigns.storage.queries import batch_reads as reads
from campaigns.storage.queries.bulk import Native
from campaigns.storage.transaction import TenantSession

SPLIT = "flow.split"
_STATUS = "new"


@dataclass(frozen=True)
class Bench:
    """A document ready to be tried. `problems`: by section or trigger id what is wrong with it, in sentences."""

    raw: dict[str, Any]
    document: Document
    program: Program
    kinds: Kinds
    vocabulary: Vocabulary
    places: dict[str, Place]
    problems: dict[str, list[str]]
    known: lead_values.Known
    tenant_zone: ZoneInfo
    hours: BusinessHours
    now: datetime

    def trigger(self, name: str) -> Trigger | None:
        """Return the config of a trigger by id, or by "section/name" what a section waits for."""
        for item, _ in walk_triggers(self.document):
            if item.id == name:
                return _as_trigger(typed(item, self.kinds))
        section, _, wanted = name.partition("/")
        for one, _, _ in walk(self.document.sections):
            config = typed(one, self.kinds) if one.id == section else None
            for wait in config.waits() if config is not None else ():
                if wanted in (wait.name, ""):
                    return _as_trigger(typed(wait.trigger, self.kinds))
        return None


def load_bench(session: TenantSession, raw: dict[str, Any], kinds: Kinds) -> Bench:
    """Return a document as it is ready to be tried, also one with problems: what can't run fails whom it meets."""
    document = parse(raw, kinds, known_before=types_in(raw))
    vocabulary = load_vocabulary(session)
    native = Native(session.connection())
    zone, settings, _ = reads.surroundings(session.connection(), native.id(session.tenant_id))
    return Bench(
        raw=raw,
        document=document,
        program=compile_program(document, kinds, vocabulary),
        kinds=kinds,
        vocabulary=vocabulary,
        places=places_in(raw, kinds),
        problems=_placed(document, find_problems(document, kinds, vocabulary)),
        known=lead_values.load_known(session),
        tenant_zone=ZoneInfo(zone),
        hours=read_hours(settings.get("business_hours")),
        now=session.now,
    )


def made_up_lead(bench: Bench, given: MadeUp, at: datetime) -> Subject:
    """Return a lead of these values, as creating one would make it; raise Invalid with problems by path."""
    custom = {key: value for key, value in given.values.items() if key in bench.vocabulary.fields}
    built_in = {key: value for key, value in given.values.items() if key not in custom}
    sent = built_in | {"fields": custom, "tags": given.tags, "lists": given.lists}
    try:
        checked = lead_values.check_lead(bench.known, sent)
    except Invalid as error:
        raise Invalid(error.message, problems=[_below(problem) for problem in error.problems]) from None
    status = _STATUS if _STATUS in bench.vocabulary.statuses else next(iter(bench.vocabulary.statuses), None)
    empty = dict.fromkeys(("email", "external_id", "first_name", "last_name", "phone", "owner"))
    values = {**empty, "status": status, "score": 0, "created_at": at, "updated_at": at}
    values |= checked.values | {key: value for key, value in checked.fields.items() if value is not None}
    return Subject(new_id(), values, tags=set(checked.tags or ()), lists=set(checked.lists or ()))


def real_lead(session: TenantSession, bench: Bench, lead_id: UUID) -> Subject:
    """Return a lead as it is, with all that the program looks at; raise NotFound."""
    connection = session.connection()
    native, tenant = Native(connection), Native(connection).id(session.tenant_id)
    key = native.id(lead_id)
    found = reads.subjects(connection, tenant, [key], reads.names(connection, tenant), lock=False)
    if key not in found:
        raise NotFound("There is no such lead.")
    reads.fill_lists(connection, tenant, found, bench.known.lists)
    reads.fill_tags(connection, tenant, found)
    found[key].id = lead_id
    return found[key]


def around_lead(session: TenantSession, workflow: Workflow, bench: Bench, lead_id: UUID, *, anew: bool) -> Around:
    """Return what stands around a lead: how often it was here, and what it has done."""
    connection = session.connection()
    native = Native(connection)
    tenant, key, here = native.id(session.tenant_id), native.id(lead_id), native.id(workflow.id)
    counted = {} if anew else reads.enrolments(connection, tenant, [key], [here])
    inside = reads.active_workflows(connection, tenant, [key]).get(key, set())
    names = sorted({name for name, _ in bench.program.data.activity})
    did = reads.activity(connection, tenant, [key], names).get(key, []) if names else []
    return Around(
        bench.tenant_zone,
        hours=bench.hours,
        enrolment=counted.get((here, key), Enrolment()),
        workflows=frozenset(inside - {workflow.key} if anew else inside),
        did=tuple(did),
    )


def with_variants(bench: Bench, chosen: Mapping[str, str]) -> Program:
    """Return the program with the variants of splits that were chosen; raise Invalid for one that is not there."""
    program, nodes = bench.program, list(bench.program.nodes)
    for index, (section, variant) in enumerate(chosen.items()):
        position = program.positions.get(section)
        item = next((one for one, _, _ in walk(bench.document.sections) if one.id == section), None)
        config = typed(item, bench.kinds) if item is not None and item.type == SPLIT else None
        if position is None or config is None or variant not in config.branches():
            raise Invalid(
                problems=[Problem(f"/splits/{section}", f"there is no variant {variant}, number {index + 1}")]
            )
        nodes[position] = _always(nodes[position], variant)
    return replace(program, nodes=tuple(nodes)) if chosen else program


def _always(node: Node, variant: str) -> Node:
    found = copy.copy(node)
    found.decide = lambda _context: Branch(variant, {"variant": variant, "chosen": True})
    return found


def _as_trigger(config: Any) -> Trigger | None:
    return config if isinstance(config, Trigger) else None


def _below(problem: Problem) -> Problem:
    """Tell a problem of a value by where it stands in the trial."""
    path = problem.path.replace("/fields/", "/", 1)
    inside = "" if path.startswith(("/tags", "/lists")) else "/values"
    return Problem(f"/lead{inside}{path}", problem.message)


def _placed(document: Document, problems: list[Problem]) -> dict[str, list[str]]:
    """Return problems by the section or trigger in which they stand, the innermost."""
    paths = {path: item.id for item, path, _ in walk(document.sections)}
    paths |= {path: item.id for item, path in walk_triggers(document)}
    found: dict[str, list[str]] = {}
    for problem in problems:
        parts = problem.path.split("/")
        inside = ("/".join(parts[:end]) for end in range(len(parts), 1, -1))
        owner = next((paths[path] for path in inside if path in paths), "")
        found.setdefault(owner, []).append(problem.message)
    return found
