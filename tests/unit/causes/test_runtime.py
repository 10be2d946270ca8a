import pytest

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.explain.report import build
from gapprof.records.report import CauseRow
from gapprof.records.settings import Settings
from tests.truth.recorder import FULL, record


def runtime(factors: dict[str, float], settings: Settings = FULL, *, passes: bool = True) -> CauseRow:
    machine = Machine(
        latency_ms=ladder_ms(factors),
        marshalling_ms={"native": 0.0, "web": 2.0},
        dispatch_us={"native": 0.0, "web": 0.0},
    )
    report = build(record(machine, settings, side_rounds=2, passes=passes))
    return next(row for row in report.causes if row.id == "runtime")


def child(row: CauseRow, name: str) -> CauseRow:
    return next(one for one in row.children if one.id == name)


def test_copies_are_what_the_profile_saw_beyond_native() -> None:
    found = child(runtime({}), "marshalling-and-dispatch")
    assert found.factor is not None
    assert found.factor.point == pytest.approx(10.0 / 8.0)
    assert any("in the browser" in one.text for one in found.evidence)


def test_without_profiles_copies_are_not_measured_and_the_rest_is() -> None:
    row = runtime({"web-paced": 1.2}, passes=False)
    assert child(row, "marshalling-and-dispatch").verdict == "not-measured"
    assert row.factor is not None
    assert row.factor.point == pytest.approx(1.2)


def test_the_users_baseline_flag_is_runtime_and_named() -> None:
    asked = Settings(threads=2, js_flags=("--liftoff-only",))
    found = child(runtime({"web-flags": 2.5}, asked), "flags")
    assert found.verdict == "costs"
    assert found.evidence[0].text.startswith("--liftoff-only keeps wasm in V8's baseline tier")


def test_without_flags_the_child_does_not_apply_and_says_why() -> None:
    found = child(runtime({}, Settings(threads=2)), "flags")
    assert (found.verdict, found.why) == ("not-applicable", "no browser or V8 flags were given")


def test_side_rungs_are_its_evidence() -> None:
    row = runtime({"web-baseline": 2.5, "engine": 1.0})
    values = {one.text.split(" would")[0]: one.value for one in row.evidence if one.kind == "side-rung"}
    assert values["V8's baseline tier alone"] == pytest.approx(2.5)
    assert len(values) == 4


def test_the_same_wasm_in_node_splits_the_gap_at_the_browsers_edge() -> None:
    row = runtime({"web-worker": 2.0, "engine": 0.8, "web-main": 1.5})
    (told,) = (one for one in row.evidence if one.kind == "outside")
    assert told.value == pytest.approx(1.5 / 0.8, rel=0.02)
    assert told.text.startswith("Outside any page, in Node, the same wasm takes 1.60x [")
    assert "the browser and the page around it take 1.8" in told.text
    without = build(record(Machine(latency_ms=ladder_ms({"web-worker": 2.0}))))
    kinds = {one.kind for one in next(row for row in without.causes if row.id == "runtime").evidence}
    assert "outside" not in kinds
