"""Every table, by noun. Importing this package registers them all."""

from campaigns.storage.models.accounts import (
    ApiKey,
    AuditEntry,
    IdempotencyKey,
    Invitation,
    Membership,
    SignInAttempt,
    SignInSession,
    Tenant,
    User,
)
from campaigns.storage.models.admissions import Admission
from campaigns.storage.models.calls import OutsideCall, Secret
from campaigns.storage.models.events import DateReached, Due, Event, EventKey, PendingEvent, Visit
from campaigns.storage.models.executions import (
    Awaited,
    Enrolment,
    Execution,
    Refusal,
    SectionCount,
    Step,
    Token,
    Wait,
    WorkflowHour,
    WorkflowTotal,
)
from campaigns.storage.models.imports import Import, ImportProblem
from campaigns.storage.models.leads import (
    Lead,
    LeadField,
    LeadStatus,
    LeadTag,
    List,
    ListMember,
    MergedLead,
    Note,
    Tag,
)
from campaigns.storage.models.limit_passes import LimitPasses
from campaigns.storage.models.messages import EmailTemplate, Message, OutboxItem, Suppression, TemplateVersion
from campaigns.storage.models.moves import Move, MovedExecution
from campaigns.storage.models.stories import StoryTest
from campaigns.storage.models.switches import PlannedSwitch
from campaigns.storage.models.tasks import Task
from campaigns.storage.models.workflows import Draft, Revision, Schedule, Subscription, Version, VersionRef, Workflow

__all__ = [
    "Admission",
    "ApiKey",
    "AuditEntry",
    "Awaited",
    "DateReached",
    "Draft",
    "Due",
    "EmailTemplate",
    "Enrolment",
    "Event",
    "EventKey",
    "Execution",
    "IdempotencyKey",
    "Import",
    "ImportProblem",
    "Invitation",
    "Lead",
    "LeadField",
    "LeadStatus",
    "LeadTag",
    "LimitPasses",
    "List",
    "ListMember",
    "Membership",
    "MergedLead",
    "Message",
    "Move",
    "MovedExecution",
    "Note",
    "OutboxItem",
    "OutsideCall",
    "PendingEvent",
    "PlannedSwitch",
    "Refusal",
    "Revision",
    "Schedule",
    "Secret",
    "SectionCount",
    "SignInAttempt",
    "SignInSession",
    "Step",
    "StoryTest",
    "Subscription",
    "Suppression",
    "Tag",
    "Task",
    "TemplateVersion",
    "Tenant",
    "Token",
    "User",
    "Version",
    "VersionRef",
    "Visit",
    "Wait",
    "Workflow",
    "WorkflowHour",
    "WorkflowTotal",
]
