"""What the benchmark of several tokens walks, on a few leads: twelve sections, every way taken, all finished."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns.bench.stores import BenchStore
from campaigns.bench.tokens import SECTIONS, simulation, tokens
from campaigns.engine.document import Document, walk

LEADS = 100


@pytest.fixture
def bench(sqlite_url: str, tmp_path: Path):
    store = BenchStore("sqlite", sqlite_url, tmp_path)
    yield store
    store.close()


def test_there_are_twelve_sections_with_a_fork_a_wait_a_loop_and_a_goal():
    types = [item.type for item, _, _ in walk(Document.model_validate({"format": 1, "sections": SECTIONS}).sections)]
    assert len(types) == 12
    assert {"flow.fork", "flow.wait", "flow.for", "flow.goal"} <= set(types)


def test_each_execution_finishes_and_each_way_is_taken(bench: BenchStore):
    (figure,) = tokens(bench, LEADS)
    assert (figure.name, figure.metric, figure.leads) == ("tokens", "per_second", LEADS)
    assert figure.ceiling
    rows = bench.connect()
    assert rows.execute("SELECT status, COUNT(*) FROM executions GROUP BY status").fetchall() == [("finished", LEADS)]
    assert rows.execute("SELECT COUNT(*) FROM tokens").fetchone() == (0,)
    steps = rows.execute("SELECT section, outcome, COUNT(*) FROM steps GROUP BY section, outcome")
    counts = {(section, outcome): count for section, outcome, count in steps}
    rows.close()
    assert counts["s12", "finished"] == LEADS  # everybody comes to the end
    assert counts["s4", "waiting"] == 90  # ten were at the goal before
    assert (counts["s5", "bought"], counts["s5", "timeout"]) == (38, 37)  # fifteen jumped over the wait


def test_a_month_is_simulated_for_each_lead(bench: BenchStore):
    (figure,) = simulation(bench, LEADS)
    assert (figure.name, figure.leads) == ("simulation", LEADS)
