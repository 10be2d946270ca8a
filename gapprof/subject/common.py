"""What native onnxruntime makes of a model: the common graph, counted and run twice, or its refusal."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import onnx

from gapprof.native.optimise import save_common_graph
from gapprof.records.model import NodeCensus, TensorSpec
from gapprof.records.subject import NativeRefusal, StagedModel
from gapprof.subject.census import census
from gapprof.subject.observe import Observed, observe

OPTIMISE_DEADLINE_S = 300.0
OBSERVE_DEADLINE_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """The graph, and what only runs of it show; all but `notes` is empty where native refuses the model."""

    graph: StagedModel | NativeRefusal
    outputs: tuple[TensorSpec, ...]
    nodes: tuple[NodeCensus, ...]
    notes: tuple[str, ...]


def examine(
    source: Path, target: Path, *, inputs: tuple[TensorSpec, ...], fed: Path, fed_otherwise: Path
) -> Examined:
    """Save the common graph of `source` as `target` and run it on two inputs.

    Raises ModelUnusable for what no side could do anything with.
    """
    common = save_common_graph(source, target, deadline_s=OPTIMISE_DEADLINE_S)
    if isinstance(common, NativeRefusal):
        return _refused(common)
    observed = observe(common.path, fed, fed_otherwise, deadline_s=OBSERVE_DEADLINE_S)
    if isinstance(observed, NativeRefusal):
        return _refused(observed)
    graph = onnx.load(common.path, load_external_data=False).graph
    return Examined(
        graph=common,
        outputs=observed.outputs,
        nodes=census(graph, inputs, observed.node_outputs),
        notes=tuple(_notes(observed)),
    )


def _refused(refusal: NativeRefusal) -> Examined:
    note = "There is no common graph and no count of its operators: native onnxruntime makes both."
    return Examined(graph=refusal, outputs=(), nodes=(), notes=(note,))


def _notes(observed: Observed) -> Iterator[str]:
    if not observed.outputs_differ:
        yield (
            "The outputs do not depend on the inputs: two different inputs gave equal outputs, "
            "so comparing outputs proves little."
        )
    yield from (f"Output {name!r} holds NaN or infinity in a native run." for name in observed.not_finite)
