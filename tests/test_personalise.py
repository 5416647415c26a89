"""Texts filled in with values: what authors get, what they are told, and what nobody gets to do."""

from __future__ import annotations

import contextlib
import time
from datetime import UTC, datetime

import pytest

from campaigns.personalise import (
    TemplateLimit,
    TemplateProblem,
    compile_text,
    compile_value,
    unknown_variables,
)

LEAD = {"lead": {"first_name": "Ann", "city": "Köln", "score": 7, "void": "", "spaces": "  ", "none": None}}


def test_values_stand_where_their_variables_stood() -> None:
    assert compile_text("Dear {{ lead.first_name }} from {{ lead.city }}").render(LEAD).text == "Dear Ann from Köln"


def test_variables_are_dotted_paths_without_what_the_template_makes_itself() -> None:
    text = compile_text(
        "{% assign a = lead.x %}{{ a }}{% for i in state.items %}{{ i.name }}{{ forloop.index }}{% endfor %}"
        "{{ lead.tags[0].name }}{% capture c %}{{ event.plan }}{% endcapture %}{{ c }}"
    )
    assert text.variables == ("lead.x", "state.items", "lead.tags", "event.plan")


def test_unknown_variables_are_named() -> None:
    used = ("lead.email", "lead.emial", "laed.email", "state.anything", "lead")
    found = unknown_variables(used, roots=("lead", "state"), lead_fields=("email",))
    assert found == ["lead.emial", "laed.email"]


@pytest.mark.parametrize("field", ["nothing", "void", "spaces", "none"])
def test_t01_a_missing_value_is_noted_and_never_shown_as_braces(field: str) -> None:
    rendered = compile_text(f"Dear {{{{ lead.{field} | capitalize }}}},").render(LEAD)
    assert rendered.missing == (f"lead.{field}",)
    assert "{" not in rendered.text


def test_t02_a_fallback_fills_in_for_a_missing_value() -> None:
    rendered = compile_text("Dear {{ lead.nothing | default: 'friend' }},").render(LEAD)
    assert rendered == ("Dear friend,", ())


def test_t02_a_fallback_that_is_missing_itself_is_noted() -> None:
    assert compile_text("{{ lead.a | default: lead.b }}").render(LEAD).missing == ("lead.a",)


def test_asking_whether_a_value_is_there_is_not_missing_it() -> None:
    assert compile_text("{% if lead.nothing %}x{% endif %}").render(LEAD) == ("", ())


@pytest.mark.parametrize(
    ("source", "line", "column"),
    [
        ("Hi\n {{ lead.x", 2, 2),
        ("{{ a {{ b }} }}", 1, 6),
        ("ok {% if a %}never closed", 1, 4),
        ("{% endif %}", 1, 4),
        ("a\nb {{ x | frobnicate }}", 2, 10),
        ("{{ | }}", 1, 4),
        ("{% raw %} {{ x }}", 1, 1),
        ("{% include 'x' %}", 1, 4),
        ("{{ (1..9) | join }}", 1, 4),
    ],
)
def test_t03_mistakes_are_refused_with_their_position(source: str, line: int, column: int) -> None:
    with pytest.raises(TemplateProblem) as raised:
        compile_text(source)
    assert (raised.value.line, raised.value.column) == (line, column)
    assert raised.value.problems[0].message.startswith(f"line {line}, column {column}: ")


@pytest.mark.parametrize(
    "source",
    ["{{", "{%", "{{ a ", "{% raw %}", "{% comment %}", "{% if a %}", "{% case a %}", "{{ '", "{%-", "{% doc %}", "a{"],
)
def test_t03_pathological_text_is_answered_at_once(source: str) -> None:
    start = time.thread_time()
    with pytest.raises(TemplateProblem):
        compile_text(source * (250_000 // len(source)) + "{{")
    assert time.thread_time() - start < 5  # of this thread alone: what grows too fast takes minutes


HEAVY = [
    "{% for i in (1..1000000000) %}x{% endfor %}",
    "{% for i in (1..99999999999999999999999) reversed %}x{% endfor %}",
    "{% for i in (1..1000) %}{% for j in (1..1000) %}x{% endfor %}{% endfor %}",
    "{% for i in (1..9000) %}{% endfor %}" * 20,
    "{% tablerow i in (1..1000000) %}x{% endtablerow %}",
    "{% assign s = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' %}{{ s" + " | replace: 'a', s" * 30 + " }}",
    "{% assign s = 'xxxxxxxxxx' %}{% for i in (1..100) %}{% assign s = s | append: s %}{% endfor %}{{ s }}",
    "{% assign n = 9999999999 %}{% for i in (1..100) %}{% assign n = n | times: n %}{% endfor %}{{ n }}",
    "{% for i in (1..9000) %}{% capture x %}{{ x }}{{ x }}y{% endcapture %}{% endfor %}",
    "{% for i in (1..5000) %}{{ lead.big }}{% endfor %}",
    "{% assign l = lead.big | split: '' %}{{ l | uniq | join }}",
]


@pytest.mark.parametrize("source", HEAVY)
def test_t05_heavy_templates_stop_at_their_budget(source: str) -> None:
    text = compile_text(source)
    start = time.thread_time()
    with pytest.raises(TemplateLimit):
        text.render({"lead": {"big": "x" * 20_000}})
    assert time.thread_time() - start < 5


def test_t05_a_thousand_filters_are_more_than_one_tag_may_hold() -> None:
    with pytest.raises(TemplateProblem, match="longer than"):
        compile_text("{{ a" + " | upcase" * 1000 + " }}")


def test_t05_a_text_over_the_length_limit_is_refused() -> None:
    with pytest.raises(TemplateProblem, match="262144"):
        compile_text("x" * (256 * 1024 + 1))


def test_t06_a_value_with_template_syntax_is_printed_as_text() -> None:
    values = {"lead": {"first_name": "{{ secret }}{% if 1 %}x{% endif %}"}, "secret": "s3cret"}
    assert compile_text("Hi {{ lead.first_name }}").render(values).text == "Hi {{ secret }}{% if 1 %}x{% endif %}"


def test_t07_html_is_escaped_in_html_only() -> None:
    values = {"lead": {"n": '<b a="\'">&'}}
    assert compile_text("{{ lead.n }}", html=True).render(values).text == "&lt;b a=&#34;&#39;&#34;&gt;&amp;"
    assert compile_text("{{ lead.n }}").render(values).text == '<b a="\'">&'


def test_t07_no_filter_lets_a_value_through_as_html() -> None:
    from campaigns.templating.environment import HTML

    hostile = "<script>alert(1)</script>"
    values = {"x": hostile, "l": [hostile], "u": "%3Cscript%3E", "b": "PHNjcmlwdD4="}
    for name in HTML.filters:
        for variable in values:
            for arguments in ("", ": x", ": x, x", ": 'a', x"):
                try:
                    text = compile_text(f"{{{{ {variable} | {name}{arguments} }}}}", html=True).render(values).text
                except (TemplateProblem, TemplateLimit):
                    continue
                assert "<script" not in text, (name, variable, arguments)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("{{ state.n | plus: 1 }}", 5),
        (" {{ state.n }}\n", 4),
        ("{{ state.f | times: 2 }}", 3.0),
        ("{{ state.l }}", [1, "a"]),
        ("{{ state.d }}", {"k": True}),
        ("{{ state.yes }}", True),
        ("{{ state.at }}", datetime(2026, 3, 1, tzinfo=UTC)),
        ("n={{ state.n }}", "n=4"),
        ("{{ state.n }}{{ state.n }}", "44"),
        ("plain", "plain"),
        ("", ""),
    ],
)
def test_one_output_tag_alone_keeps_its_type(source: str, value: object) -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    state = {"n": 4, "f": 1.5, "l": [1, "a"], "d": {"k": True}, "yes": True, "at": at}
    assert compile_value(source).render({"state": state}) == (value, ())


def test_a_missing_value_alone_is_none_and_noted() -> None:
    assert compile_value("{{ state.n }}").render({"state": {}}) == (None, ("state.n",))


def test_dates_are_iso_unless_a_filter_says_otherwise() -> None:
    values = {"now": datetime(2026, 3, 1, 12, tzinfo=UTC), "text": "2026-03-02T08:00:00Z"}
    source = (
        "{{ now }} {{ now | date: '%d.%m.%Y' }} {{ 'now' | date: '%H' }} {{ text | date: '%d' }} {{ 'x' | date: '%d' }}"
    )
    assert compile_text(source).render(values).text == "2026-03-01T12:00:00Z 01.03.2026 12 02 x"


def test_the_wall_clock_cannot_be_read() -> None:
    assert compile_text("{{ now }}{{ today }}{{ 'now' | date: '%Y' }}").render({}).text == ""


@pytest.mark.parametrize(
    "source", ["{{ 1 | divided_by: 0 }}", "{{ lead.first_name | plus: lead }}", "{{ 'x' | slice: 'a' }}"]
)
def test_what_a_filter_cannot_use_is_one_kind_of_error(source: str) -> None:
    with contextlib.suppress(TemplateProblem):
        assert "{" not in compile_text(source).render(LEAD).text


def test_a_simple_text_is_filled_in_without_being_compiled_again() -> None:
    text = compile_text("Dear {{ lead.first_name }}, greetings to {{ lead.city }}")
    best = min(_seconds(text.render) for _ in range(20))
    assert best / 200 <= 500e-6  # 20 of it here; compiling takes a millisecond


def _seconds(render: object) -> float:
    start = time.thread_time()
    for _ in range(200):
        render(LEAD)  # type: ignore[operator]
    return time.thread_time() - start


ANN = {"lead": {"email": "ann@example.com", "phone": "+49 30 123-789", "name": "<Ann>", "void": "", "score": 72}}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ lead.email | mask }}", "a***@example.com"),
        ("{{ lead.email | mask: 2 }}", "an***@example.com"),
        ("{{ lead.email | mask: 3 }}", "***@example.com"),
        ("{{ lead.email | mask: 0 }}", "***@example.com"),
        ("{{ lead.phone | mask: 3 }}", "+49***789"),
        ("{{ 'a@b@c' | mask }}", "a***c"),
        ("{{ ' Anna ' | mask }}", "A***a"),
        ("{{ 'Al' | mask }}", "***"),
        ("{{ 'Anna' | mask: 0 }}", "***"),
        ("{{ lead.score | mask }}", "***"),
        ("{{ lead.void | mask }}{{ lead.gone | mask }}", ""),
        ("{{ lead.phone | digits }}", "4930123789"),
        ("{{ '٠١٢ ²½' | digits }}", "012"),
        ("{{ lead.gone | digits }}", ""),
        ("{{ 'abc' | sha256 }}", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("{{ lead.score | sha256 | slice: 0, 8 }}", "87226162"),
        ("{{ lead.void | sha256 }}{{ lead.gone | sha256 }}", ""),
    ],
)
def test_what_is_not_to_be_told_is_masked_hashed_or_cut_to_its_digits(template: str, text: str) -> None:
    assert compile_text(template).render(ANN).text == text


def test_what_is_masked_or_hashed_is_still_known_to_be_missing() -> None:
    for name in ("mask", "sha256", "digits"):
        assert compile_text("{{ lead.gone | " + name + " }}").render(ANN).missing == ("lead.gone",)


def test_what_is_masked_is_escaped_once() -> None:
    masked = "{{ lead.name | mask }}{% capture c %}<b>{{ lead.name }}</b>{% endcapture %}{{ c | mask: 2 }}"
    assert compile_text(masked, html=True).render(ANN).text == "&lt;***&gt;&lt;b***b&gt;"


@pytest.mark.parametrize("many", ["-1", "'two'", "1.5", "true"])
def test_how_much_a_mask_shows_is_a_number(many: str) -> None:
    with pytest.raises(TemplateProblem, match="how many characters"):
        compile_text("{{ lead.email | mask: " + many + " }}").render(ANN)
