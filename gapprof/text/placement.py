"""What is said of nodes that the CPU runs in the GPU's place: the same words in every part of a report."""

from collections.abc import Mapping

from gapprof.records.estimate import Estimate
from gapprof.records.sections.gpu import GpuPlacement
from gapprof.text import numbers
from gapprof.text.names import harmless

_MOST_NAMES = 5
_NAME = 40


def crossings_sentence(found: GpuPlacement) -> str:
    """How many there are in a run, which operators cause them, and what they cost; empty: there are none."""
    crossings = found.crossings_to_cpu + found.crossings_to_gpu
    processor = {one.op_type: one.cpu for one in found.operators if one.cpu}
    if not crossings or not processor:
        return ""
    begin = (
        f"{numbers.many(crossings, 'boundary crossing')} per run ({found.crossings_to_cpu} from the GPU, "
        f"{found.crossings_to_gpu} to it), caused by {_named(processor)} of opset {found.opset}"
    )
    if found.cost_ms is None:
        return f"{begin}; what they cost was not measured apart: {found.why}."
    cost = numbers.ms_with_interval(found.cost_ms)
    times = resolved_cost(found)
    if times is None:
        return f"{begin}; what they cost is unclear: {cost}."
    return (
        f"{begin}, cost {cost} in the browser: with the stops a replay takes "
        f"{numbers.factor_with_interval(times)} what it takes without them."
    )


def resolved_cost(found: GpuPlacement) -> Estimate | None:
    """So many times what a replay takes without the stops; None where that may be 1, or less."""
    times = found.cost_factor
    return times if times is not None and times.rounds > 1 and times.low > 1 else None


def optimised_sentence(found: GpuPlacement) -> str:
    """Of a file whose operators were made for the CPU before it came to the GPU; empty: it is none."""
    if not found.optimised_before:
        return ""
    made, share = sum(found.optimised_before.values()), numbers.whole_percent(share_optimised(found))
    return (
        f"{share} of nodes ({made} of {_nodes(found)}) are assigned to "
        "the CPU because the file was optimised for the CPU before it was deployed: onnxruntime's optimiser "
        f"put {_named(found.optimised_before)} into it, and WebGPU has no kernel for that. Use the original "
        ".onnx, or convert it again."
    )


def share_optimised(found: GpuPlacement) -> float:
    """Of the nodes that compute: those that the processor runs and the optimiser made before. What else it
    runs, the original file has as well."""
    nodes = _nodes(found)
    return sum(found.optimised_before.values()) / nodes if nodes else 0.0


def _nodes(found: GpuPlacement) -> int:
    return sum(one.gpu + one.cpu for one in found.operators)


def _named(counts: Mapping[str, int]) -> str:
    named = [f"{harmless(name, _NAME)} ({numbers.many(count, 'node')})" for name, count in counts.items()]
    if len(named) > _MOST_NAMES:
        named = [*named[:_MOST_NAMES], numbers.many(len(named) - _MOST_NAMES, "more operator")]
    return ", ".join(named)
