import math

import pytest

from gapprof.backends.synthetic import Machine, PlantedFailure, ladder_ms
from gapprof.explain.report import build
from gapprof.records.report import CauseRow
from tests.truth.recorder import record

FACTORS = {
    "native-extended": 2.0,
    "native-avx2": 1.8,
    "native-avx": 1.1,
    "native-128": 3.0,
    "native-all-128": 4.0,
}


def simd(*, gone: tuple[str, ...] = (), side_rounds: int = 3) -> CauseRow:
    failures = tuple(PlantedFailure(rung=rung, message="gone") for rung in gone)
    machine = Machine(latency_ms=ladder_ms(FACTORS), failures=failures)
    return next(row for row in build(record(machine, side_rounds=side_rounds)).causes if row.id == "simd")


def children(row: CauseRow) -> dict[str, float]:
    return {child.id: child.factor.point for child in row.children if child.factor is not None}


def test_it_is_the_mean_of_both_orders() -> None:
    row = simd()
    assert row.factor is not None
    assert row.factor.point == pytest.approx(math.sqrt(3.0 * 4.0))
    assert row.weights == {
        "native-threads": -0.5,
        "native-all-128": 0.5,
        "native-extended": -0.5,
        "native-128": 0.5,
    }


def test_its_children_are_widths_on_the_common_graph_and_what_layout_adds() -> None:
    found = children(simd())
    assert found == pytest.approx(
        {"to-avx2": 1.8, "to-avx": 1.1, "to-128": 3.0 / 1.98, "with-layout": math.sqrt(4.0 / 3.0)}
    )


def test_without_side_rungs_the_width_is_one_child() -> None:
    assert children(simd(side_rounds=0)) == pytest.approx(
        {"to-128": 3.0, "with-layout": math.sqrt(4.0 / 3.0)}
    )


def test_a_missing_width_merges_into_the_next() -> None:
    found = children(simd(gone=("native-avx2",)))
    assert found["to-avx"] == pytest.approx(1.98)
    assert "to-avx2" not in found


def test_its_saving_is_that_of_the_common_graph() -> None:
    """All else as the web has it: the layout that only native has brings the web nothing."""
    row = simd()
    assert row.saving_ms is not None
    assert row.saving_ms.point == pytest.approx(60.0 * (1 - 1 / 3.0))


def with_layout(row: CauseRow) -> CauseRow:
    return next(child for child in row.children if child.id == "with-layout")


def test_a_layout_that_the_web_has_not_saves_nothing_and_says_why() -> None:
    child = with_layout(simd())
    assert child.saving_ms is None
    assert "saves nothing" in child.why


@pytest.mark.parametrize(("gone", "factor"), [("native-all-128", 3.0), ("native-extended", 4.0)])
def test_with_a_corner_missing_one_path_is_left(gone: str, factor: float) -> None:
    row = simd(gone=(gone,), side_rounds=0)
    assert row.factor is not None
    assert row.factor.point == pytest.approx(factor)


def test_without_the_ceiling_it_is_not_measured() -> None:
    row = simd(gone=("native-128",))
    assert (row.verdict, row.factor) == ("not-measured", None)
    assert "native-128: failed: gone" in row.why
