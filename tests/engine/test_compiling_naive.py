"""Random documents of all section types: the compiled program against a naive interpreter of the document itself."""

from contextlib import suppress
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from campaigns.engine.advance import advance
from campaigns.engine.compiling import compile_program
from campaigns.engine.context import Context
from campaigns.engine.document import Document
from campaigns.engine.validation import find_problems, parse
from tests.support.programs import KINDS, NOW, VOCABULARY, document, lead, path

TAGS = st.sampled_from(["vip", "cold"])
LISTS = st.sampled_from(["hot", "cold"])
TESTS = st.one_of(
    st.integers(-2, 6).map(lambda n: {"field": "lead.score", "op": "gte", "value": n}),
    TAGS.map(lambda tag: {"has_tag": tag}),
    LISTS.map(lambda key: {"in_list": key}),
    st.sampled_from(["new", "qualified"]).map(lambda s: {"field": "lead.status", "op": "eq", "value": s}),
    st.integers(0, 3).map(lambda n: {"field": "state.a", "op": "eq", "value": n}),
)
CONDITIONS = TESTS | st.lists(TESTS, max_size=2).map(lambda parts: {"all": parts}) | TESTS.map(lambda t: {"not": t})
NUMBERS = st.dictionaries(st.sampled_from(["a", "_b"]), st.integers(0, 3), max_size=2)


def made(type, **config):
    return st.fixed_dictionaries({"type": st.just(type), "config": st.fixed_dictionaries(config)})


PLAIN = st.one_of(
    made("lead.add_points", points=st.integers(-3, 3)),
    made("lead.set_status", status=st.sampled_from(["new", "qualified"])),
    made("lead.add_tag", tag=TAGS),
    made("lead.remove_tag", tag=TAGS),
    made("list.add", list=LISTS),
    made("list.remove", list=LISTS),
    made("lead.assign_owner", owner=st.just("anna@acme.example")),
    made("lead.set_field", field=st.just("city"), value=st.sampled_from([None, "Berlin"])),
    made("state.set", values=NUMBERS),
    made("state.update", values=NUMBERS),
    made("log.note", text=st.just("Score {{ lead.score }}")),
    made("email.send", template=st.just("welcome")),
    made("flow.delay", duration=st.integers(0, 2).map(lambda n: {"hours": n})),
    made("flow.delay", until=st.just("2026-03-01"), if_past=st.sampled_from(["continue", "leave", "return", "stop"])),
    made("flow.stop", reason=st.just("enough")),
    made("flow.finish"),
)


def forks(inner):
    branches = st.lists(inner, max_size=3)
    cases = st.lists(CONDITIONS, min_size=1, max_size=2)
    return st.one_of(
        st.builds(
            lambda condition, taken: {"type": "flow.if", "config": {"condition": condition}, "branches": taken},
            CONDITIONS,
            st.dictionaries(st.sampled_from(["yes", "no"]), branches),
        ),
        st.builds(
            lambda tests, taken: {
                "type": "flow.switch",
                "config": {"cases": [{"name": f"c{n}", "condition": test} for n, test in enumerate(tests)]},
                "branches": {name: part for name, part in taken.items() if name != "c1" or len(tests) > 1},
            },
            cases,
            st.dictionaries(st.sampled_from(["c0", "c1", "otherwise"]), branches),
        ),
    )


EXTRAS = st.fixed_dictionaries(
    {}, optional={"only_if": CONDITIONS, "disabled": st.booleans(), "name": st.text(max_size=3)}
)
SECTIONS = st.recursive(PLAIN, lambda inner: PLAIN | forks(inner), max_leaves=12)
BODIES = st.lists(st.builds(lambda section, extras: section | extras, SECTIONS, EXTRAS), max_size=6)


def numbered(sections, numbers):
    """Give every section an id, in the order in which it is drawn."""
    found = []
    for section in sections:
        named = {**section, "id": f"s{next(numbers)}"}
        if "branches" in section:
            named["branches"] = {key: numbered(inner, numbers) for key, inner in section["branches"].items()}
        found.append(named)
    return found


class Ended(Exception):
    """The token is at its end."""


class Left(Exception):
    """The token has left its branch."""


class Naive:
    """A lead as plain values; goes through the document recursively, waits over at once."""

    def __init__(self):
        self.values = dict(lead().values)
        self.tags, self.lists, self.state, self.steps, self.mails = set(), set(), {}, [], 0
        self.status = "finished"

    def run(self, sections):
        with suppress(Ended, Left):
            self.sequence(sections)
        return self

    def sequence(self, sections):
        for section in sections:
            if section.get("disabled") or ("only_if" in section and not self.holds(section["only_if"])):
                self.step(section, "skipped")
            else:
                self.section(section, section["type"], section.get("config", {}))

    def step(self, section, outcome):
        self.steps.append((section["id"], outcome))

    def section(self, section, type, config):
        if type in {"flow.if", "flow.switch"}:
            taken = self.branch(type, config)
            self.step(section, taken)
            with suppress(Left):
                self.sequence(section.get("branches", {}).get(taken, []))
        elif type == "flow.delay":
            self.delay(section, config)
        elif type in {"flow.stop", "flow.finish"}:
            self.status = {"flow.stop": "stopped", "flow.finish": "finished"}[type]
            self.step(section, self.status)
            raise Ended
        else:
            self.step(section, "done")
            self.act(type, config)

    def branch(self, type, config):
        if type == "flow.if":
            return "yes" if self.holds(config["condition"]) else "no"
        return next((case["name"] for case in config["cases"] if self.holds(case["condition"])), "otherwise")

    def delay(self, section, config):
        if "duration" in config and config["duration"]["hours"]:
            self.step(section, "waiting")
            self.step(section, "resumed")
        elif config.get("if_past") == "stop":
            self.status = "stopped"
            self.step(section, "stopped")
            raise Ended
        else:
            self.step(section, "done")
            if config.get("if_past") in {"leave", "return"}:
                raise Left

    def act(self, type, config):
        noun, _, verb = type.partition(".")
        match noun, verb.partition("_")[0]:
            case "list", "add":
                self.lists.add(config["list"])
            case "list", "remove":
                self.lists.discard(config["list"])
            case "state", _:
                kept = {key: value for key, value in self.state.items() if verb == "update" or key[0] == "_"}
                self.state = kept | config["values"]
            case "email", _:
                self.mails += 1
            case "lead", _:
                self.change(verb, config)

    def change(self, verb, config):
        match verb:
            case "add_points":
                self.values["score"] += config["points"]
            case "add_tag":
                self.tags.add(config["tag"])
            case "remove_tag":
                self.tags.discard(config["tag"])
            case "set_field":
                self.values[config["field"]] = config["value"]
            case _:  # assign_owner, set_status
                self.values |= config

    def holds(self, test):
        if "all" in test:
            return all(map(self.holds, test["all"]))
        if "not" in test:
            return not self.holds(test["not"])
        if "has_tag" in test:
            return test["has_tag"] in self.tags
        if "in_list" in test:
            return test["in_list"] in self.lists
        if test["field"] == "lead.score":
            return self.values["score"] >= test["value"]
        seen = self.state.get("a") if test["field"] == "state.a" else self.values["status"]
        return seen == test["value"]


def compiled(raw):
    """Run the document as the runner does: walk, wait until the moment told, go on with the step numbers."""
    program = compile_program(parse(raw, KINDS), KINDS, VOCABULARY)
    subject, steps, mails, now = lead(), [], 0, NOW
    result = advance(program, Context(subject, now=now, state={}))
    for _ in range(1000):
        steps += path(result)
        mails += len(result.outside)
        if result.status != "waiting":
            return result, subject, steps, mails
        now = result.wake_at
        again = Context(subject, now=now, state=result.state)
        result = advance(program, again, section=result.section, number=result.next_number, resuming=True)
    raise AssertionError("it waits for ever")


@given(body=BODIES)
def test_a_program_does_what_a_naive_reading_of_its_document_does(body):
    raw = document(*numbered(body, count(1)))
    naive = Naive().run(raw["sections"])
    result, subject, steps, mails = compiled(raw)
    assert steps == naive.steps
    assert (result.status, result.state, mails) == (naive.status, naive.state, naive.mails)
    assert (subject.values | {"city": subject.values.get("city")}) == naive.values | {"city": naive.values.get("city")}
    assert (subject.tags, subject.lists) == (naive.tags, naive.lists)
    assert result.next_number == len(steps)


@given(body=BODIES)
def test_documents_survive_the_way_through_json_and_have_no_problems(body):
    raw = document(*numbered(body, count(1)))
    first = parse(raw, KINDS)
    again = Document.model_validate_json(first.model_dump_json(by_alias=True))
    assert again == first
    assert again.model_dump(mode="json", by_alias=True) == first.model_dump(mode="json", by_alias=True)
    assert find_problems(first, KINDS, VOCABULARY) == []
