"""A workflow made of a ready-made one: what the tenant lacks is made with it, all in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Literal

from campaigns.engine.kinds import Kinds, Vocabulary
from campaigns.errors import Invalid, Problem
from campaigns.services import fields, templates, vocabulary, workflows
from campaigns.services.tenants import get_tenant
from campaigns.services.workflow_template_mails import content_of
from campaigns.services.workflow_templates import FieldSpec, WorkflowTemplate
from campaigns.storage.models import Workflow
from campaigns.storage.transaction import TenantSession

Kind = Literal["list", "status", "field", "template"]


@dataclass(frozen=True, slots=True)
class Need:
    """Something that a ready-made workflow names. `there`: what the tenant calls it, None where it has none.

    `clashes`: the tenant has a field of this key but of another type, so that one of another key is made.
    """

    kind: Kind
    key: str
    name: str
    there: str | None
    clashes: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """How a workflow is to be made. `statuses`: by the template's key one of the tenant's; "" or none: as it comes.

    `complete`: what the tenant lacks is made too; without, the draft names what is not there, as its problems say.
    """

    name: str
    statuses: Mapping[str, str] = field(default_factory=dict)
    members: Sequence[str] = ()
    complete: bool = True


def find_needs(template: WorkflowTemplate, known: Vocabulary) -> list[Need]:
    """Return all that a ready-made workflow names, each with what the tenant has of it."""
    found = [Need("status", key, name, known.statuses.get(key)) for key, name in template.statuses.items()]
    found += [Need("list", key, name, known.lists.get(key)) for key, name in template.lists.items()]
    for spec in template.fields:
        mine = known.fields.get(spec.key)
        fits = mine is not None and mine.type == spec.type
        there = (mine.name or spec.key) if mine is not None and fits else None
        found.append(Need("field", spec.key, spec.name, there, clashes=mine is not None and not fits))
    found += [Need("template", key, mail.name, known.templates.get(key)) for key, mail in template.emails.items()]
    return found


def make_workflow(session: TenantSession, template: WorkflowTemplate, wish: Wish, *, kinds: Kinds) -> Workflow:
    """Make an inactive workflow of a ready-made one; raise Invalid with problems by field, Conflict for a taken key.

    Nothing is kept of it unless the caller's transaction ends well.
    """
    known = vocabulary.load_vocabulary(session)
    _check(template, wish, known)
    keys = {("status", key): chosen for key, chosen in wish.statuses.items() if chosen}
    if wish.complete:
        keys |= _make_missing(session, template, find_needs(template, known), keys)
    content = template.filled(keys, wish.members)
    return workflows.create_workflow(session, name=wish.name, document=content, kinds=kinds)


def _check(template: WorkflowTemplate, wish: Wish, known: Vocabulary) -> None:
    problems = [
        Problem(f"/status-{key}", f"there is no status {chosen}")
        for key, chosen in wish.statuses.items()
        if key not in template.statuses or (chosen and chosen not in known.statuses)
    ]
    if template.members and not wish.members:
        problems.append(Problem("/members", "choose who takes part"))
    problems += [Problem("/members", f"there is no member {one}") for one in wish.members if one not in known.users]
    if problems:
        raise Invalid(problems=problems)


def _make_missing(
    session: TenantSession, template: WorkflowTemplate, needs: list[Need], chosen: Mapping[tuple[str, str], str]
) -> dict[tuple[str, str], str]:
    """Make what the tenant lacks, fields before the mails that show them; return the keys that are not the template's.

    A status for which another one was chosen is not made.
    """
    made: dict[tuple[str, str], str] = {}
    missing = [need for need in needs if need.there is None and (need.kind, need.key) not in chosen]
    specs = {spec.key: spec for spec in template.fields}
    for need in missing:
        if need.kind == "status":
            vocabulary.create_status(session, name=need.name, key=need.key)
        elif need.kind == "list":
            vocabulary.create_list(session, name=need.name, key=need.key)
        elif need.kind == "field":
            made["field", need.key] = _make_field(session, specs[need.key])
    sender = get_tenant(session).name
    for need in missing:
        if need.kind == "template":
            mail = template.mail(need.key, {**chosen, **made})
            templates.create_template(session, key=need.key, **content_of(mail, sender))
    return made


def _make_field(session: TenantSession, spec: FieldSpec) -> str:
    """Make a field; where its key is taken by one of another type, under the next free one: it stands in Liquid."""
    taken = {row.key for row in fields.list_fields(session)}
    free = (f"{spec.key}_{number}" for number in count(2))
    key = spec.key if spec.key not in taken else next(one for one in free if one not in taken)
    return fields.create_field(session, name=spec.name, key=key, type=spec.type, choices=spec.choices).key
