"""What each call takes in its body and what it answers, by endpoint: the description is made of it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from campaigns.api import (
    events,
    executions,
    leads,
    moves,
    shapes,
    simulations,
    staging_shapes,
    story_shapes,
    switches,
    tasks,
    vocabulary,
    workflows,
)
from campaigns.api.bodies import Body
from campaigns.imports.options import ImportOptions
from campaigns.services.trial_specs import StorySpec

Schema = dict[str, Any]
Part = type[BaseModel] | Schema


class LeadBody(Body):
    """A lead's values. What is not sent stays; null empties; `fields` are merged; tags and lists are whole sets."""

    email: str | None = Field(None, max_length=254)
    external_id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    status: str | None = None
    owner: str | None = None
    score: int | None = None
    tags: list[str] | None = None
    lists: list[str] | None = None
    fields: dict[str, Any] = Field(default_factory=dict)


class ForLead(Body):
    """Start for one lead: its id, or one of id, email and external_id."""

    lead: str | events.LeadName


class ForList(Body):
    """Start for all who are on a list."""

    list: str


class ImportParts(Body):
    """A lead file, which column holds which field, and how to read it. The latter two are JSON."""

    file: str = Field(json_schema_extra={"contentMediaType": "application/octet-stream"})
    mapping: dict[str, str | None] | None = None
    options: ImportOptions | None = None


class Paged:
    """A page of something."""

    def __init__(self, item: type[BaseModel]) -> None:
        self.item = item


CSV: Schema = {"type": "string", "contentMediaType": "text/csv"}
DOCUMENT: Schema = {"$ref": "#/components/schemas/Document"}

# The parts that a body may be made of: any one of them.
BODIES: dict[str, tuple[Part, ...]] = {
    "api_leads.save": (LeadBody,),
    "api_leads.change": (LeadBody,),
    "api_leads.merge": (leads.MergeBody,),
    "api_events.take": (events.EventBody, events.EventsBody),
    "api_vocabulary.create_list": (vocabulary.Named,),
    "api_vocabulary.change_list": (vocabulary.Renamed,),
    "api_vocabulary.create_status": (vocabulary.Named,),
    "api_vocabulary.change_status": (vocabulary.StatusChange,),
    "api_vocabulary.create_field": (vocabulary.FieldBody,),
    "api_vocabulary.change_field": (vocabulary.FieldChange,),
    "api_vocabulary.create_template": (vocabulary.TemplateBody,),
    "api_vocabulary.change_template": (vocabulary.TemplateBody,),
    "api_workflows.create": (workflows.WorkflowBody,),
    "api_workflows.change": (workflows.WorkflowChange,),
    "api_workflows.save_draft": (DOCUMENT,),
    "api_workflows.activate": (switches.ActivationBody,),
    "api_workflows.restore": (workflows.RestoreBody,),
    "api_executions.start": (ForLead, ForList),
    "api_executions.wake": (executions.WakeBody,),
    "api_simulations.simulate": (simulations.SimulationBody,),
    "api_stories.create": (StorySpec,),
    "api_moves.create": (moves.MoveBody,),
    "api_imports.start": (ImportParts,),
    "api_tasks.create": (tasks.TaskBody,),
    "api_tasks.change": (tasks.TaskChange,),
}
OPTIONAL_BODIES = {"api_workflows.activate", "api_workflows.restore", "api_executions.wake"}

# What a call answers when all is well: by status, a shape, a page of them, a schema, or nothing.
ANSWERS: dict[str, dict[str, type[BaseModel] | Paged | Schema | None]] = {
    "api_leads.index": {"200": Paged(shapes.LeadShape)},
    "api_leads.save": {"200": shapes.LeadShape, "201": shapes.LeadShape},
    "api_leads.show": {"200": shapes.LeadShape},
    "api_leads.change": {"200": shapes.LeadShape},
    "api_leads.erase": {"204": None},
    "api_leads.merge": {"200": shapes.LeadShape},
    "api_leads.show_timeline": {"200": Paged(shapes.TimelineItem)},
    "api_imports.index": {"200": Paged(shapes.ImportShape)},
    "api_imports.start": {"202": shapes.ImportShape},
    "api_imports.show": {"200": shapes.ImportShape},
    "api_imports.cancel": {"200": shapes.ImportShape},
    "api_imports.undo": {"200": shapes.ImportShape, "202": shapes.ImportShape},
    "api_imports.errors": {"200": CSV},
    "api_events.take": {"202": shapes.Taken},
    "api_vocabulary.all_lists": {"200": Paged(shapes.ListShape)},
    "api_vocabulary.create_list": {"201": shapes.ListShape},
    "api_vocabulary.change_list": {"200": shapes.ListShape},
    "api_vocabulary.delete_list": {"204": None},
    "api_vocabulary.add_member": {"204": None},
    "api_vocabulary.remove_member": {"204": None},
    "api_vocabulary.all_statuses": {"200": Paged(shapes.StatusShape)},
    "api_vocabulary.create_status": {"201": shapes.StatusShape},
    "api_vocabulary.change_status": {"200": shapes.StatusShape},
    "api_vocabulary.delete_status": {"204": None},
    "api_vocabulary.all_fields": {"200": Paged(shapes.FieldShape)},
    "api_vocabulary.create_field": {"201": shapes.FieldShape},
    "api_vocabulary.change_field": {"200": shapes.FieldShape},
    "api_vocabulary.delete_field": {"204": None},
    "api_vocabulary.all_templates": {"200": Paged(shapes.TemplateShape)},
    "api_vocabulary.show_template": {"200": shapes.TemplateShape},
    "api_vocabulary.create_template": {"201": shapes.TemplateShape},
    "api_vocabulary.change_template": {"200": shapes.TemplateShape},
    "api_vocabulary.delete_template": {"204": None},
    "api_workflows.index": {"200": Paged(shapes.WorkflowShape)},
    "api_workflows.create": {"201": shapes.WorkflowShape},
    "api_workflows.show": {"200": shapes.WholeWorkflow},
    "api_workflows.change": {"200": shapes.WorkflowShape},
    "api_workflows.delete": {"204": None},
    "api_workflows.save_draft": {"200": shapes.WholeWorkflow},
    "api_workflows.discard_draft": {"200": shapes.WholeWorkflow},
    "api_workflows.activate": {"200": shapes.WorkflowShape, "202": shapes.WorkflowShape},
    "api_workflows.deactivate": {"200": shapes.WorkflowShape, "202": shapes.WorkflowShape},
    "api_switches.cancel": {"204": None},
    "api_switches.all_admissions": {"200": Paged(shapes.AdmissionShape)},
    "api_switches.show_admission": {"200": shapes.AdmissionShape},
    "api_switches.cancel_admission": {"200": shapes.AdmissionShape},
    "api_workflows.all_versions": {"200": Paged(shapes.VersionShape)},
    "api_workflows.show_version": {"200": shapes.WholeVersion},
    "api_workflows.differences": {"200": staging_shapes.DifferenceShape},
    "api_workflows.restore": {"200": shapes.WorkflowShape},
    "api_executions.start": {"201": shapes.WholeExecution, "202": shapes.Count},
    "api_executions.index": {"200": Paged(shapes.ExecutionShape)},
    "api_executions.show": {"200": shapes.WholeExecution},
    "api_executions.cancel": {"200": shapes.WholeExecution},
    "api_executions.retry": {"200": shapes.WholeExecution},
    "api_executions.wake": {"200": shapes.WholeExecution},
    "api_simulations.simulate": {"200": shapes.SimulationShape},
    "api_stories.index": {"200": Paged(story_shapes.StoryShape)},
    "api_stories.create": {"201": story_shapes.StoryShape},
    "api_stories.run": {"200": story_shapes.StoryRunShape},
    "api_stories.delete": {"204": None},
    "api_moves.inside": {"200": Paged(staging_shapes.PlaceShape)},
    "api_moves.index": {"200": Paged(staging_shapes.MoveShape)},
    "api_moves.create": {"201": staging_shapes.MoveShape},
    "api_moves.undo": {"200": staging_shapes.MoveShape},
    "api_executions.all_refusals": {"200": Paged(shapes.RefusalShape)},
    "api_tasks.index": {"200": Paged(shapes.TaskShape)},
    "api_tasks.create": {"201": shapes.TaskShape},
    "api_tasks.show": {"200": shapes.TaskShape},
    "api_tasks.change": {"200": shapes.TaskShape},
    "api_openapi.show": {"200": {"type": "object"}},
}
