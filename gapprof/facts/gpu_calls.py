"""What the recorded calls say of a run: how many, how large, and what does not run on the GPU. Counts alone:
with a recorder at work no time is one of the model. Pure."""

from collections import Counter
from collections.abc import Mapping

from gapprof.facts.case import Case
from gapprof.records.calls import RecordedCalls
from gapprof.records.gpu import PlacedNode, RunCounts

_ON_THE_GPU = ("WebGpuExecutionProvider", "JsExecutionProvider")
_TO_PROCESSOR, _TO_GPU = "MemcpyToHost", "MemcpyFromHost"


def recorded(case: Case) -> RecordedCalls | None:
    """None on the processor, and where nothing could be recorded."""
    return next(case.recording.of(RecordedCalls), None)


def steady_run(case: Case) -> RunCounts | None:
    """The last recorded run, which is the one that is replayed."""
    calls = case.get(recorded)
    return calls.summary.runs[-1] if calls and calls.summary.runs else None


def is_copy(node: PlacedNode) -> bool:
    """Whether it only takes a tensor from one processor to the other."""
    return node.op_type in (_TO_PROCESSOR, _TO_GPU)


def is_on_gpu(node: PlacedNode) -> bool:
    """Whether the GPU computes it; copies are nobody's."""
    return node.provider in _ON_THE_GPU and not is_copy(node)


def is_elsewhere(node: PlacedNode) -> bool:
    """Whether somebody else than the GPU computes it; copies are nobody's."""
    return node.provider not in _ON_THE_GPU and not is_copy(node)


def elsewhere(case: Case) -> Mapping[str, int]:
    """Operator → its nodes that do not run on the GPU, most first."""
    calls = case.get(recorded)
    found = Counter(node.op_type for node in calls.placed if is_elsewhere(node)) if calls else Counter[str]()
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def copies(case: Case) -> tuple[int, int]:
    """Tensors copied in a run, to the processor and to the GPU; inputs and outputs are none of them."""
    calls = case.get(recorded)
    found = Counter(node.op_type for node in calls.placed) if calls else Counter[str]()
    return found[_TO_PROCESSOR], found[_TO_GPU]
