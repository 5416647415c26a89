"""Shapes that are never right here, or only in the places that are named with their reason."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.support.sources import calls, files, name_of, tree

CODE = files("campaigns", "scripts", suffix=".py")
PURE = files("campaigns/engine", "campaigns/sections", "campaigns/imports", suffix=".py")
TEMPLATES = files("templates", suffix=".html")

# The outermost loops, and the borders to strangers' code: file, and why everything is caught there.
CATCHES_ALL = {
    "campaigns/dispatch/aside.py": "the outermost loop of a thread beside the worker's",
    "campaigns/dispatch/embedded.py": "whether there is news is asked again; a failed question means yes",
    "campaigns/dispatch/inline.py": "the caller's commit stands, whatever the work it announced meets",
    "campaigns/dispatch/listener.py": "the thread that hears announcements outlives a lost connection",
    "campaigns/dispatch/runner.py": "the outermost loop of a worker",
    "campaigns/engine/walking.py": "one lead's bad luck must not touch the batch",
    "campaigns/engine/compiling.py": "a plugin may raise anything when it is prepared, and only its own section fails",
    "campaigns/engine/validation.py": "a plugin's validator may raise anything, which is a problem of its config",
    "campaigns/services/outbox.py": "one mail's bad luck must not touch the next",
    "campaigns/services/calls.py": "one call's bad luck must not touch the next",
    "campaigns/services/runner.py": "what raises is halved until it stands alone, and quarantined",
    "campaigns/performing/task.py": "a plugin may raise anything, and its answer says so",
    "campaigns/sections/guarding.py": "a plugin may raise anything when it is drawn, checked or matched",
    "campaigns/sections/registry.py": "a stranger's module may raise anything when it is imported",
}
# HTML that is made by our code alone and says so: file, and why.
MAKES_MARKUP = {"campaigns/templating/context.py": "joins pieces that are escaped one by one"}
# SQL put together from our own names (tables, functions of a dialect), never from input: file, and why.
BUILDS_SQL = {"campaigns/storage/queries/due.py": "the dialect's name of a function"}

FORBIDDEN_CALLS = {
    "eval": "no expression of a user is Python",
    "exec": "no text of a user is Python",
    "pickle.loads": "unpickling runs code",
    "pickle.load": "unpickling runs code",
    "marshal.loads": "unmarshalling can crash the process",
    "yaml.load": "use yaml.safe_load",
    "os.system": "use subprocess with a list",
    "datetime.utcnow": "gives a naive moment",
    "render_template_string": "pages are files",
    "tempfile.mktemp": "races with whoever guesses the name",
}
CLOCKS = re.compile(r"\b(datetime|date)\.(now|utcnow|today)$|^time\.(time|time_ns|monotonic|perf_counter)$")


def test_forbidden_calls_do_not_occur() -> None:
    found = [
        f"{name_of(path)}:{call.lineno} {name}: {FORBIDDEN_CALLS[name]}"
        for path in CODE
        for name, call in calls(path)
        if name in FORBIDDEN_CALLS
    ]
    assert found == []


def test_sql_text_is_never_put_together_from_values() -> None:
    found = [
        f"{name_of(path)}:{call.lineno} bind values instead of formatting them"
        for path in CODE
        for name, call in calls(path)
        if name.rpartition(".")[2] == "text" and call.args and is_assembled(call.args[0])
        if name_of(path) not in BUILDS_SQL
    ]
    assert found == []


def test_everything_is_caught_only_at_the_outermost_loops() -> None:
    broad = [
        f"{name_of(path)}:{node.lineno} name the errors you can answer"
        for path in CODE
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler) and catches_all(node) and not reraises(node)
        if name_of(path) not in CATCHES_ALL
    ]
    assert broad == []


def test_markup_is_declared_safe_only_where_it_is_made() -> None:
    in_code = [
        f"{name_of(path)}:{call.lineno}"
        for path in CODE
        for name, call in calls(path)
        if name.rpartition(".")[2] == "Markup" and name_of(path) not in MAKES_MARKUP
    ]
    assert in_code == [], "build HTML in a template, which escapes"


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_templates_escape_everything_and_run_nothing(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    shapes = {
        r"\|\s*safe\b": "|safe lets HTML through",
        r"autoescape\s+false": "escaping must stay on",
        r"<script(?![^>]*\b(src|type=\"application/json\"))": "scripts are files in static/js",
        r"\s(style|on[a-z]+|hx-on[\w:-]*)\s*=\s*[\"'{]": "the Content-Security-Policy blocks this attribute",
        r"<style\b": "styles are files in static/css",
        r"javascript:": "scripts are files in static/js",
    }
    assert [why for shape, why in shapes.items() if re.search(shape, source, re.IGNORECASE)] == []


def test_pure_code_is_told_the_time() -> None:
    found = [
        f"{name_of(path)}:{call.lineno} {name}" for path in PURE for name, call in calls(path) if CLOCKS.search(name)
    ]
    assert found == [], "engine, sections and imports take `now` as an argument"


def test_the_package_knows_nothing_of_its_tests() -> None:
    importing = [name_of(path) for path in CODE if any("tests" in module.split(".")[:1] for module in imported(path))]
    assert importing == []


def test_allowances_are_still_needed() -> None:
    """An allowance of a file that is gone would let a new file of that name in unseen."""
    allowed = {*CATCHES_ALL, *MAKES_MARKUP, *BUILDS_SQL}
    assert allowed - {name_of(path) for path in CODE} == set()


def is_assembled(node: ast.expr) -> bool:
    """Tell whether a string is put together: an f-string with fields, `%`, `+`, or .format()."""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp):
        return True
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format"


def catches_all(handler: ast.ExceptHandler) -> bool:
    named = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or ast.unparse(kind) in {"Exception", "BaseException"} for kind in named)


def reraises(handler: ast.ExceptHandler) -> bool:
    """Tell whether a handler cleans up and lets the error go on."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def imported(path: Path) -> list[str]:
    plain = [alias.name for node in ast.walk(tree(path)) if isinstance(node, ast.Import) for alias in node.names]
    return plain + [node.module or "" for node in ast.walk(tree(path)) if isinstance(node, ast.ImportFrom)]
