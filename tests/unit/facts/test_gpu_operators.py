"""Dispatches come back as times of the nodes that launched them; what names leave open is left open."""

import pytest
from msgspec.structs import replace

from gapprof.errors import WrongUse
from gapprof.explain.report import build
from gapprof.facts.adapters import SOFTWARE_SENTENCE
from gapprof.facts.gpu_operators import join
from gapprof.facts.gpu_programs import fit
from gapprof.records.codec import decode_recording, encode_entry
from gapprof.records.dispatches import TimedDispatches
from gapprof.records.recording import Recording
from gapprof.records.sections.gpu import GpuOperator, GpuOperators
from gapprof.records.surface import Surface
from gapprof.render.markdown import RENDERER as MARKDOWN
from gapprof.render.terminal import RENDERER as TERMINAL
from tests.unit.facts.gpu_runs import CPU, EMPTY_NS, LUCK, READ_BYTES, RUNS, node, recording, timed
from tests.unit.gpu.written import SWIFTSHADER

NODES = (
    node("to_nhwc", "Transpose"),
    node("conv", "FusedConv"),
    node("shape", "Reshape"),
    node("dense", "Gemm"),
    node("det", "Det", CPU),
    node("copied", "MemcpyFromHost"),
    node("last", "Add"),
)
DISPATCHES = (
    ("Transpose", 1.0),
    ("Transpose", 0.5),
    ("Conv2dMM", 6.0),
    ("SomethingNew", 0.25),
    ("Gemm", 2.0),
    ("Add", 0.008),
)
TOTAL_MS = sum(ms for _, ms in DISPATCHES)


def told(found: Recording) -> GpuOperators:
    section = build(found).gpu_operators
    assert section is not None
    return section


def row(section: GpuOperators, name: str) -> GpuOperator:
    return next(one for one in section.rows if one.nodes == (name,))


def point(one: GpuOperator) -> float:
    assert one.gpu_ms is not None, one.why
    return one.gpu_ms.point


def test_programs_lead_to_nodes_in_their_order() -> None:
    found = join(NODES, [program for program, _ in DISPATCHES])
    assert {one.nodes[0].name: one.dispatches for one in found.joined} == {
        "to_nhwc": (0,),
        "conv": (1, 2),
        "shape": (),
        "dense": (4,),
        "det": (),
        "copied": (),
        "last": (5,),
    }
    assert found.unnamed == (3,)


def test_nodes_that_one_dispatch_may_be_of_are_one_row() -> None:
    nodes = (node("a", "Relu"), node("b", "Relu"), node("c", "Neg"))
    found = join(nodes, ["Relu", "Neg"])
    assert [([one.name for one in row.nodes], row.dispatches) for row in found.joined] == [
        (["a", "b"], (0,)),
        (["c"], (1,)),
    ]


def test_nothing_is_joined_to_what_the_processor_runs() -> None:
    found = join((node("a", "Relu", CPU), node("b", "MemcpyToHost")), ["Relu"])
    assert found.unnamed == (0,)


@pytest.mark.parametrize(
    ("program", "op_type", "wanted"),
    [
        ("Relu", "Relu", "main"),
        ("MatMul", "Conv", "main"),
        ("Pool", "MaxPool", "main"),
        ("Transpose", "Conv", "before"),
        ("Transpose", "Softmax", "beside"),
        ("Transpose", "Add", "none"),
        ("SubgroupMatrixMatMul", "Sub", "none"),
        ("ConvTranspose2D", "Conv", "none"),
    ],
)
def test_a_program_is_for_the_operators_that_launch_it(program: str, op_type: str, wanted: str) -> None:
    assert fit(program, op_type) == wanted


def test_rows_and_what_is_nobody_s_sum_to_the_gpu_s_time() -> None:
    section = told(recording(NODES, timed(DISPATCHES)))
    assert section.gpu_ms is not None
    assert section.unnamed_ms is not None
    rows = sum(point(one) for one in section.rows if one.dispatches)
    assert rows + section.unnamed_ms.point == pytest.approx(section.gpu_ms.point)
    assert section.gpu_ms.point == pytest.approx(TOTAL_MS)
    assert sum(one.dispatches for one in section.rows) + section.unnamed_dispatches == len(DISPATCHES)
    assert section.joined_share == pytest.approx(1 - 0.25 / TOTAL_MS)
    assert section.joined_alone_share == section.joined_share
    assert section.span_ms is not None
    assert section.span_ms.point > section.gpu_ms.point


def test_an_operator_has_its_interval_over_runs_and_all_its_dispatches() -> None:
    conv = row(told(recording(NODES, timed(DISPATCHES))), "conv")
    assert conv.gpu_ms is not None
    assert point(conv) == pytest.approx(6.5)
    assert conv.gpu_ms.low < 6.5 < conv.gpu_ms.high
    assert conv.gpu_ms.rounds == RUNS
    assert (conv.dispatches, conv.programs) == (2, ("Transpose", "Conv2dMM"))
    assert conv.bound_bytes == 2 << 20


def test_one_that_took_long_in_a_single_run_took_no_less_than_nothing_in_the_others() -> None:
    found = timed(DISPATCHES)
    *before, last = found.timeline.dispatches
    longer = replace(last, ends_ns=(last.begins_ns[0] + 3e6, *last.ends_ns[1:]))
    timeline = replace(found.timeline, dispatches=(*before, longer))
    took = row(told(recording(NODES, replace(found, timeline=timeline))), "last").gpu_ms
    assert took is not None
    assert took.low == 0.0 < took.point < took.high


def test_those_that_take_longest_come_first_and_all_others_say_why_they_take_nothing() -> None:
    section = told(recording(NODES, timed(DISPATCHES)))
    assert [one.nodes[0] for one in section.rows] == [
        *("conv", "dense", "to_nhwc", "last"),
        *("shape", "det", "copied"),
    ]
    assert "gives a tensor another name" in row(section, "shape").why
    assert row(section, "det").why == "the CPU runs it"
    assert row(section, "copied").provider == "copy"
    assert all(one.gpu_ms is None for one in section.rows if not one.dispatches)


def test_a_gpu_node_without_a_dispatch_is_said_to_have_none() -> None:
    section = told(recording((*NODES, node("odd", "Erf")), timed(DISPATCHES)))
    assert row(section, "odd").why == "none of the dispatches could be told to be its own"


def test_only_what_was_measured_bounds_an_operator() -> None:
    section = told(recording(NODES, timed(DISPATCHES)))
    assert row(section, "last").bound == "dispatch"  # 8 us, and a dispatch that does nothing takes 5
    assert row(section, "conv").bound is None
    assert row(section, "conv").why == "what this GPU could do at best was not measured"
    assert section.empty_dispatch_ms == pytest.approx(EMPTY_NS / 1e6)


def test_nothing_is_claimed_of_a_software_adapter_and_its_heading_says_so() -> None:
    found = recording(NODES, timed(DISPATCHES, adapter=SWIFTSHADER))
    section = told(found)
    assert section.software
    assert {one.bound for one in section.rows} == {None}
    assert row(section, "last").why == SOFTWARE_SENTENCE
    for renderer in (MARKDOWN, TERMINAL):
        text = renderer.render(build(found), Surface())
        assert f"Operators on the GPU ({SOFTWARE_SENTENCE})" in text


def test_a_wait_for_queued_work_is_never_told_to_be_the_copy_s() -> None:
    """12 ms of waiting for 640 bytes, of which the copy takes half a millisecond."""
    found = recording(NODES, timed(DISPATCHES))
    waits = told(found).waits
    assert waits is not None
    assert (waits.count, waits.read_bytes) == (1, READ_BYTES)
    assert waits.transfer_ms.point == pytest.approx(0.5)
    assert waits.queue_ms.point == pytest.approx(waits.wait_ms.point - 0.5)
    text = MARKDOWN.render(build(found), Surface())
    assert "the GPU is at work for 9.76 ms of a run" in text
    assert "waits once for the GPU and reads 640 bytes back: 12.0 ms in all, of which 11.5 ms go to" in text
    assert "with nothing queued a read-back of 96 bytes takes 0.50 ms" in text


def test_every_wait_of_a_run_brings_something_over() -> None:
    waits = told(recording(NODES, timed(DISPATCHES, waits=3))).waits
    assert waits is not None
    assert waits.queue_ms.point == pytest.approx(waits.wait_ms.point - 3 * 0.5)


def test_a_wait_as_short_as_a_copy_s_is_no_wait_for_work() -> None:
    found = recording(NODES, timed(DISPATCHES, waited_ms=(0.5, 0.4, 0.6, 0.5)))
    text = MARKDOWN.render(build(found), Surface())
    assert "no more than as many read-backs take by themselves" in text


def test_a_run_that_never_waits_tells_nothing_of_waits() -> None:
    assert told(recording(NODES, timed(DISPATCHES, waits=0))).waits is None


def test_runs_in_which_the_clock_went_backwards_do_not_count() -> None:
    found = timed(DISPATCHES)
    assert found.timeline is not None
    first, *others = found.timeline.dispatches
    turned = replace(first, ends_ns=(-1.0, *first.ends_ns[1:]))
    section = told(recording(NODES, timed(DISPATCHES, dispatches=(turned, *others))))
    assert (section.runs, section.runs_left_out) == (RUNS - 1, 1)
    assert section.gpu_ms is not None
    assert section.gpu_ms.point == pytest.approx(TOTAL_MS * sum(LUCK[1:]) / (RUNS - 1))


def test_without_a_clock_the_reason_stands_in_the_table_s_place() -> None:
    none = TimedDispatches(took_s=1.0, timeline=None, why="this adapter lacks timestamp-query")
    found = recording(NODES, none)
    section = told(found)
    assert section.gpu_ms is None
    assert section.why == none.why
    for renderer in (MARKDOWN, TERMINAL):
        assert "No GPU time of operators: this adapter lacks timestamp-query" in renderer.render(
            build(found), Surface(width=200)
        )


def test_where_the_runtime_names_no_nodes_all_time_is_nobody_s() -> None:
    section = told(recording((), timed(DISPATCHES)))
    assert section.rows == ()
    assert section.unnamed_dispatches == len(DISPATCHES)
    assert "did not say which nodes ran" in section.why


def test_a_table_shows_as_many_rows_as_it_is_asked_for_and_what_is_left() -> None:
    nodes = tuple(node(f"n{at}", "Neg") for at in range(30))
    found = build(recording(nodes, timed([("Neg", 1.0 + at) for at in range(30)])))
    for renderer in (MARKDOWN, TERMINAL):
        short, long = (renderer.render(found, Surface(detail=detail)) for detail in (False, True))
        assert "more" in short
        assert "n0 (Neg)" in long
        assert "n0 (Neg)" not in short


def test_it_is_read_again_as_it_was_written() -> None:
    found = recording(NODES, timed(DISPATCHES))
    lines = [encode_entry(found.begin), *(encode_entry(entry) for entry in found.entries)]
    assert decode_recording(lines, source="test") == found


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"waited_ms": (1.0,)}, "other runs than there were"),
        ({"empty_ns": (1e16,)}, "impossible times"),
        ({"idle_map_ms": (1e10,) * RUNS}, "read-backs in impossible times"),
        ({"dispatches": ()}, "other runs than there were"),
        ({"waits": -1}, "waits -1 times"),
    ],
)
def test_what_cannot_have_been_is_refused(changes: dict[str, object], said: str) -> None:
    found = recording(NODES, timed(DISPATCHES, **changes))
    lines = [encode_entry(found.begin), *(encode_entry(entry) for entry in found.entries)]
    with pytest.raises(WrongUse, match=said):
        decode_recording(lines, source="test")
