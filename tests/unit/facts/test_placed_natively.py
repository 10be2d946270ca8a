"""Who runs which node natively: a session for a GPU may leave single ones to the processor."""

import pytest
from msgspec.structs import replace

from gapprof.explain.report import build
from gapprof.records.calls import NativePlacement
from gapprof.records.codec import decode_recording, encode_entry
from gapprof.records.gpu import PlacedNode
from gapprof.records.report import with_descendants
from tests.truth.gpu_parts import Runs, recording_of

CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
COPIES = (
    PlacedNode(name="to", op_type="MemcpyToHost", provider=CUDA),
    PlacedNode(name="from", op_type="MemcpyFromHost", provider=CUDA),
)


def placement(*nodes: PlacedNode, rung: str = "native", why: str = "") -> NativePlacement:
    return NativePlacement(rung=rung, took_s=1.0, provider=CUDA, nodes=nodes, why=why)


def node(name: str, op_type: str, provider: str = CUDA) -> PlacedNode:
    return PlacedNode(name=name, op_type=op_type, provider=provider)


def said(*found: NativePlacement) -> str:
    recording = recording_of(Runs())
    report = build(replace(recording, entries=(*recording.entries, *found)))
    (library,) = (one for one in with_descendants(report.causes) if one.id == "library")
    return " ".join(evidence.text for evidence in library.evidence)


def test_nodes_on_the_processor_are_named_by_operator_most_first() -> None:
    nodes = (
        node("conv", "Conv"),
        *COPIES,
        node("alone", "Det", CPU),
        *(node(f"up{number}", "Resize", CPU) for number in range(7)),
    )
    assert (
        "Natively (native, CUDAExecutionProvider) 8 nodes of 9 ran on the processor: "
        "Resize (up0, up1, up2, up3, up4, 2 more), Det (alone), with 2 copies between the processors."
    ) in said(placement(*nodes))


def test_a_session_that_keeps_all_nodes_says_so_and_so_does_one_that_nobody_knows_of() -> None:
    assert "every node ran on the GPU: 1 node." in said(placement(node("conv", "Conv"), *COPIES))
    told = said(placement(why="the native worker was killed by SIGSEGV", rung="native-webgpu"))
    assert "of native-webgpu natively is not known: the native worker was killed by SIGSEGV" in told


def test_without_another_interpreter_nothing_is_said() -> None:
    assert "Natively (" not in said()


@pytest.mark.parametrize("found", [placement(node("conv", "Conv")), placement(why="nobody knows")])
def test_a_placement_is_read_again_as_it_was_written(found: NativePlacement) -> None:
    lines = [encode_entry(one) for one in (recording_of(Runs()).begin, found)]
    assert decode_recording(lines, source="x.jsonl").entries == (found,)
