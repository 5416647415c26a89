"""email.notify: a mail to staff about the lead."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from campaigns.engine.effects import Notify
from campaigns.engine.outcome import Done, Outcome, Perform
from campaigns.imports.contacts import address_and_key
from campaigns.sections.base import Context, Reference, Section, Vocabulary, section

DEFAULT = "notification"  # the template that a tenant gets with its first notice, and may then change
MOST = 100
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=254)]


class Recipients(BaseModel):
    """Who is told: at least one of the kinds. Nobody gets a notice twice."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    owner: bool = Field(False, title="The lead's owner", strict=True)
    users: list[Text] = Field([], title="Members", max_length=MOST, json_schema_extra={"reference": "user"})
    addresses: list[Text] = Field([], title="Addresses", max_length=MOST)
    tenants: list[Text] = Field([], title="All members of", max_length=MOST, json_schema_extra={"reference": "tenant"})
    organisation_types: list[Text] = Field([], title="All members of organisations of the type", max_length=MOST)

    @field_validator("addresses")
    @classmethod
    def _are_addresses(cls, addresses: list[str]) -> list[str]:
        for address in addresses:
            try:
                address_and_key(address)
            except ValueError:
                raise ValueError(f"{address} is no email address") from None
        return addresses

    @model_validator(mode="after")
    def _somebody(self) -> "Recipients":
        if not (self.owner or self.users or self.addresses or self.tenants or self.organisation_types):
            raise ValueError("say who is told: owner, users, addresses, tenants or organisation_types")
        return self

    def groups(self) -> tuple[tuple[str, str], ...]:
        """Return the organisations whose members are told: ("tenant", key) and ("type", name)."""
        return (*(("tenant", key) for key in self.tenants), *(("type", name) for name in self.organisation_types))


@section("email.notify", role="action", label="Notify staff")
class EmailNotify(Section):
    """Sends people of the organisation a mail about the lead, from a template of yours or the one that comes with it.

    To members, to any addresses, to all members of organisations of the tree, chosen one by one or by their type, or
    to the lead's owner. Where nobody is left to tell, the step is skipped and says so.
    """

    goes_wrong = (
        "With nobody to tell, the step is skipped.",
        "Of more than a hundred people the first hundred are told, and the receipt counts the rest.",
        "An address that is none is refused.",
    )

    to: Recipients = Field(title="To")
    template: str | None = Field(None, title="Template", min_length=1, json_schema_extra={"reference": "template"})

    def references(self) -> list[Reference]:
        own = [Reference("template", self.template, "/template")] if self.template is not None else []
        users = [Reference("user", user, f"/to/users/{n}") for n, user in enumerate(self.to.users)]
        return [*own, *users, *(Reference("tenant", key, f"/to/tenants/{n}") for n, key in enumerate(self.to.tenants))]

    def provided(self) -> str | None:
        return DEFAULT if self.template is None else None

    def member_groups(self) -> tuple[tuple[str, str], ...]:
        return self.to.groups()

    def summary(self, vocabulary: Vocabulary) -> str:
        to = self.to
        names = [*(["the owner"] if to.owner else []), *(vocabulary.users.get(user, user) for user in to.users)]
        names += [*to.addresses, *(vocabulary.tenants.get(key, key) for key in to.tenants), *to.organisation_types]
        return ", ".join(names)

    def decide(self, context: Context) -> Outcome:
        owner = context.lead.get("owner") if self.to.owner and context.lead else None
        members = (address for group in self.to.groups() for address in context.members.get(group, ()))
        told = _once([*([owner] if owner else []), *self.to.users, *self.to.addresses, *members])
        if not told:
            return Done(outcome="skipped", receipt={"reason": "there is nobody to tell"})
        receipt = {"to": told[:MOST], "template": self.template or DEFAULT}
        if len(told) > MOST:
            receipt["left_out"] = [f"{len(told) - MOST} more: a notice goes to {MOST} at most"]
        return Perform(Notify(self.template or DEFAULT, tuple(told[:MOST])), receipt)


def _once(addresses: Iterable[str]) -> list[str]:
    found: dict[str, str] = {}
    for address in addresses:
        found.setdefault(address.casefold(), address)
    return list(found.values())
