"""company.lookup: asks an HTTP API about the company of a lead; company.found: starts when it has answered."""

from collections.abc import Mapping, Sequence
from typing import Any

from campaigns.engine.events import RECEIVED
from campaigns.engine.fields import SETTABLE
from campaigns.sections.base import Context, Matcher, Reference, Trigger, Vocabulary, section
from campaigns.sections.performing import EmitEvent, GiveUp, Job, Needs, Performed, Performing, expect_ok
from pydantic import Field

FOUND = "company.found"
_PRIVATE = frozenset(
    {"gmail.com", "gmx.de", "hotmail.com", "icloud.com", "outlook.com", "proton.me", "web.de", "yahoo.com"}
)


@section("company.lookup", role="action", label="Look up company", group="company")
class CompanyLookup(Performing):
    """Asks a company register about the domain of the lead's address, and fills the lead's fields with the answer.

    The register is an HTTP API that is asked with `?domain=example.com` and answers with a JSON object, or with 404.
    Addresses at providers of private mail are not asked about. A lead whose company is found also gets the event
    company.found.
    """

    # The register's host is chosen in the config, and so are the fields that it fills and looks at.
    needs = Needs(network=["*"], secrets=["token"], lead_fields="all", writes_lead=True)

    url: str = Field(title="Address", description="Of the register, without the domain", min_length=1, max_length=2000)
    token: str | None = Field(
        None, title="Token", description="The secret sent as bearer token", json_schema_extra={"reference": "secret"}
    )
    fields: dict[str, str] = Field(
        default_factory=dict, title="Fields", description="Lead field: key of the answer", max_length=50
    )
    overwrite: bool = Field(False, title="Overwrite", description="Replace values that the lead has already")

    def branches(self) -> tuple[str, ...]:
        return ("found", "unknown", "error")

    def references(self) -> Sequence[Reference]:
        own = [Reference("field", key, f"/fields/{key}") for key in self.fields if key not in SETTABLE]
        return [*super().references(), *own]

    def summary(self, vocabulary: Vocabulary) -> str:
        return f"fills {', '.join(self.fields)}" if self.fields else self.url.partition("?")[0]

    def ask(self, context: Context) -> Mapping[str, Any]:
        """Hand over the domain and which fields are filled; nothing else leaves."""
        lead = context.lead or {}
        domain = str(lead.get("email") or "").rpartition("@")[2].lower()
        return {"domain": domain, "filled": [key for key in self.fields if lead.get(key) not in (None, "")]}

    def perform(self, job: Job) -> Performed:
        domain = job.asked["domain"]
        if not domain or domain in _PRIVATE:
            return Performed("unknown", receipt={"domain": domain})
        headers = {"authorization": f"Bearer {job.secret(self.token)}"} if self.token else {}
        joint = "&" if "?" in self.url else "?"
        answer = job.send("GET", f"{self.url}{joint}domain={domain}", headers=headers)
        if answer.status == 404:
            return Performed("unknown", receipt={"domain": domain})
        try:
            company = expect_ok(answer).json()
        except ValueError:
            company = None
        if not isinstance(company, dict):
            raise GiveUp("the register answered with what is no JSON object")
        return self._found(job, company)

    def _found(self, job: Job, company: dict[str, Any]) -> Performed:
        kept = () if self.overwrite else job.asked["filled"]
        known = {key: company.get(source) for key, source in self.fields.items() if key not in kept}
        fields = {key: value for key, value in known.items() if value is not None}
        event = EmitEvent(FOUND, {"domain": job.asked["domain"], "country": company.get("country")})
        return Performed(
            "found", fields=fields, state={"company": company}, events=[event], receipt={"filled": sorted(fields)}
        )


@section(FOUND, role="trigger", label="Company found", group="company")
class CompanyFound(Trigger):
    """Starts when company.lookup has found the company of a lead, in any country or in one."""

    country: str | None = Field(None, title="Country", description="Such as DE; empty for any", max_length=60)

    def event_type(self) -> str:
        return RECEIVED + FOUND

    def summary(self, vocabulary: Vocabulary) -> str:
        return f"in {self.country}" if self.country else "in any country"

    def prepare_match(self, vocabulary: Vocabulary) -> Matcher:
        return lambda context: self.country in (None, "", context.event["properties"].get("country"))
