"""A chain of one-element nodes: its run time is what dispatching a node costs, and nothing else."""

import itertools
from pathlib import Path

from onnx import TensorProto, helper

from gapprof.records.job import Chain
from gapprof.subject.sketch import IR_VERSION, OPSET

NODES = 200


def write_dispatch_chain(folder: Path, nodes: int = NODES) -> Chain:
    """Write `nodes` negations of the float32 input `x`, shape [1], and the first of them alone."""
    path, first_link_path = folder / "chain.onnx", folder / "first_link.onnx"
    _write(path, nodes)
    _write(first_link_path, 1)
    return Chain(path=str(path), nodes=nodes, first_link_path=str(first_link_path))


def _write(path: Path, nodes: int) -> None:
    names = ["x", *(f"y{index}" for index in range(nodes - 1)), "y"]
    steps = [
        helper.make_node("Neg", [source], [target], name=f"link_{index}")
        for index, (source, target) in enumerate(itertools.pairwise(names))
    ]
    graph = helper.make_graph(
        steps,
        "chain",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="gapprof"
    )
    path.write_bytes(model.SerializeToString(deterministic=True))
