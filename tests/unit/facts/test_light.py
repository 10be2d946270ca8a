"""Peaks and tuned twins say what the browser could do: floors, bounds and verdict, on planted machines."""

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, PlantedNode, ladder_ms
from gapprof.explain.light import told
from gapprof.explain.report import build
from gapprof.facts.case import Case
from gapprof.facts.light import light
from gapprof.facts.profiles import WEB, profile_of
from gapprof.records.model import NodeCensus
from gapprof.records.recording import Recording
from gapprof.records.report import OperatorRow, Report
from gapprof.records.sections.light import SpeedOfLight
from gapprof.records.settings import Settings
from gapprof.records.trial import NodeTime, Profile
from gapprof.records.twins import TwinTrial
from tests.truth.recorder import record
from tests.unit.facts.twins import with_twins

NODES = (
    PlantedNode(name="conv", op_type="Conv", share=3.0),
    PlantedNode(name="soft", op_type="Softmax", share=1.0),
)
MACHINE = Machine(latency_ms=ladder_ms({"native-128": 2.0, "web-worker": 2.0}), nodes=NODES)
CENSUS = tuple(
    NodeCensus(name=name, op_type=op, domain="", flops=flops, bytes=size, output_shapes=((1,),))
    for name, op, flops, size in (("conv", "Conv", 40_000_000, 4096), ("soft", "Softmax", 10, 1_000_000))
)
PEAKS = {("f32", 1e6): 0.02, ("int8", 1e6): 0.01, ("bytes", 16384.0): 0.0002, ("bytes", 500_000.0): 0.05}
"""50 billion operations and 100 billion of bytes a second; memory at 82 and at 10 GB a second."""


def recording(twins: dict[str, float], *, peaks: dict[tuple[str, float], float] | None = None) -> Recording:
    one_thread = record(MACHINE, Settings(threads=1), page_threads=1, model_nodes=CENSUS)
    targets = {name: {"sse41": ms, "avx128": ms, "wasm": ms} for name, ms in twins.items()}
    return with_twins(one_thread, targets, peaks=PEAKS if peaks is None else peaks)


def web_ms() -> dict[str, float]:
    found = profile_of(Case(recording({"conv": 1.0})), WEB)
    assert found is not None
    return {name: node.ms for name, node in found.nodes.items()}


def best(report: Report) -> SpeedOfLight:
    assert report.speed_of_light is not None
    return report.speed_of_light


def operators(report: Report) -> dict[str, OperatorRow]:
    return {row.name: row for row in report.operators}


def test_a_floor_is_arithmetic_at_the_peak_or_bytes_at_the_speed_of_so_many() -> None:
    rows = operators(build(recording({"conv": 1.0})))
    assert (rows["conv"].bound, rows["soft"].bound) == ("compute", "memory")
    assert rows["conv"].speed_of_light_ms == pytest.approx(40_000_000 / 50e9 * 1e3)
    assert rows["soft"].speed_of_light_ms == pytest.approx(1_000_000 / 10e9 * 1e3)
    assert rows["dispatch"].speed_of_light_ms is None
    assert "no floor" in rows["dispatch"].why


def test_a_planted_excess_is_found_and_its_operator_named() -> None:
    web = web_ms()
    report = build(recording({"conv": web["conv"] / 4, "soft": web["soft"]}))
    found = best(report)
    assert found.verdict == "above"
    assert found.above is not None
    whole = web["conv"] + web["soft"]
    assert found.above.point == pytest.approx(whole / (whole - 0.75 * web["conv"]), rel=0.02)
    assert [loss.op_type for loss in found.losses] == ["Conv"]
    assert report.headline.endswith("what this browser can do; 100 % of the excess is in Conv.")


def test_kernels_as_fast_as_ours_are_what_is_to_be_expected() -> None:
    report = build(recording(web_ms()))
    assert best(report).verdict == "expected"
    assert "Expected for 128-bit wasm on this CPU" in report.headline


def test_a_twin_that_is_slower_than_the_librarys_kernel_is_no_reach() -> None:
    found = best(build(recording({name: 3 * ms for name, ms in web_ms().items()})))
    assert found.above is not None
    assert found.above.point == pytest.approx(1.0)
    assert found.reachable_ms == pytest.approx(found.told_ms)
    assert found.losses == ()


def test_what_has_no_twin_is_no_part_of_the_comparison_and_too_little_of_it_is_no_verdict() -> None:
    web = web_ms()
    most, least = (best(build(recording({name: web[name]}))) for name in ("conv", "soft"))
    assert most.share == pytest.approx(web["conv"] / (web["conv"] + web["soft"]), rel=0.02)
    assert least.above is not None
    assert least.above.point == pytest.approx(1.0)
    assert least.verdict == "unclear"
    assert not told(least).startswith("Expected")
    assert "of their time can be told" in told(least)


def test_a_machine_that_was_slower_by_then_changes_no_verdict() -> None:
    """Profiles and twins of a round see the same machine; rounds of profiles alone are no part of it."""
    web = web_ms()
    one = recording({"conv": web["conv"] / 4, "soft": web["soft"]})
    profiled = [entry for entry in one.entries if isinstance(entry, Profile) and entry.rung == WEB]
    slow = [
        replace(entry, round=50 + number, nodes=slower(entry.nodes)) for number, entry in enumerate(profiled)
    ]
    found, other = best(build(one)), best(build(replace(one, entries=(*one.entries, *slow))))
    assert found.above == other.above
    assert found.verdict == other.verdict == "above"


def slower(nodes: tuple[NodeTime, ...]) -> tuple[NodeTime, ...]:
    return tuple(replace(node, samples_ms=tuple(3 * ms for ms in node.samples_ms)) for node in nodes)


def test_without_a_round_that_has_both_nothing_is_compared() -> None:
    one = recording(web_ms())
    moved = tuple(
        replace(entry, round=70 + entry.round) if isinstance(entry, TwinTrial) else entry
        for entry in one.entries
    )
    assert best(build(one)).verdict == "expected"
    assert build(replace(one, entries=moved)).speed_of_light is None


def test_a_floor_above_what_a_node_takes_is_none() -> None:
    fast = recording({"conv": 1.0}, peaks={**PEAKS, ("f32", 1e6): 100.0})
    row = operators(build(fast))["conv"]
    assert (row.bound, row.speed_of_light_ms) == (None, None)
    assert "less than the measured peaks allow" in row.why


def test_what_only_looks_at_its_tensors_has_no_floor() -> None:
    views = tuple(
        NodeCensus(name=row.name, op_type="Gather", domain="", flops=0, bytes=1 << 30, output_shapes=())
        for row in CENSUS
    )
    one = record(MACHINE, Settings(threads=1), page_threads=1, model_nodes=views)
    found = Case(with_twins(one, {"conv": {"wasm": 1.0}}, peaks=PEAKS)).get(light)
    assert found is not None
    assert not found.floors
    assert "touches" in found.why_no_floor["conv"]


def test_without_peaks_nothing_is_called_expected() -> None:
    report = build(recording(web_ms(), peaks={}))
    assert report.speed_of_light is None
    assert told(report.speed_of_light) == ""
    assert "xpected" not in report.headline
    assert all(row.bound is None and row.why for row in report.operators)


def test_bytes_are_held_to_the_peak_of_bytes() -> None:
    quantised = tuple(
        NodeCensus(
            name=row.name, op_type="QLinearConv", domain="", flops=row.flops, bytes=64, output_shapes=((1,),)
        )
        for row in CENSUS
    )
    one = record(MACHINE, Settings(threads=1), page_threads=1, model_nodes=quantised)
    found = Case(with_twins(one, {"conv": {"wasm": 1.0}}, peaks=PEAKS)).get(light)
    assert found is not None
    assert found.floors["conv"].ms == pytest.approx(40_000_000 / 100e9 * 1e3)


def test_what_is_less_than_getting_to_the_next_node_is_bound_by_that() -> None:
    tiny = tuple(
        NodeCensus(name=row.name, op_type=row.op_type, domain="", flops=1, bytes=8, output_shapes=((1,),))
        for row in CENSUS
    )
    one = record(MACHINE, Settings(threads=1), page_threads=1, model_nodes=tiny)
    found = Case(with_twins(one, {"conv": {"wasm": 1.0}}, peaks=PEAKS)).get(light)
    assert found is not None
    assert {floor.bound for floor in found.floors.values()} == {"dispatch"}
