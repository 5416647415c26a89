"""S08 and T04: what has broken out of template languages elsewhere stays text or is refused here."""

from __future__ import annotations

import time

import pytest

from campaigns.errors import CampaignsError
from campaigns.personalise import compile_text, compile_value

CORPUS = [
    "{{ ''.__class__ }}", "{{ lead.__class__ }}", "{{ lead.__class__.__mro__ }}", "{{ lead.__init__.__globals__ }}",
    "{{ lead['__class__'] }}", "{{ lead.__dict__ }}", "{{ lead.__doc__ }}", "{{ lead.__module__ }}",
    "{{ lead.__getitem__ }}", "{{ lead.__subclasses__ }}", "{{ lead.keys }}", "{{ lead.items }}", "{{ lead.values }}",
    "{{ lead.get }}", "{{ lead.pop }}", "{{ lead.clear }}", "{{ lead.name.upper }}", "{{ lead.name.format }}",
    "{{ lead.name.format_map }}", "{{ lead.name.__len__ }}", "{{ lead.name.encode }}", "{{ lead.tags.append }}",
    "{{ lead.tags.__class__ }}", "{{ lead.at.now }}", "{{ lead.at.__class__ }}", "{{ lead.at.tzinfo }}",
    "{{ lead | attr: '__class__' }}", "{{ lead | map: '__class__' }}", "{{ lead.tags | map: '__class__' | join }}",
    "{{ lead.tags | where: '__class__' | join }}", "{{ lead.tags | sum: '__class__' }}",
    "{{ lead | sort: '__class__' }}",
    "{{ '%s' | format: lead }}", "{{ lead.name.format(lead) }}", "{{ lead.name() }}", "{{ lead.get('x') }}",
    "{{ self }}", "{{ self.__init__.__globals__ }}", "{{ config }}", "{{ request.application }}", "{{ cycler }}",
    "{{ namespace }}", "{{ lipsum.__globals__ }}", "{{ g }}", "{{ os }}", "{{ range(10) }}", "{{ dict() }}",
    "{% import os %}", "{% from 'x' import y %}", "{% include '/etc/passwd' %}", "{% render '../settings' %}",
    "{% extends 'base' %}", "{% block a %}{% endblock %}", "{% set x = 1 %}", "{% macro a() %}{% endmacro %}",
    "{% python %}1{% endpython %}", "{% load x %}", "{% debug %}", "{% with a=1 %}{% endwith %}",
    "{% assign x = lead.__class__ %}{{ x }}", "{% for k in lead.__class__ %}{{ k }}{% endfor %}",
    "{% if lead.__class__ %}broken out{% endif %}", "{% case lead.__class__ %}{% when nil %}{% else %}out{% endcase %}",
    "{% liquid\nassign x = lead.__class__\necho x %}", "{% echo lead.__class__ %}", "{{ forloop.__class__ }}",
    "{% for i in (1..1) %}{{ forloop.it }}{{ forloop.__class__ }}{% endfor %}", "{{ nil.__class__ }}",
    "{{ true.__class__ }}", "{{ 1.__class__ }}", "{{ lead[lead] }}", "{{ lead[nil] }}", "{{ lead.tags['__class__'] }}",
]  # fmt: skip
LITERAL = [
    "${7*7}",
    "<%= 7*7 %>",
    "#{7*7}",
    "[[7*7]]",
    "@(7*7)",
    "*{7*7}",
    "{7*7}",
    "$(id)",
    "`id`",
    "%{7*7}",
    "{# 7 #}",
]
LEAKS = (
    "class",
    "<function",
    "<built-in",
    "<bound",
    "module",
    "object at",
    "method",
    "broken out",
    "out",
    "49",
    "root:",
)


def values() -> dict[str, object]:
    from datetime import UTC, datetime

    return {"lead": {"name": "Ann", "tags": ["a", "b"], "at": datetime(2026, 1, 1, tzinfo=UTC)}}


@pytest.mark.parametrize("html", [False, True])
@pytest.mark.parametrize("source", CORPUS)
def test_s08_an_escape_gives_nothing_or_is_refused(source: str, html: bool) -> None:
    start = time.thread_time()
    try:
        text = compile_text(source, html=html).render(values()).text
    except CampaignsError:
        text = ""
    assert time.thread_time() - start < 5
    assert not any(leak in text.lower() for leak in LEAKS), text


@pytest.mark.parametrize("source", CORPUS)
def test_s08_a_value_never_is_anything_but_data(source: str) -> None:
    try:
        value, _ = compile_value(source).render(values())
    except CampaignsError:
        return
    assert value is None or isinstance(value, str | int | float | list | dict)


@pytest.mark.parametrize("source", LITERAL)
def test_t04_other_languages_stay_text(source: str) -> None:
    assert compile_text(source).render(values()).text == source
