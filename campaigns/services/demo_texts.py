"""What the demo's tenant says and does: a coffee roaster that welcomes new leads. Data, no code."""

from __future__ import annotations

from typing import Any

TENANT = "Harbour Lane Coffee"
STATUSES = {"new": "New", "contacted": "Contacted", "qualified": "Qualified", "customer": "Customer", "lost": "Lost"}
LISTS = {"newsletter": "Newsletter", "welcomed": "Welcomed", "call-list": "To be called"}
FIELDS: list[dict[str, Any]] = [
    {"key": "company", "name": "Company", "type": "text"},
    {"key": "brew_method", "name": "Brew method", "type": "choice", "choices": ["espresso", "filter", "french press"]},
    {"key": "first_order", "name": "First order", "type": "date"},
]

_FRAME = """<mjml>
  <mj-head>
    <mj-preview>{preview}</mj-preview>
    <mj-attributes>
      <mj-all font-family="Helvetica, Arial, sans-serif" />
      <mj-text font-size="16px" line-height="1.5" color="#2b2320" />
      <mj-button background-color="#8a3b12" color="#ffffff" border-radius="6px" font-size="16px" />
    </mj-attributes>
  </mj-head>
  <mj-body background-color="#f4efe9" width="600px">
    <mj-section padding="24px 0 8px">
      <mj-column>
        <mj-text align="center" font-size="22px" font-weight="bold" color="#8a3b12">Harbour Lane Coffee</mj-text>
      </mj-column>
    </mj-section>
    <mj-section background-color="#ffffff" border-radius="8px">
      <mj-column>
{body}
      </mj-column>
    </mj-section>
    <mj-section>
      <mj-column>
        <mj-text align="center" font-size="12px" color="#6b5f58">
          Harbour Lane Coffee, 4 Harbour Lane. You get this because you asked us about coffee.
        </mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
"""


def _mail(name: str, subject: str, preview: str, *parts: str) -> dict[str, str]:
    body = "\n".join(f"        {part}" for part in parts)
    source = _FRAME.replace("{preview}", preview).replace("{body}", body)
    return {"name": name, "subject": subject, "kind": "mjml", "source": source, "message_class": "marketing"}


TEMPLATES: dict[str, dict[str, str]] = {
    "welcome": _mail(
        "Welcome",
        "Welcome{% if lead.first_name %}, {{ lead.first_name }}{% endif %}: your first coffee is on us",
        "A bag of coffee, roasted for how you brew.",
        "<mj-text>Hello {{ lead.first_name | default: 'coffee friend' }},</mj-text>",
        "<mj-text>good to have {{ lead.company | default: 'you' }} with us. "
        "{% if lead.brew_method %}You brew {{ lead.brew_method }}, so we would start with a roast made for it."
        "{% else %}Tell us how you brew, and we choose the roast.{% endif %}</mj-text>",
        '<mj-button href="https://coffee.example/first-bag">Choose your free bag</mj-button>',
        "<mj-text>See you at the counter,<br />Mara from Harbour Lane</mj-text>",
    ),
    "invitation": _mail(
        "Invitation to a tasting",
        "A place for {{ lead.first_name | default: 'you' }} at Thursday's tasting",
        "Six coffees, one table, Thursday at five.",
        "<mj-text>Hello {{ lead.first_name | default: 'coffee friend' }},</mj-text>",
        "<mj-text>on Thursday at five we open six new coffees. There is a place at the table for "
        "{{ lead.company | default: 'you' }}.</mj-text>",
        '<mj-button href="https://coffee.example/tasting">Keep my place</mj-button>',
    ),
    "follow-up": _mail(
        "Follow-up",
        "Still thinking about coffee{% if lead.first_name %}, {{ lead.first_name }}{% endif %}?",
        "Three questions, one recommendation.",
        "<mj-text>Hello {{ lead.first_name | default: 'coffee friend' }},</mj-text>",
        "<mj-text>three questions lead to the bag that fits "
        "{% if lead.brew_method %}your {{ lead.brew_method }}{% else %}how you brew{% endif %}. It takes a minute."
        "</mj-text>",
        '<mj-button href="https://coffee.example/finder">Find my coffee</mj-button>',
    ),
}

WORKFLOW_KEY = "welcome-new-leads"
WORKFLOW_NAME = "Welcome new leads"
DOCUMENT: dict[str, Any] = {
    "format": 1,
    "settings": {"limits": {"per_lead_ever": 1, "per_lead_active": 1}, "time_zone": "tenant"},
    "triggers": [
        {"id": "t1", "type": "lead.created", "name": "Imported", "config": {"source": "import"}},
        {"id": "t2", "type": "list.added", "name": "Joined the newsletter", "config": {"list": "newsletter"}},
    ],
    "sections": [
        {"id": "s1", "type": "lead.set_status", "config": {"status": "contacted"}},
        {"id": "s2", "type": "email.send", "name": "Say hello", "config": {"template": "welcome"}},
        {"id": "s3", "type": "list.add", "config": {"list": "welcomed"}},
        {
            "id": "s4",
            "type": "flow.if",
            "name": "Hot lead?",
            "config": {"condition": {"field": "lead.score", "op": "gte", "value": 60}},
            "branches": {
                "yes": [
                    {"id": "s5", "type": "lead.set_status", "config": {"status": "qualified"}},
                    {"id": "s6", "type": "lead.add_points", "config": {"points": 10}},
                    {"id": "s7", "type": "list.add", "config": {"list": "call-list"}},
                    {"id": "s8", "type": "email.send", "name": "Invite", "config": {"template": "invitation"}},
                    {
                        "id": "s9",
                        "type": "log.note",
                        "config": {
                            "text": "Hot with {{ lead.score }} points: call {{ lead.first_name | default: 'them' }}."
                        },
                    },
                ],
                "no": [
                    {
                        "id": "s10",
                        "type": "flow.if",
                        "name": "Espresso?",
                        "config": {"condition": {"field": "lead.brew_method", "op": "eq", "value": "espresso"}},
                        "branches": {
                            "yes": [{"id": "s11", "type": "flow.delay", "config": {"duration": {"minutes": 2}}}],
                            "no": [
                                {
                                    "id": "s12",
                                    "type": "flow.delay",
                                    "name": "A weekday morning",
                                    "config": {
                                        "duration": {"days": 2},
                                        "weekdays": ["mon", "tue", "wed", "thu", "fri"],
                                        "time_of_day": "09:00",
                                        "time_zone": "tenant",
                                    },
                                }
                            ],
                        },
                    },
                    {"id": "s13", "type": "email.send", "name": "Ask again", "config": {"template": "follow-up"}},
                ],
            },
        },
        {"id": "s14", "type": "lead.add_tag", "config": {"tag": "welcomed"}},
    ],
}
