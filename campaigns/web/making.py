"""Lists, statuses and email templates that are made inside a section's dialog, where they are chosen.

The form holds what was typed for a new one under `new.<setting>.`; when it is made, the setting takes its key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from campaigns.errors import CampaignsError, Conflict, Invalid
from campaigns.services import vocabulary
from campaigns.services.plain_mails import create_plain_mail
from campaigns.storage.transaction import TenantSession
from campaigns.web.config_forms import Sent
from campaigns.web.permissions import may
from campaigns.web.requests import writing_here

Make = Callable[[TenantSession, Mapping[str, str]], Any]


def _mail(session: TenantSession, given: Mapping[str, str]) -> Any:
    return create_plain_mail(session, **{name: given.get(name, "") for name in ("name", "subject", "text")})


MAKERS: dict[str, tuple[str, Make]] = {
    "list": ("vocabulary.edit", lambda session, given: vocabulary.create_list(session, name=given.get("name", ""))),
    "status": ("vocabulary.edit", lambda session, given: vocabulary.create_status(session, name=given.get("name", ""))),
    "template": ("templates.edit", _mail),
}


def made_in_place(sent: Sent) -> Sent:
    """Make what was typed as new, and return the form with it chosen; where it can't be made, with the reason at it.

    It is made when its own button is pressed, and when the section is saved: what was typed is never dropped.
    """
    wanted = [name for name in _typed(sent) if sent.get("create", name) == name]
    form: Sent = sent.copy()
    for name in wanted:
        permission, make = MAKERS.get(sent.get(f"new.{name}.noun", ""), ("", None))
        if make is None or not may(permission):
            continue
        try:
            with writing_here() as session:
                form[name] = make(session, _given(sent, name)).key
        except (Invalid, Conflict) as error:
            form[f"new.{name}.error"] = _reason(error)
            form["create"] = name  # it is shown again, and nothing is saved
        else:
            for field in [one for one in form if one.startswith(f"new.{name}.")]:
                del form[field]
    return form


def _typed(sent: Sent) -> list[str]:
    """Return the settings for which the form holds something new, or whose button was pressed."""
    nouns = [name.removeprefix("new.").removesuffix(".noun") for name in sent if name.endswith(".noun")]
    return [name for name in nouns if name == sent.get("create") or any(_given(sent, name).values())]


def _given(sent: Sent, name: str) -> dict[str, str]:
    return {field: sent.get(f"new.{name}.{field}", "").strip() for field in ("name", "subject", "text")}


def _reason(error: CampaignsError) -> str:
    """Return what is wrong in one sentence; a mail's body is its text here."""
    words = {"html": "text", "mjml": "text"}
    found = [(p.path.strip("/").partition("/")[0], p.message) for p in error.problems]
    told = [f"{words.get(where, where)} {message}".strip().capitalize() for where, message in found]
    return "; ".join(dict.fromkeys(told)) or error.message
