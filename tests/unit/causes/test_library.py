import math

import pytest

from gapprof.backends.synthetic import Machine, PlantedFailure, PlantedNode, ladder_ms
from gapprof.explain.report import build
from gapprof.records.report import CauseRow, Evidence, Report
from tests.truth.recorder import record

FACTORS = {"native-extended": 2.0, "native-128": 3.0, "native-all-128": 4.0, "web-graph": 0.8}


def library(*gone: str) -> CauseRow:
    failures = tuple(PlantedFailure(rung=rung, message="gone") for rung in gone)
    machine = Machine(latency_ms=ladder_ms(FACTORS), failures=failures)
    return next(row for row in build(record(machine)).causes if row.id == "library")


def child(row: CauseRow, name: str) -> CauseRow:
    return next(one for one in row.children if one.id == name)


def test_layout_is_the_mean_of_both_orders_and_the_graph_keeps_its_sign() -> None:
    row = library()
    layout, graph = child(row, "layout"), child(row, "graph")
    assert layout.factor is not None
    assert graph.factor is not None
    assert layout.factor.point == pytest.approx(math.sqrt(2.0 * 6.0 / 4.0))
    assert graph.factor.point == pytest.approx(0.8)
    assert graph.verdict == "saves"


@pytest.mark.parametrize(("gone", "factor"), [("native-all-128", 2.0), ("native-extended", 1.5)])
def test_layout_follows_the_path_that_simd_took(gone: str, factor: float) -> None:
    layout = child(library(gone), "layout")
    assert layout.factor is not None
    assert layout.factor.point == pytest.approx(factor)


def test_a_missing_child_is_named_and_the_rest_stands() -> None:
    row = library("web-graph")
    assert row.factor is not None
    assert "web-graph: failed: gone" in row.why
    assert child(row, "graph").verdict == "not-measured"


def test_both_widths_of_the_layout_are_evidence() -> None:
    found = [one.value for one in library().evidence if one.kind == "contrast"]
    assert found == pytest.approx([2.0, 1.5])


def test_casts_that_the_file_does_not_have_are_named_with_their_share() -> None:
    cast = PlantedNode(name="InsertedPrecisionFreeCast_x", op_type="Cast", share=0.25)
    nodes = (
        PlantedNode(name="conv", share=0.5),
        PlantedNode(name="own_cast", op_type="Cast", share=0.25),
        cast,
    )
    report = build(record(Machine(nodes=nodes)))
    (told,) = (one for one in evidence(report) if "does not have" in one.text)
    assert told.value == pytest.approx(0.25, abs=0.01)
    assert told.text.startswith("25 % of the browser's time is 1 Cast node that")
    clean = build(record(Machine(nodes=nodes[:2])))
    assert not [one for one in evidence(clean) if "does not have" in one.text]


def evidence(report: Report) -> tuple[Evidence, ...]:
    return next(row.evidence for row in report.causes if row.id == "library")
