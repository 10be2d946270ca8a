"""Two unmeasured native runs of the common graph: what really flows in it, and whether the input matters."""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from gapprof.errors import ModelUnusable
from gapprof.native.refusals import refusals
from gapprof.records.model import TensorSpec
from gapprof.records.subject import NativeRefusal
from gapprof.subject import child
from gapprof.subject.refusal import answer_of
from gapprof.subject.visible import shortened

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A tensor that a node was given or made, as the profiler saw it."""

    dtype: str
    """onnxruntime's name: `float`, `int64`, `uint8`, ..."""
    shape: Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What two runs showed."""

    outputs: tuple[TensorSpec, ...]
    node_outputs: dict[str, tuple[Flow, ...]]
    """Node name → its outputs in order, those that are tensors and exist."""
    outputs_differ: bool
    """Between two different inputs; a gate on outputs means little where they do not."""
    not_finite: tuple[str, ...]
    """Outputs that hold NaN or infinity."""


def observe(model: Path, inputs: Path, other_inputs: Path, *, deadline_s: float) -> Observed | NativeRefusal:
    """Run the model on both inputs in a child process.

    Raises ModelUnusable past the deadline, and for a model whose outputs neither side could hand over.
    """
    request = {"model": str(model), "inputs": str(inputs), "other": str(other_inputs)}
    outcome = child.ask("gapprof.subject.observe", request, scratch=inputs.parent, deadline_s=deadline_s)
    answer = answer_of(
        outcome,
        doing="run the model on these inputs",
        hint="If shapes or values do not fit each other, give --shape NAME=... for its free dimensions, "
        "or real inputs with --inputs FILE.npz.",
    )
    if isinstance(answer, NativeRefusal):
        return answer
    if odd := answer.get("odd"):
        raise ModelUnusable(
            f"output {shortened(odd)} is no tensor, and onnxruntime-web returns tensors only",
            hint="Export the model with tensors as its outputs.",
        )
    flow = cache(Flow)  # a large graph has few different ones
    return Observed(
        outputs=tuple(
            TensorSpec(name=name, dtype=dtype, shape=tuple(shape)) for name, dtype, shape in answer["outputs"]
        ),
        node_outputs={
            name: tuple(flow(dtype=dtype, shape=tuple(shape)) for dtype, shape in flows)
            for name, flows in answer["nodes"].items()
        },
        outputs_differ=answer["differ"],
        not_finite=tuple(answer["not_finite"]),
    )


def _observe(request: dict[str, Any]) -> dict[str, Any]:
    import onnxruntime  # only in the child: the parent must never load a model

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    options.enable_profiling = True
    options.profile_file_prefix = "observed"  # the child runs in a folder of its own
    try:
        session = onnxruntime.InferenceSession(request["model"], options, providers=["CPUExecutionProvider"])
        with np.load(request["inputs"]) as inputs, np.load(request["other"]) as other:
            first = session.run(None, dict(inputs))
            # One run is enough: what the profiler keeps of one can be as large as the session.
            profile = Path(session.end_profiling())
            second = session.run(None, dict(other))
    except refusals() as error:
        return {"error": str(error).replace(f"{Path(request['model']).parent}{os.sep}", "")}
    names = [output.name for output in session.get_outputs()]
    odd = [name for name, value in zip(names, first, strict=True) if not isinstance(value, np.ndarray)]
    if odd:
        return {"odd": odd[0]}
    return {
        "outputs": [[n, str(v.dtype), v.shape] for n, v in zip(names, first, strict=True)],
        "nodes": _flows(_events(profile)),
        "differ": any(not np.array_equal(a, b) for a, b in zip(first, second, strict=True)),
        "not_finite": [
            n for n, v in zip(names, first, strict=True) if v.dtype.kind == "f" and not np.isfinite(v).all()
        ],
    }


def _events(profile: Path) -> Iterator[dict[str, Any]]:
    """One at a time: each has a line of its own, and those of a large graph are more text than its file."""
    with profile.open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("{"):
                yield json.loads(line.rstrip().removesuffix(","))


def _flows(events: Iterable[dict[str, Any]]) -> dict[str, list[tuple[str, list[int]]]]:
    """Node name → outputs of its first execution."""
    flows: dict[str, list[tuple[str, list[int]]]] = {}
    for event in events:
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
            shapes = event["args"].get("output_type_shape", [])
            outputs = [next(iter(entry.items())) for entry in shapes]
            flows.setdefault(event["name"].removesuffix("_kernel_time"), outputs)
    return flows


if __name__ == "__main__":
    child.serve(_observe)
