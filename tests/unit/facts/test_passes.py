"""Profiled passes differ from process to process, and what is computed from them says by how much."""

import dataclasses

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, PlantedNode, ladder_ms
from gapprof.explain.report import build
from gapprof.facts.case import Case
from gapprof.facts.computed import GOOD_128, computed
from gapprof.facts.kernel_excess import excess_by_node, excess_by_pass_ms
from gapprof.facts.profiles import CAPPED, WEB, profile_of
from gapprof.records.recording import Recording
from gapprof.records.report import CauseRow, Report
from gapprof.records.settings import Settings
from gapprof.records.trial import NodeTime, Profile
from tests.truth.recorder import record

QUIET = Settings(threads=2, where="worker")
COPYING = Machine(
    latency_ms=ladder_ms({}),
    marshalling_ms={"native": 0.0, "web": 2.0},
    dispatch_us={"native": 0.0, "web": 0.0},
    noise=0.001,
)


def with_marshalling(recording: Recording, *web_ms: float) -> Recording:
    """As if each pass in the browser had spent that long on getting in and out."""
    left = list(web_ms)
    entries = []
    for entry in recording.entries:
        if isinstance(entry, Profile) and entry.rung == WEB:
            ms = left.pop(0)
            entry = replace(entry, model_run_ms=tuple(wall - ms for wall in entry.profiled_ms))
        entries.append(entry)
    return replace(recording, entries=tuple(entries))


def copies(report: Report) -> CauseRow:
    runtime = next(row for row in report.causes if row.id == "runtime")
    return next(row for row in runtime.children if row.id == "marshalling-and-dispatch")


def test_passes_that_disagree_decide_nothing() -> None:
    """The same median; rounds agree to a thousandth in both."""
    alike = copies(build(with_marshalling(record(COPYING, QUIET), 1.98, 2.0, 2.02)))
    apart = copies(build(with_marshalling(record(COPYING, QUIET), 0.2, 2.0, 3.8)))
    assert alike.verdict == "costs"
    assert apart.verdict == "unclear"
    assert alike.factor is not None
    assert apart.factor is not None
    assert apart.factor.point == pytest.approx(alike.factor.point)
    assert apart.factor.low < 1 < alike.factor.low


def test_the_interval_over_passes_is_students_with_their_own_freedom() -> None:
    """Three passes, t(0.975, 2) = 4.303; the slope of ln(latency) is 1 / (10 - 2) per ms."""
    exact = dataclasses.replace(COPYING, noise=0.0)
    found = copies(build(with_marshalling(record(exact, QUIET), 1.9, 2.0, 2.1)))
    assert found.factor is not None
    half = 4.302653 * 0.1 / 3**0.5 / 8
    assert found.factor.high / found.factor.point == pytest.approx(1 + half, rel=1e-3)


@pytest.mark.parametrize("count", [1, 2])
def test_fewer_than_three_passes_are_unclear_and_say_so(count: int) -> None:
    report = build(record(COPYING, QUIET, profiled_passes=count))
    whole = next(row for row in report.causes if row.id == "runtime")
    for row in (whole, copies(report)):
        assert row.verdict == "unclear"
        assert f"separate passes, {count} so far" in row.why
        assert row.factor is not None
        assert row.factor.point == pytest.approx(10 / 8, rel=0.01)


def test_passes_that_lack_a_part_do_not_count_as_passes() -> None:
    recording = record(COPYING, QUIET)
    left = [None, None, 0.0]
    entries = tuple(
        replace(entry, dispatch_us_per_node=left.pop(0))
        if isinstance(entry, Profile) and entry.rung == WEB
        else entry
        for entry in recording.entries
    )
    found = copies(build(replace(recording, entries=entries)))
    assert found.verdict == "unclear"
    assert "separate passes, 1 so far" in found.why


def test_the_users_flags_need_no_pass() -> None:
    machine = Machine(latency_ms=ladder_ms({"web-flags": 2.0}), noise=0.001)
    asked = Settings(threads=2, js_flags=("--liftoff-only",))
    report = build(record(machine, asked, profiled_passes=1))
    runtime = next(row for row in report.causes if row.id == "runtime")
    assert next(row for row in runtime.children if row.id == "flags").verdict == "costs"


NORM = PlantedNode(name="norm", op_type="LayerNormalization", factors={"native-128": 8.0})
LACKING = Machine(
    latency_ms=ladder_ms({"native-all-128": 3.0, "native-128": 3.0, "web-worker": 1.1}),
    nodes=(PlantedNode(name="matmul", op_type="MatMul", share=9.0), NORM),
    noise=0.005,
)


def test_a_kernel_that_is_slow_in_one_pass_only_is_no_lack() -> None:
    """Runs of one process share its luck: over runs it would be beyond doubt."""
    recording = record(LACKING)
    left = [1.0, 0.05, 4.0]
    entries = []
    for entry in recording.entries:
        if isinstance(entry, Profile) and entry.rung == CAPPED:
            luck = left.pop(0)
            entry = replace(entry, nodes=tuple(times(node, luck) for node in entry.nodes))
        entries.append(entry)
    assert GOOD_128 in Case(recording).get(computed)
    assert GOOD_128 not in Case(replace(recording, entries=tuple(entries))).get(computed)


def times(node: NodeTime, luck: float) -> NodeTime:
    return (
        replace(node, samples_ms=tuple(luck * ms for ms in node.samples_ms)) if node.name == "norm" else node
    )


@pytest.mark.parametrize(("slower", "lacks"), [(1.0, False), (1.3, True)])
def test_three_passes_are_enough_to_see_a_kernel_that_is_a_third_slower(slower: float, lacks: bool) -> None:
    """Among twenty nodes, with one process in a hundredth slower than another."""
    norm = PlantedNode(name="norm", share=0.05, factors={"native-128": slower})
    others = tuple(PlantedNode(name=f"conv_{number}", share=0.05) for number in range(19))
    latency_ms = ladder_ms({"native-all-128": 3.0, "native-128": 3.0, "web-worker": 1.0})
    machine = Machine(latency_ms=latency_ms, nodes=(norm, *others), noise=0.01, launch_noise=0.01)
    found = Case(record(machine)).get(excess_by_node)
    assert set(found) == ({"norm"} if lacks else set())


CHAIN_US = 2000.0


def scaled(recording: Recording, rung: str, *, faster: float) -> Recording:
    """As if a profiler added that to each node of a rung, and its unprofiled runs were that much faster."""
    entries = tuple(
        replace(
            entry,
            unprofiled_ms=tuple(faster * ms for ms in entry.unprofiled_ms),
            profiler_us_per_node=CHAIN_US,
            dispatch_us_per_node=0.0,
            nodes=tuple(later(node, CHAIN_US / 1000) for node in entry.nodes),
        )
        if isinstance(entry, Profile) and entry.rung == rung
        else entry
        for entry in recording.entries
    )
    return replace(recording, entries=entries)


def later(node: NodeTime, ms: float) -> NodeTime:
    return replace(node, samples_ms=tuple(ms + one for one in node.samples_ms))


def share(recording: Recording, rung: str) -> float:
    found = profile_of(Case(recording), rung)
    assert found is not None
    assert found.kernel_share is not None
    return found.kernel_share


def test_a_node_is_not_the_slower_one_for_how_the_kernels_of_a_rung_were_scaled() -> None:
    """Both sides alike by the profiler; that the browser's fit into a run at less is all of its nodes'."""
    alike = dataclasses.replace(
        LACKING,
        latency_ms=ladder_ms({"native-all-128": 3.0, "native-128": 3.0}),
        nodes=(LACKING.nodes[0], dataclasses.replace(NORM, factors={})),
    )
    recording = scaled(record(alike), WEB, faster=0.85)
    assert share(recording, WEB) < 0.9
    assert Case(recording).get(excess_by_node) == {}


def test_what_a_kernel_lacks_is_in_ms_of_native_without_the_profiler() -> None:
    plain = record(LACKING)
    whole = Case(plain).get(excess_by_node)
    of_web = Case(scaled(plain, WEB, faster=0.85)).get(excess_by_node)
    recording = scaled(plain, CAPPED, faster=0.85)
    lacking = Case(recording).get(excess_by_node)
    assert set(whole) == set(of_web) == set(lacking) == {"norm"}
    assert of_web["norm"] == pytest.approx(whole["norm"])
    assert lacking["norm"] == pytest.approx(share(recording, CAPPED) * whole["norm"])
    by_pass = Case(recording).get(excess_by_pass_ms)
    assert sum(by_pass.values()) / len(by_pass) == pytest.approx(lacking["norm"], rel=0.02)


def test_a_kernels_lack_carries_its_passes() -> None:
    by_pass = Case(record(LACKING)).get(computed)[GOOD_128].by_pass
    assert len(by_pass) == 3
    few = build(record(LACKING, profiled_passes=2))
    library = next(row for row in few.causes if row.id == "library")
    lack = next(row for row in library.children if row.id == "no-128-kernel")
    assert lack.verdict == "unclear"


def chain(recording: Recording, *, dispatch_us: float, profiler_us: float, node_us: float) -> Case:
    """Three nodes that compute nothing, profiled as the chain is, without an unprofiled run to fit into."""
    node = [
        NodeTime(name=name, op_type="Add", provider="CPU", samples_ms=(node_us / 1000,)) for name in "abc"
    ]
    entries = tuple(
        replace(
            entry,
            nodes=tuple(node),
            dispatch_us_per_node=dispatch_us,
            profiler_us_per_node=profiler_us,
            unprofiled_ms=(),
        )
        if isinstance(entry, Profile)
        else entry
        for entry in recording.entries
    )
    return Case(replace(recording, entries=entries))


def test_dispatch_is_counted_once() -> None:
    found = profile_of(chain(record(Machine()), dispatch_us=2.0, profiler_us=3.0, node_us=5.0), WEB)
    assert found is not None
    assert found.kernels_ms == pytest.approx(0.0, abs=1e-12)
    assert found.dispatch_ms == pytest.approx(0.006)


def test_nodes_below_nothing_keep_their_sign_in_sums() -> None:
    case = chain(record(Machine()), dispatch_us=2.0, profiler_us=3.0, node_us=4.0)
    found = profile_of(case, WEB)
    assert found is not None
    assert found.kernels_ms == pytest.approx(-0.003)
    rows = build(case.recording).operators
    web = next(one for one in build(case.recording).rungs if one.id == WEB).latency_ms
    assert web is not None
    assert sum(row.web_ms for row in rows) == pytest.approx(web.point)
    assert [row.causes for row in rows if row.name == "a"] == [{"residual": pytest.approx(0.0)}]
