"""Twin kernels tell the engine from the library: planted ratios of nodes are found as causes of the model."""

import math

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, PlantedNode, ladder_ms
from gapprof.explain.report import build
from gapprof.facts.case import Case
from gapprof.facts.computed import KERNELS, computed
from gapprof.facts.profiles import CAPPED, NATIVE, WEB, profile_of
from gapprof.facts.readings import chain, latencies, readable
from gapprof.facts.split import split
from gapprof.facts.twin_ladder import two_ways
from gapprof.facts.twinned import AVX_128, ENGINE, LIBRARY, SUITED
from gapprof.records.recording import Recording
from gapprof.records.report import CauseRow, Report
from gapprof.records.settings import Settings
from gapprof.records.trial import Profile
from tests.truth.recorder import record
from tests.unit.facts.twins import with_twins

TWINNED = (AVX_128, ENGINE, LIBRARY)
ONE_THREAD = Settings(threads=1)
NODES = (
    PlantedNode(name="conv", op_type="Conv", share=3.0),
    PlantedNode(name="soft", op_type="Softmax", share=1.0),
)
MACHINE = Machine(
    latency_ms=ladder_ms({"native-all-128": 2.0, "native-128": 2.0, "web-worker": 2.0}), nodes=NODES
)
ENCODING, CODEGEN = 1.25, 1.1
TWINS = {
    name: {"sse41": ms * ENCODING, "avx128": ms, "wasm": ms * CODEGEN}
    for name, ms in (("conv", 20.0), ("soft", 6.0))
}


_NEW = ("engine", "kernels")


def recording(
    twins: dict[str, dict[str, float]] = TWINS,
    *,
    luck: tuple[float, ...] = (1.0, 1.0, 1.0),
    without: tuple[str, ...] = (),
) -> Recording:
    return with_twins(record(MACHINE, ONE_THREAD, page_threads=1), twins, luck=luck, without=without)


def cause(report: Report, name: str) -> CauseRow:
    return next(row for row in report.causes if row.id == name)


def child(report: Report, name: str, of: str) -> CauseRow:
    return next(row for row in cause(report, of).children if row.id == name)


def test_the_three_steps_stand_between_native_at_128_bits_and_the_kernels_of_the_browser() -> None:
    case = Case(recording())
    line = case.get(chain)
    at = line.index(CAPPED)
    assert line[at : at + 5] == (CAPPED, AVX_128, ENGINE, LIBRARY, "web-kernels")


def test_each_step_is_what_the_nodes_add_up_to() -> None:
    case = Case(recording())
    capped = profile_of(case, CAPPED)
    assert capped is not None
    native_ms = capped.kernels_ms
    found = {rung: case.get(latencies)[rung][0] for rung in (CAPPED, *TWINNED)}
    assert found[AVX_128] == pytest.approx(found[CAPPED] - native_ms * (1 - 1 / ENCODING))
    assert found[ENGINE] == pytest.approx(found[AVX_128] + native_ms / ENCODING * (CODEGEN - 1))
    assert found[LIBRARY] == pytest.approx(case.get(latencies)[KERNELS][0])


def test_a_planted_engine_is_a_child_of_runtime_and_leaves_the_library_alone() -> None:
    plain, slower = (
        build(recording({name: {**times, "wasm": times["wasm"] * factor} for name, times in TWINS.items()}))
        for factor in (1.0, 1.5)
    )
    factors = {}
    for report in (plain, slower):
        engine, kernels = child(report, "engine", "runtime"), child(report, "kernels", "library")
        assert engine.factor is not None
        assert kernels.factor is not None
        factors[report is slower] = engine.factor.point, kernels.factor.point
    assert factors[True][0] > 1.3 * factors[False][0]
    assert math.prod(factors[True]) == pytest.approx(math.prod(factors[False]))


def test_the_encoding_is_taken_out_of_simd() -> None:
    with_it = build(recording())
    without = build(recording({name: {**times, "sse41": times["avx128"]} for name, times in TWINS.items()}))
    simd = [cause(report, "simd").factor for report in (with_it, without)]
    assert simd[0] is not None
    assert simd[1] is not None
    assert simd[0].point < simd[1].point
    assert not any("Upper bound" in one.text for one in cause(with_it, "simd").evidence)
    assert child(with_it, "sse-encoding", "simd").saving_ms is None


def test_nothing_is_left_of_the_residual_where_every_node_has_a_twin() -> None:
    without, report = build(record(MACHINE, ONE_THREAD, page_threads=1)), build(recording())
    assert without.residual.factor is not None
    assert report.residual.factor is not None
    assert without.residual.factor.point > 1.5
    assert report.residual.factor.point == pytest.approx(1.0, abs=0.03)
    weights = [row.weights for row in report.causes]
    assert all(sum(one.values()) == pytest.approx(0.0) for one in weights)


def test_a_node_without_a_twin_stays_in_the_residual() -> None:
    everything = build(recording())
    partly = build(recording({"conv": TWINS["conv"]}, without=("soft",)))
    assert everything.residual.factor is not None
    assert partly.residual.factor is not None
    assert partly.residual.factor.point > everything.residual.factor.point + 0.05
    assert "--twins" not in partly.residual.why
    rows = {row.name: row for row in partly.operators}
    assert "runtime" in rows["conv"].causes
    assert "runtime" not in rows["soft"].causes


def test_the_causes_of_a_node_sum_to_what_it_loses() -> None:
    report = build(recording())
    for row in report.operators:
        assert math.fsum(row.causes.values()) == pytest.approx(row.web_ms - row.native_ms)


def test_intervals_hold_how_twins_differ_from_round_to_round() -> None:
    steady, unsteady = (
        child(build(recording(luck=luck)), "engine", "runtime").factor
        for luck in ((1.0, 1.0, 1.0), (0.9, 1.0, 1.1))
    )
    assert steady is not None
    assert unsteady is not None
    assert unsteady.high / unsteady.low > steady.high / steady.low + 0.1


def test_without_twins_the_residual_says_how_it_could_be_separated() -> None:
    report = build(record(MACHINE, ONE_THREAD, page_threads=1))
    assert not [row for of in ("runtime", "library") for row in cause(report, of).children if row.id in _NEW]
    assert "runtime and library, not separated yet (--twins does it)" in report.residual.why


@pytest.mark.parametrize("lacks", ["avx128", "wasm"])
def test_without_a_twin_of_either_side_nothing_is_told_apart(lacks: str) -> None:
    halves = {
        name: {target: ms for target, ms in times.items() if target != lacks} for name, times in TWINS.items()
    }
    assert split(Case(recording(halves))) is None


def test_without_sse_there_is_no_encoding_to_take_out() -> None:
    bare = {name: {"avx128": times["avx128"], "wasm": times["wasm"]} for name, times in TWINS.items()}
    case = Case(recording(bare))
    assert case.get(latencies)[AVX_128] == pytest.approx(case.get(latencies)[CAPPED])


def test_a_build_without_simd_is_not_split() -> None:
    machine = Machine(latency_ms=MACHINE.latency_ms, nodes=NODES, wasm_simd=False)
    scalar = with_twins(record(machine, ONE_THREAD, page_threads=1), TWINS)
    assert not set(TWINNED) & Case(scalar).get(computed).keys()


def test_too_few_rounds_of_twins_decide_nothing() -> None:
    case = Case(recording(luck=(1.0, 1.0)))
    assert readable(case, AVX_128, ENGINE)
    row = child(build(recording(luck=(1.0, 1.0))), "engine", "runtime")
    assert row.verdict in ("unclear", "not-measured")


def test_native_and_the_browser_are_where_they_were() -> None:
    plain, twinned = Case(record(MACHINE, ONE_THREAD, page_threads=1)), Case(recording())
    for rung in (NATIVE, CAPPED, WEB):
        assert plain.get(latencies)[rung] == twinned.get(latencies)[rung]


def test_a_pass_that_one_side_lacks_counts_on_neither() -> None:
    whole = recording({"conv": TWINS["conv"]}, without=("soft",))
    web = [entry for entry in whole.entries if isinstance(entry, Profile) and entry.rung == WEB]
    lacking = replace(whole, entries=tuple(entry for entry in whole.entries if entry is not web[-1]))
    found, full = Case(lacking).get(split), Case(whole).get(split)
    assert found is not None
    assert full is not None
    assert full.rounds == tuple(one.round for one in web)
    assert found.rounds == full.rounds[:-1]
    assert found.rest == {number: full.rest[number] for number in found.rounds}


def told_by_twins(report: Report) -> str:
    return next((one.text for one in cause(report, "simd").evidence if one.kind == "twin-ladder"), "")


@pytest.mark.parametrize(
    ("width", "verdict"), [(1.6, "agree within 10 %"), (3.0, "do not use both widths alike")]
)
def test_the_width_is_told_a_second_way_by_one_loop_at_both(width: float, verdict: str) -> None:
    """Planted: native onnxruntime is 2.0x slower at 128 bits, 1.25x of it encoding."""
    twins = {name: {**times, "avx2": times["avx128"] / width} for name, times in TWINS.items()}
    found = two_ways(Case(recording(twins)))
    assert found is not None
    assert math.exp(found.twins.mean) == pytest.approx(width)
    assert math.exp(found.capped.mean) == pytest.approx(2.0 / ENCODING, rel=0.05)
    assert found.widest == "avx2"
    assert verdict in told_by_twins(build(recording(twins)))


def test_without_wider_twins_there_is_one_way_only() -> None:
    assert two_ways(Case(recording())) is None
    assert told_by_twins(build(recording())) == ""


WORSE, ENCODING_OF_SSE = 1.2, 1.3
"""Planted: what the browser's schedules cost as native code, and the encoding of a loop that suits SSE."""


def tuned_natively(worse: float) -> dict[str, dict[str, float]]:
    """Twins of both schedules: the browser's take so many times as long natively as those that suit SSE."""
    return {
        name: {
            "sse41": ms * ENCODING_OF_SSE,
            "avx128-as-sse41": ms,
            "avx128": ms * worse,
            "wasm": ms * worse * CODEGEN,
        }
        for name, ms in (("conv", 20.0), ("soft", 6.0))
    }


@pytest.mark.parametrize("worse", [WORSE, 0.9])
def test_what_schedules_are_worth_natively_is_the_residual_signed_and_measured(worse: float) -> None:
    """By native twins alone: whatever the browser's kernels take."""
    case = Case(recording(tuned_natively(worse)))
    parts = case.get(split)
    assert parts is not None
    for node in parts.nodes:
        encoded, engine, suited = map(node.ratio, (node.encoded_ms, node.engine_ms, node.suited_ms))
        assert encoded == pytest.approx(1 / ENCODING_OF_SSE)
        assert engine / encoded == pytest.approx(CODEGEN)
        assert suited / engine == pytest.approx(worse)
    report = build(recording(tuned_natively(worse)))
    assert report.residual.factor is not None
    assert (report.residual.factor.point > 1) == (worse > 1)
    assert "web-engine → web-suited: loops of ours that suit the engine" in report.residual.why


def test_causes_and_residual_multiply_to_the_gap() -> None:
    """Of the model by factors, and of every node by ms."""
    report = build(recording(tuned_natively(WORSE)))
    assert report.gap.ratio is not None
    assert report.residual.factor is not None
    logs = [math.log(row.factor.point) for row in (*report.causes, report.residual) if row.factor]
    assert math.fsum(logs) == pytest.approx(math.log(report.gap.ratio.point), abs=1e-9)
    rows = {row.name: row for row in report.operators}
    for name in ("conv", "soft"):
        assert rows[name].causes.keys() >= {"simd", "runtime", "library", "residual"}
        lost = rows[name].web_ms - rows[name].native_ms
        assert math.fsum(rows[name].causes.values()) == pytest.approx(lost, abs=1e-9)


def test_the_library_is_each_side_s_kernel_against_the_best_loop_of_that_side() -> None:
    """(web / wasm twin) / (native-128 / SSE twin), so that schedules are no matter of it."""
    case = Case(recording(tuned_natively(WORSE)))
    capped, web, parts = profile_of(case, CAPPED), profile_of(case, WEB), case.get(split)
    assert capped is not None
    assert web is not None
    assert parts is not None
    for node in parts.nodes:
        took = tuned_natively(WORSE)[node.name]
        library = (web.nodes[node.name].ms / took["wasm"]) / (capped.nodes[node.name].ms / took["sse41"])
        left = web.nodes[node.name].ms / (capped.nodes[node.name].ms * node.ratio(node.suited_ms))
        assert left == pytest.approx(library)


def test_a_loop_that_suits_the_engine_stands_between_it_and_the_library() -> None:
    line = Case(recording(tuned_natively(WORSE))).get(chain)
    at = line.index(CAPPED)
    assert line[at : at + 5] == (CAPPED, AVX_128, ENGINE, SUITED, LIBRARY)


def test_native_twins_with_the_browser_s_schedules_read_as_before_and_it_is_said() -> None:
    """As in recordings of before."""
    assert SUITED not in Case(recording()).get(computed)
    assert "native twins had the browser's schedules" in build(recording()).residual.why
    assert "had the browser's schedules" not in build(recording(tuned_natively(WORSE))).residual.why
    assert all("residual" not in row.causes for row in build(recording()).operators if row.name in TWINS)


def test_the_width_is_told_by_the_loop_that_suits_native_code() -> None:
    """At 128 bits as at full width; that of the browser would make narrow vectors look slower."""
    twins = {
        name: {**times, "avx2": times["avx128-as-sse41"] / 1.6} for name, times in tuned_natively(2.0).items()
    }
    found = two_ways(Case(recording(twins)))
    assert found is not None
    assert math.exp(found.twins.mean) == pytest.approx(1.6)
