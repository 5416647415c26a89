"""Forms as they were sent, with what is wrong beside each field.

A view fills a `Form.sent()` inside `with form.filling(), writing_here() as session:`, and where it `failed` it returns
`form.again(template, **context)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Response, make_response, render_template, request
from werkzeug.datastructures import MultiDict

from campaigns.errors import CampaignsError, Conflict, Invalid, Problem, TooMany
from campaigns.web.htmx import VARY_ON


def by_field(problems: Iterable[Problem]) -> dict[str, str]:
    """Return the sentences by field name, from problems whose path is `/field` or below it."""
    found: dict[str, list[str]] = {}
    for problem in problems:
        found.setdefault(problem.path.strip("/").split("/")[0], []).append(problem.message)
    return {name: _sentence("; ".join(messages)) for name, messages in found.items()}


@dataclass
class Form:
    """The values of a form, and what was wrong with them. Templates call `value` and `error` by field."""

    values: MultiDict[str, str] = field(default_factory=MultiDict)
    raised: CampaignsError | None = None

    @classmethod
    def sent(cls) -> Form:
        """Return the form of the present request."""
        return cls(MultiDict(request.form))

    @classmethod
    def of(cls, **values: object) -> Form:
        """Return a form that shows these values."""
        return cls(MultiDict({name: "" if value is None else str(value) for name, value in values.items()}))

    def value(self, name: str, default: str = "") -> str:
        return self.values.get(name, default)

    def all(self, name: str) -> list[str]:
        return self.values.getlist(name)

    def is_ticked(self, name: str) -> bool:
        return self.value(name) in {"true", "on", "1"}

    @contextmanager
    def filling(self) -> Iterator[None]:
        """Keep an error about what was sent, so that the form can be shown again with it; others go on."""
        try:
            yield
        except (Invalid, Conflict, TooMany) as error:
            self.raised = error

    @property
    def failed(self) -> bool:
        return self.raised is not None

    @property
    def problems(self) -> list[Problem | str]:
        """What to say above the form: each problem, or the error itself where it names no field."""
        if self.raised is None:
            return []
        return [*self.raised.problems] or [self.raised.message]

    def error(self, name: str) -> str | None:
        """Return what is wrong with a field, as a sentence; None when nothing is."""
        return by_field(self.raised.problems).get(name) if self.raised else None

    def again(self, template: str, **context: Any) -> Response:
        """Render the template with this form and the error's status: 422 for what htmx is to swap in."""
        response = make_response(render_template(template, form=self, **context))
        response.status_code = 429 if isinstance(self.raised, TooMany) else 422
        if isinstance(self.raised, TooMany):
            response.headers["Retry-After"] = str(self.raised.retry_after_seconds)
        response.vary.update(VARY_ON)
        return response


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "?", "!")) else text + "."
