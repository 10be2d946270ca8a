"""The common graph: the model optimised once at EXTENDED level, saved, with a name for every node."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnx

from gapprof.errors import ModelUnusable
from gapprof.subject import child

INLINE_LIMIT_BYTES = 1 << 30
"""A larger model keeps its weights outside the file: protobuf ends at 2 GiB."""
EXTERNAL_NAME = "weights.bin"


def save_common_graph(source: Path, target: Path, *, deadline_s: float) -> None:
    """Optimise `source` for the CPU at EXTENDED level into `target`; raises ModelUnusable where that fails.

    Every node of the result has a name of its own that survives the profilers, which do not escape names.
    Large weights are left in `EXTERNAL_NAME` beside `target`.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    size_bytes = sum(file.stat().st_size for file in source.parent.rglob("*") if file.is_file())
    request = {
        "source": str(source),
        "target": str(target),
        "external": EXTERNAL_NAME if size_bytes > INLINE_LIMIT_BYTES else None,
    }
    outcome = child.ask("gapprof.native.optimise", request, scratch=target.parent, deadline_s=deadline_s)
    refuse(outcome, doing="load and optimise the model")
    model = onnx.load(target, load_external_data=False)
    name_nodes(model.graph)
    onnx.save(model, target)


def refuse(outcome: child.Answered | child.Died | child.Overdue, *, doing: str) -> dict[str, Any]:
    """What the child answered; raises ModelUnusable in one sentence for everything else."""
    match outcome:
        case child.Overdue(deadline_s=deadline_s):
            raise ModelUnusable(
                f"native onnxruntime did not {doing} within {deadline_s:.0f} s and was stopped",
                hint="Try a smaller model, or smaller free dimensions with --shape.",
            )
        case child.Died(returncode=returncode):
            raise ModelUnusable(
                f"native onnxruntime crashed while asked to {doing} ({_cause_of_death(returncode)})",
                hint="Check the file with `python -m onnx.checker`, or export the model again.",
            )
        case child.Answered(value={"error": str(error)}):
            raise ModelUnusable(
                f"native onnxruntime cannot {doing}: {readable(error)}",
                hint="The sentence names what it refused; export the model again without that, "
                "or with an operator set that onnxruntime knows.",
            )
        case child.Answered(value=value):
            return value


def readable(message: str) -> str:
    """An onnxruntime message as one line, without its frame and paths of ours; node and operator stay."""
    text = " ".join(message.split())
    text = text.removeprefix("[ONNXRuntimeError] : ")
    head, separator, rest = text.partition(" failed:")
    if separator and "Load model from " in head:
        text = rest
    return text if len(text) <= 600 else f"{text[:400]} … {text[-190:]}"


def name_nodes(graph: onnx.GraphProto) -> None:
    """Give every node, also in subgraphs, a unique name without characters that break a profile's JSON."""
    given = {node.name for node in all_nodes(graph)}
    taken: set[str] = set()
    for index, node in enumerate(all_nodes(graph)):
        name = node.name.translate(_VISIBLE) or f"{node.op_type.translate(_VISIBLE)}_{index}"
        while name in taken or (name != node.name and name in given):
            name = f"{name}_{index}"
        taken.add(name)
        if node.name != name:
            node.name = name


def all_nodes(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    """Nodes in file order, each followed by those of its subgraphs."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from all_nodes(attribute.g)
            for subgraph in attribute.graphs:
                yield from all_nodes(subgraph)


_VISIBLE = {code: 0x2400 + code for code in range(0x20)} | {
    0x7F: 0x2421,
    ord('"'): ord("″"),
    ord("\\"): ord("⧵"),
}
"""Control characters as their Unicode pictures; quote and backslash as look-alikes."""


def _cause_of_death(returncode: int) -> str:
    return f"signal {-returncode}" if returncode < 0 else f"exit code {returncode}"


def _optimise(request: dict[str, Any]) -> dict[str, Any]:
    import onnxruntime  # only in the child: the parent must never load a model

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = request["target"]
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    if request["external"]:
        key = "session.optimized_model_external_initializers_"
        options.add_session_config_entry(f"{key}file_name", request["external"])
        options.add_session_config_entry(f"{key}min_size_in_bytes", "1024")
    try:
        onnxruntime.InferenceSession(request["source"], options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its exceptions share no narrower base; the message is the answer
        return {"error": str(error)}
    return {}


if __name__ == "__main__":
    child.serve(_optimise)
