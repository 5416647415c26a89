"""Budgets of size (STYLE.md): they limit the tail. Split a file that grows past one by noun."""

from __future__ import annotations

import ast

import pytest

from tests.support.sources import Function, body_lines, files, functions, lines_of, name_of

PYTHON = files("campaigns", "tests", "scripts", suffix=".py")
VIEW_METHODS = {"get", "post", "put", "patch", "delete", "route"}

# Pure tables are exempt: file, and why.
TABLES: dict[str, str] = {}


@pytest.mark.parametrize(
    ("folder", "suffix", "limit"),
    [
        ("campaigns", ".py", 300),
        ("tests", ".py", 300),
        ("scripts", ".py", 300),
        ("templates", ".html", 100),
        ("static/js", ".js", 100),
    ],
)
def test_files_stay_short(folder: str, suffix: str, limit: int) -> None:
    sizes = {name_of(path): lines_of(path) for path in files(folder, suffix=suffix)}
    assert {name: size for name, size in sizes.items() if size > limit and name not in TABLES} == {}


def test_each_conftest_stays_short() -> None:
    sizes = {name_of(path): lines_of(path) for path in PYTHON if path.name == "conftest.py"}
    assert {name: size for name, size in sizes.items() if size > 150} == {}


def test_functions_stay_short() -> None:
    sizes = {f"{name_of(path)}:{f.lineno} {f.name}": body_lines(f) for path in PYTHON for f in functions(path)}
    assert {name: size for name, size in sizes.items() if size > 40} == {}


def test_functions_take_few_arguments() -> None:
    counts = {f"{name_of(path)}:{f.lineno} {f.name}": arguments(f) for path in PYTHON for f in functions(path)}
    assert {name: count for name, count in counts.items() if count > 6} == {}


def test_views_do_four_things_in_fifteen_lines() -> None:
    views = {
        f"{name_of(path)}:{f.lineno} {f.name}": body_lines(f)
        for path in files("campaigns/web", "campaigns/api", suffix=".py")
        for f in functions(path)
        if is_view(f)
    }
    assert {name: size for name, size in views.items() if size > 15} == {}


def arguments(function: Function) -> int:
    """Count what a caller may pass, `self` aside."""
    given = function.args
    names = [argument.arg for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return len([name for name in names if name not in {"self", "cls"}])


def is_view(function: Function) -> bool:
    called = (d.func for d in function.decorator_list if isinstance(d, ast.Call))
    return any(isinstance(f, ast.Attribute) and f.attr in VIEW_METHODS for f in called)
