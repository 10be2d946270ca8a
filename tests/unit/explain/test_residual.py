import pytest

from gapprof.backends.synthetic import Machine, PlantedFailure, PlantedNode
from gapprof.explain.report import build
from gapprof.records.report import Report
from gapprof.records.settings import Settings
from tests.truth.recorder import record
from tests.unit.facts.twins import with_twins


def without(*rungs: str, passes: bool = True) -> Report:
    failures = tuple(PlantedFailure(rung=rung, message="gone") for rung in rungs)
    return build(record(Machine(failures=failures), passes=passes))


def test_what_the_twin_kernels_will_separate_is_named() -> None:
    report = without()
    step = "native-128 → web-kernels"
    assert report.residual.why == f"{step}: runtime and library, not separated yet (--twins does it)"
    assert report.residual.weights == {"native-128": -1.0, "web-kernels": 1.0}


def test_twins_without_native_ones_separate_nothing_and_the_hint_is_another_one() -> None:
    machine = Machine(nodes=(PlantedNode(name="conv", op_type="Conv"),))
    plain = record(machine, Settings(threads=1, twins=True), page_threads=1)
    step = "native-128 → web-kernels: runtime and library, not separated"
    only_wasm = build(with_twins(plain, {"conv": {"wasm": 2.0, "wasm-relaxed": 2.0}}))
    assert (
        f"{step}: --twins had no native twins to compare with, which need llvmlite" in only_wasm.residual.why
    )
    assert not [row for cause in only_wasm.causes for row in cause.children if row.id == "engine"]
    assert f"{step}: --twins timed nothing here" in build(plain).residual.why


def test_without_profiles_marshalling_is_in_it_too() -> None:
    assert "runtime/marshalling and dispatch" in without(passes=False).residual.why


@pytest.mark.parametrize(
    ("gone", "names"),
    [
        ("web-graph", ("library/graph", "contention/main thread", "web-graph (failed: gone)")),
        ("web-flags", ("runtime/flags", "library/graph")),
        ("native-threads", ("threads", "library/layout")),
        ("native-128", ("simd", "runtime", "library")),
    ],
)
def test_a_merged_step_names_what_is_merged(gone: str, names: tuple[str, ...]) -> None:
    why = without(gone).residual.why
    assert all(name in why for name in names), why


def test_two_gaps_are_two_clauses() -> None:
    assert without("web-graph", "native-threads").residual.why.count("→") == 3


def test_the_square_without_a_corner_falls_back_to_one_path() -> None:
    for gone in ("native-all-128", "native-extended"):
        report = without(gone)
        assert report.residual.weights.keys() == {"native-128", "web-kernels"} or gone == "native-extended"
        simd = next(row for row in report.causes if row.id == "simd")
        library = next(row for row in report.causes if row.id == "library")
        assert simd.factor is not None
        assert library.factor is not None
        assert report.interactions == ()
