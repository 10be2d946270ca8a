"""Nodes and dispatches of real models as onnxruntime-web had them; `gpu_joins.json` says by which command."""

from pathlib import Path

import msgspec
import pytest

from gapprof.facts.gpu_operators import Join, join
from gapprof.facts.gpu_programs import may_launch_nothing
from gapprof.records.gpu import PlacedNode

BOOK = msgspec.json.decode((Path(__file__).parent / "gpu_joins.json").read_bytes())
NODES = {
    name: msgspec.convert(seen["nodes"], tuple[PlacedNode, ...]) for name, seen in BOOK["models"].items()
}
PROGRAMS: dict[str, list[str]] = {name: seen["programs"] for name, seen in BOOK["models"].items()}
STEP = 7
"""Every so manieth dispatch of a model is taken away, or gets a stranger before it."""


def makers(found: Join) -> dict[int, set[str]]:
    """Dispatch → names of the nodes that may have launched it."""
    return {at: {node.name for node in one.nodes} for one in found.joined for at in one.dispatches}


def test_it_says_how_it_was_made() -> None:
    assert BOOK["command"] == "python -m tests.browser.gpu_joins"
    assert BOOK["onnxruntime_web"] == "1.30.0"


@pytest.mark.parametrize("model", NODES)
def test_every_dispatch_has_one_node_and_every_node_that_computes_a_dispatch(model: str) -> None:
    found = join(NODES[model], PROGRAMS[model])
    assert found.unnamed == ()
    assert all(len(one.nodes) == 1 for one in found.joined)
    assert sorted(makers(found)) == list(range(len(PROGRAMS[model])))
    without = {one.nodes[0].op_type for one in found.joined if one.on_gpu and not one.dispatches}
    assert all(may_launch_nothing(op_type) for op_type in without)


def test_a_convolution_is_launched_by_whatever_program_fits_it() -> None:
    found = join(NODES["cnn"], PROGRAMS["cnn"])
    assert [
        (one.nodes[0].op_type, [PROGRAMS["cnn"][at] for at in one.dispatches]) for one in found.joined
    ] == [
        ("Transpose", ["Transpose"]),
        ("Conv", ["Conv2dMM"]),
        ("Conv", ["GroupedConv"]),
        ("Conv", ["MatMul"]),
        ("Transpose", ["Transpose"]),
        ("Flatten", []),
        ("Gemm", ["Gemm"]),
    ]


@pytest.mark.parametrize("model", NODES)
def test_what_is_missing_leads_to_no_wrong_node(model: str) -> None:
    """A dispatch may then be several nodes', but its own is always among them."""
    programs, true = PROGRAMS[model], makers(join(NODES[model], PROGRAMS[model]))
    for gone in range(0, len(programs), STEP):
        left = [at for at in range(len(programs)) if at != gone]
        found = makers(join(NODES[model], [programs[at] for at in left]))
        assert all(true[at] <= found[place] for place, at in enumerate(left) if place in found)
        assert len(found) > len(left) / 2


@pytest.mark.parametrize("model", NODES)
def test_a_program_that_nobody_knows_changes_no_other_s_node(model: str) -> None:
    programs, true = PROGRAMS[model], makers(join(NODES[model], PROGRAMS[model]))
    for place in range(0, len(programs), STEP):
        found = join(NODES[model], [*programs[:place], "Stranger", *programs[place:]])
        assert found.unnamed == (place,)
        assert {at - (at > place): nodes for at, nodes in makers(found).items()} == true
