"""http.call: a request to another system, and its answer."""

import json
import re
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, field_validator

from campaigns.engine.effects import HttpCall as Calling
from campaigns.engine.effects import SetState
from campaigns.engine.outcome import Branch, Outcome, Perform
from campaigns.errors import CampaignsError, Problem
from campaigns.personalise import compile_value
from campaigns.sections.base import Context, Decider, Reference, Section, Vocabulary, section
from campaigns.sections.values import check_templates, getter

OK, ERROR = "ok", "error"
MOST_BODY = 64 * 1024
_SECRET = re.compile(r"{{\s*secrets?\.([a-z0-9][a-z0-9-]{0,79})\s*}}")
Address = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Source = Annotated[str, StringConstraints(max_length=MOST_BODY)]


@section("http.call", role="action", label="HTTP call")
class HttpCall(Section):
    """Calls another system over HTTP and goes on by its answer: "ok" for 2xx, else "error".

    Address, header values and body are Liquid. A secret is named in a header, as `Bearer {{ secrets.crm }}`; it is put
    in when the call is made, and stands nowhere else. Connection errors, 429 and 5xx are tried again for a while;
    other answers and addresses that may not be called go to "error" at once. The same step is repeated with the same
    `webhook-id`, by which the other side can tell.
    """

    goes_wrong = (
        "No answer, any other than 2xx, or an address that may not be called, takes the branch `error`.",
        "A header, template or method that can't be is refused.",
    )

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = Field("POST", title="Method")
    url: Address = Field(title="Address", json_schema_extra={"liquid": True})
    headers: dict[str, Annotated[str, StringConstraints(max_length=4000)]] = Field(
        default_factory=dict, title="Headers", max_length=50
    )
    body: Source | None = Field(None, title="Body", json_schema_extra={"liquid": True})
    save_as: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,39}$")] | None = Field(
        None, title="Keep the answer in the state as"
    )
    sign_with: Annotated[str, StringConstraints(min_length=1, max_length=80)] | None = Field(
        None, title="Sign with the secret", json_schema_extra={"reference": "secret"}
    )
    retries: int = Field(2, title="Tries again", ge=0, le=8, strict=True)
    within: int = Field(30, title="Within seconds", ge=1, le=3600, strict=True)

    @field_validator("url", "body")
    @classmethod
    def _is_liquid(cls, source: str | None) -> str | None:
        if source is not None:
            _compiled(source)
        return source

    @field_validator("headers")
    @classmethod
    def _are_headers(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, source in headers.items():
            if not re.fullmatch(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}", name):
                raise ValueError(f"{name} is no name of a header")
            for part in _SECRET.split(source)[::2]:
                _compiled(part)
        return headers

    def branches(self) -> tuple[str, ...]:
        return (OK, ERROR)

    def references(self) -> list[Reference]:
        named = [
            Reference("secret", key, f"/headers/{name}")
            for name, source in self.headers.items()
            for key in _SECRET.split(source)[1::2]
        ]
        return [*named, *([Reference("secret", self.sign_with, "/sign_with")] if self.sign_with else [])]

    def check(self, vocabulary: Vocabulary) -> list[Problem]:
        found = [(self.url, "/url"), (self.body or "", "/body")]
        found += [("".join(_SECRET.split(source)[::2]), f"/headers/{name}") for name, source in self.headers.items()]
        problems = [p for source, path in found for p in check_templates({"template": source}, path, vocabulary)]
        return [Problem(p.path.removesuffix("/template"), p.message) for p in problems]

    def summary(self, vocabulary: Vocabulary) -> str:
        return f"{self.method} {self.url.partition('?')[0]}"

    def prepare(self, vocabulary: Vocabulary) -> Decider:
        url, body = _text(self.url), _text(self.body or "")
        headers = {name: _parts(source) for name, source in self.headers.items()}

        def decide(context: Context) -> Outcome:
            filled = {name: [part(context) for part in parts] for name, parts in headers.items()}
            target = url(context)
            call = Calling(self.method, target, filled, body(context), self.retries, self.within, self.sign_with)
            return Perform(call, {"method": self.method, "url": target.partition("?")[0]}, wait=True)

        return decide

    def resume(self, context: Context) -> Outcome:
        answer = dict(context.answer or {"error": "there was no answer"})
        branch = OK if 200 <= int(answer.get("status") or 0) < 300 else ERROR
        receipt = {key: answer[key] for key in ("status", "error", "tries", "milliseconds") if key in answer}
        kept = {key: answer.get(key) for key in ("status", "body", "headers")}
        kept |= {"error": answer["error"]} if "error" in answer else {}
        return Branch(branch, receipt, (SetState({self.save_as: kept}),) if self.save_as is not None else ())


def _compiled(source: str) -> None:
    try:
        compile_value(source)
    except CampaignsError as error:
        raise ValueError(error.message) from None


def _text(source: str) -> Any:
    """Return a function that renders a source to text: what is no text is written as JSON."""
    get = getter({"template": source})

    def render(context: Context) -> str:
        value, _missing = get(context)
        if value is None:
            return ""
        return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)

    return render


def _parts(source: str) -> list[Any]:
    """Return what gives a header's parts: rendered texts, and secrets by key, which no text can imitate."""
    made: list[Any] = []
    for index, part in enumerate(_SECRET.split(source)):
        if index % 2:
            made.append(lambda _context, key=part: {"secret": key})
        elif part:
            render = _text(part)
            made.append(lambda context, render=render: {"text": render(context)})
    return made
