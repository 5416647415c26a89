"""The registry: one door for built-ins and plugins, a module whole or not at all, a broken one stops nothing."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from campaigns.engine.outcome import Done
from campaigns.sections.base import MARK
from campaigns.sections.registry import DuplicateSection, Registry, UnknownSection, kinds, load, registry
from tests.support.programs import context, item, path, walk
from tests.support.sources import ROOT

SECTIONS = ROOT / "campaigns" / "sections"
GOOD = '''
from campaigns.engine.outcome import Done
from campaigns.sections.base import Section, section
from campaigns.sections.flow.stop import StopFlow


@section("acme.greet", role="action", label="Greet")
class Greet(Section):
    """Greets the lead by name, and does no more than that."""

    word: str = "Hello"

    def decide(self, context):
        return Done(receipt={"said": self.word})
'''
HALF = (
    GOOD
    + '''

@section("flow.stop", role="finish", label="Stop")
class Mine(Section):
    """Takes the name of a type that is there."""
'''
)
TWICE = (
    GOOD
    + '''

@section("acme.greet", role="action", label="Again")
class Again(Section):
    """Takes a name of the same module."""
'''
)


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch):
    """Return a function that puts a module of a source on the path and returns its name."""
    monkeypatch.syspath_prepend(str(tmp_path))
    made = []

    def make(name: str, source: str) -> str:
        (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
        made.append(name)
        return name

    yield make
    for name in made:
        sys.modules.pop(name, None)


def test_every_module_of_section_types_registers_one_type_named_like_it():
    modules = {
        found.stem.rstrip("_")
        for folder in ("triggers", "flow", "actions")
        for found in (SECTIONS / folder).glob("[a-z]*.py")
    }
    names = {name.replace(".", "_").removeprefix("flow_") for name in kinds()}
    assert names == modules
    assert all(kind.plugin == "" for kind in kinds().values())


def test_a_plugin_by_module_name_works_like_a_built_in(plugin):
    found = load([plugin("acme_good", GOOD)])
    assert found.broken == {}
    kind = found.get("acme.greet")
    assert (kind.plugin, kind.group, kind.label, kind.role) == ("acme_good", "acme", "Greet", "action")
    assert kind.help == "Greets the lead by name, and does no more than that."
    answer = kind.model.model_validate({"word": "Hi"}).decide(context())
    assert answer == Done(receipt={"said": "Hi"})


def test_what_a_plugin_imports_is_not_taken_for_its_own(plugin):
    assert set(load([plugin("acme_good", GOOD)]).kinds) - set(kinds()) == {"acme.greet"}


@pytest.mark.parametrize("source", [HALF, TWICE], ids=["of a built-in", "of the same module"])
def test_a_name_that_is_taken_is_refused_and_the_module_comes_in_whole_or_not(plugin, source):
    name = plugin("acme_bad", source)
    found = load([name])
    assert found.broken[name].startswith("DuplicateSection: ")
    assert set(found.kinds) == set(kinds())


def test_registering_a_module_twice_is_refused():
    from campaigns.sections.flow import stop

    found = Registry()
    assert found.add_module(stop) == ["flow.stop"]
    with pytest.raises(DuplicateSection):
        found.add_module(stop)


@pytest.mark.parametrize(
    ("source", "reason"),
    [("import nowhere_at_all", "ModuleNotFoundError"), ("1 / 0", "ZeroDivisionError"), ("def (", "SyntaxError")],
)
def test_a_broken_plugin_is_noted_and_stops_nothing(plugin, source, reason):
    broken = plugin("acme_broken", source)
    found = load([broken, plugin("acme_good", GOOD), "acme_not_installed"])
    assert found.broken[broken].startswith(reason)
    assert found.broken["acme_not_installed"].startswith("ModuleNotFoundError")
    assert "acme.greet" in found.kinds
    assert set(kinds()) <= set(found.kinds)


BAD = """
from campaigns.sections.base import Section, Trigger, section


@section({name!r}, role={role!r}, label="Bad")
class Bad({base}):
    \"\"\"Is marked as what it can't be.\"\"\"
    {field}
"""


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"name": "Acme Bad"}, "BadSection: 'Acme Bad' is no name"),
        ({"role": "actor"}, "BadSection: acme.bad has the role 'actor'"),
        ({"role": "trigger"}, "BadSection: acme.bad has to derive from Trigger"),
        ({"base": "Trigger"}, "BadSection: acme.bad has to derive from Section"),
        ({"base": "object"}, "BadSection: acme.bad has to derive from Section"),
        ({"field": "f: object = object()"}, "PydanticInvalidForJsonSchema: "),
    ],
)
def test_a_class_that_would_harm_others_is_refused(plugin, given, reason):
    source = BAD.format(**{"name": "acme.bad", "role": "action", "base": "Section", "field": "", **given})
    if "field" in given:
        source = source.replace("f: object = object()", "f: __import__('typing').Callable[[int], int] = abs")
    name = plugin("acme_bad_class", source)
    found = load([name])
    assert found.broken[name].startswith(reason)
    assert set(found.kinds) == set(kinds())


def test_what_was_found_is_listed_with_version_file_types_and_error(plugin):
    good, broken = plugin("acme_good", "__version__ = '1.2'" + GOOD), plugin("acme_broken", "1 / 0")
    first, second = (one for one in load([good, broken]).plugins if one.name in {good, broken})
    assert (first.module, first.version, first.types, first.error) == (good, "1.2", ("acme.greet",), "")
    assert len(first.fingerprint) == 12
    assert (second.types, second.error) == ((), "ZeroDivisionError: division by zero")


def test_a_module_that_ends_the_process_at_import_is_broken_and_no_more(plugin):
    name = plugin("acme_quits", "raise SystemExit(3)")
    assert load([name]).broken == {name: "SystemExit: 3"}


def test_a_package_may_keep_its_types_in_modules_of_its_own(plugin, tmp_path):
    (tmp_path / "acme_whole").mkdir()
    (tmp_path / "acme_whole" / "__init__.py").write_text("from acme_whole.greeting import Greet\n")
    (tmp_path / "acme_whole" / "greeting.py").write_text(GOOD)
    try:
        assert load(["acme_whole"]).plugins[-1].types == ("acme.greet",)
    finally:
        sys.modules.pop("acme_whole.greeting", None)
        sys.modules.pop("acme_whole", None)


def test_a_module_without_types_registers_none():
    assert Registry().add_module(ModuleType("empty")) == []


def test_the_mark_stays_with_the_class_that_was_marked():
    from campaigns.sections.flow.stop import StopFlow

    child = type("Child", (StopFlow,), {"__module__": "child"})
    module = ModuleType("child")
    module.Child = child
    assert hasattr(child, MARK)
    assert Registry().add_module(module) == []


def test_an_unknown_type_is_said_by_name():
    with pytest.raises(UnknownSection, match=r"There is no section type flow\.fly\."):
        registry().get("flow.fly")


def test_every_type_has_a_test_of_its_own_and_a_heading_in_the_reference():
    reference = (ROOT / "docs" / "reference" / "sections.md").read_text(encoding="utf-8").splitlines()
    for name, kind in kinds().items():
        module = kind.model.__module__.rpartition(".")[2]
        assert (ROOT / "tests" / "sections" / f"test_{module}.py").exists(), f"{name} has no test"
        assert f"### `{name}`" in reference, f"{name} has no heading: make docs"


def test_a_type_runs_the_same_from_a_document():
    assert path(walk(item("flow.stop", reason="x"))) == [("s1", "stopped")]
