"""What twins say nothing of is told: how much it is, which operators, and why."""

import pytest

from gapprof.backends.synthetic import Machine, PlantedNode, ladder_ms
from gapprof.explain.report import build
from gapprof.facts.case import Case
from gapprof.facts.coverage import coverage
from gapprof.records.recording import Recording
from gapprof.records.settings import Settings
from tests.truth.recorder import record
from tests.unit.facts.twins import with_twins

BOTH = {"sse41": 2.5, "avx128": 2.0, "wasm": 2.2}


def recording(*, loop: float, twins: bool = True) -> Recording:
    """A convolution, and an operator that has no twin."""
    nodes = (
        PlantedNode(name="conv", op_type="Conv", share=3.0),
        *([PlantedNode(name="loop", op_type="Loop", share=loop)] if loop else []),
    )
    machine = Machine(latency_ms=ladder_ms({"web-worker": 2.0}), nodes=nodes)
    plain = record(machine, Settings(threads=1), page_threads=1)
    return with_twins(plain, {"conv": BOTH}, without=("loop",) if loop else ()) if twins else plain


def doubts(found: Recording) -> list[str]:
    return [text for text in build(found).warnings if text.startswith("twin kernels stand for")]


def test_the_share_and_the_operators_without_a_twin_are_told_with_the_reason() -> None:
    found = Case(recording(loop=1.0)).get(coverage)
    assert found is not None
    assert found.share == pytest.approx(0.75, abs=0.02)
    (row,) = found.lacking
    assert (row.op_type, row.why) == ("Loop", "none is written")
    assert row.share == pytest.approx(1 - found.share)
    (doubt,) = doubts(recording(loop=1.0))
    assert "of the kernels' time in the browser" in doubt
    assert "Loop (2" in doubt
    assert "none is written)" in doubt


def test_a_twin_that_nobody_timed_covers_nothing() -> None:
    planned = with_twins(recording(loop=0.0, twins=False), {"conv": {}})
    found = Case(planned).get(coverage)
    assert found is not None
    assert found.share == pytest.approx(0.0)
    assert found.lacking[0].why == "its twin was not timed"


@pytest.mark.parametrize("loop", [0.0, 0.003])
def test_crumbs_are_no_doubt(loop: float) -> None:
    assert doubts(recording(loop=loop)) == []


def test_without_twins_nothing_is_said_of_them() -> None:
    assert Case(recording(loop=1.0, twins=False)).get(coverage) is None
    assert doubts(recording(loop=1.0, twins=False)) == []
