"""The fields a condition or a section may name, with their types."""

from __future__ import annotations

from collections.abc import Mapping

from campaigns.engine.kinds import FieldType, Vocabulary

BUILT_IN_FIELDS: Mapping[str, FieldType] = {
    "email": FieldType("email", name="Email"),
    "external_id": FieldType("text", name="External id"),
    "first_name": FieldType("text", name="First name"),
    "last_name": FieldType("text", name="Last name"),
    "phone": FieldType("phone", name="Phone"),
    "status": FieldType("text", name="Status"),
    "owner": FieldType("text", name="Owner"),
    "score": FieldType("number", name="Score"),
    "created_at": FieldType("datetime", name="Created"),
    "updated_at": FieldType("datetime", name="Updated"),
}
SETTABLE = frozenset({"email", "external_id", "first_name", "last_name", "phone", "score"})


def field_types(vocabulary: Vocabulary) -> dict[str, FieldType]:
    """Return every typed field by the path conditions use: `lead.<key>`, and `now`."""
    fields = {f"lead.{key}": kind for key, kind in BUILT_IN_FIELDS.items()}
    fields |= {f"lead.{key}": kind for key, kind in vocabulary.fields.items()}
    return fields | {"now": FieldType("datetime", name="Now")}


def lead_field(vocabulary: Vocabulary, key: str) -> FieldType | None:
    """Return a lead field's type by its bare key, or None."""
    return BUILT_IN_FIELDS.get(key) or vocabulary.fields.get(key)
