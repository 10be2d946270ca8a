"""The common graph: the model optimised once at EXTENDED level, saved, with a name for every node."""

import os
from pathlib import Path
from typing import Any

import onnx

from gapprof.native.refusals import refusals
from gapprof.records.subject import NativeRefusal, StagedModel
from gapprof.subject import child
from gapprof.subject.refusal import answer_of
from gapprof.subject.tensors import all_graphs, all_tensors
from gapprof.subject.visible import UNQUOTED

INLINE_LIMIT_BYTES = 1 << 30
"""A larger model keeps its weights outside the file: protobuf ends at 2 GiB."""
EXTERNAL_NAME = "weights.bin"


def save_common_graph(source: Path, target: Path, *, deadline_s: float) -> StagedModel | NativeRefusal:
    """Optimise `source` for the CPU at EXTENDED level into `target`; raises ModelUnusable past the deadline.

    Every node of the result has a name of its own that survives the profilers, which do not escape names.
    Large weights, and those of a model with external data, are left in `EXTERNAL_NAME` beside `target`.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    request = {"source": str(source), "target": str(target)}
    outcome = child.ask("gapprof.native.optimise", request, scratch=target.parent, deadline_s=deadline_s)
    answer = answer_of(
        outcome,
        doing="load and optimise the model",
        hint="Export the model without what it refuses, for an operator set that onnxruntime knows.",
    )
    if isinstance(answer, NativeRefusal):
        return answer
    external = (EXTERNAL_NAME,) if (target.parent / EXTERNAL_NAME).exists() else ()
    return StagedModel(path=target, external_data=external)


def name_nodes(graph: onnx.GraphProto) -> None:
    """Give every node, also in subgraphs, a unique name without characters that break a profile's JSON."""
    nodes = [node for inner in all_graphs(graph) for node in inner.node]
    given = {node.name for node in nodes}
    taken: set[str] = set()
    for index, node in enumerate(nodes):
        name = node.name.translate(UNQUOTED) or f"{node.op_type.translate(UNQUOTED)}_{index}"
        while name in taken or (name != node.name and name in given):
            name = f"{name}_{index}"
        taken.add(name)
        if node.name != name:
            node.name = name


def _optimise(request: dict[str, Any]) -> dict[str, Any]:
    import onnxruntime  # only in the child: the parent must never load a model

    source, target = Path(request["source"]), Path(request["target"])
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(target)
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    if _wants_external(source):
        key = "session.optimized_model_external_initializers_"
        options.add_session_config_entry(f"{key}file_name", EXTERNAL_NAME)
        options.add_session_config_entry(f"{key}min_size_in_bytes", "1024")
    try:
        onnxruntime.InferenceSession(str(source), options, providers=["CPUExecutionProvider"])
    except refusals() as error:
        return {"error": str(error).replace(f"{source.parent}{os.sep}", "")}
    model = onnx.load(target, load_external_data=False)
    name_nodes(model.graph)
    onnx.save(model, target)
    return {}


def _wants_external(source: Path) -> bool:
    if source.stat().st_size > INLINE_LIMIT_BYTES:
        return True
    tensors = all_tensors(onnx.load(source, load_external_data=False))
    return any(tensor.data_location == onnx.TensorProto.EXTERNAL for tensor in tensors)


if __name__ == "__main__":
    child.serve(_optimise)
