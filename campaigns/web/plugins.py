"""The plugins of this installation, for admins: what each brings, what is broken, what is missing."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from campaigns.sections.describing import needs_of
from campaigns.sections.guarding import faults
from campaigns.sections.registry import registry
from campaigns.services import plugins
from campaigns.web.permissions import needs
from campaigns.web.requests import current, reading_here

bp = Blueprint("plugins", __name__, url_prefix="/plugins")


@bp.get("")
@needs("settings.manage")
def index() -> ResponseReturnValue:
    runtime = current.runtime
    with reading_here() as session:
        missing = plugins.list_missing(session, runtime.kinds)
    found = registry(runtime.settings.plugins)
    known = {"rows": found.plugins, "kinds": found.kinds, "missing": missing, "faults": faults}
    needs = {name: needs_of(kind) for name, kind in found.kinds.items() if kind.plugin}
    return render_template("plugins/index.html", title="Plugins", needs=needs, **known)
