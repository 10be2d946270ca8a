"""Who runs which operator of a model on the GPU, what crosses over for it, and what that costs. Pure."""

from collections import Counter
from collections.abc import Iterator

from gapprof.facts.case import Case
from gapprof.facts.estimates import factor
from gapprof.facts.gpu_calls import copies, elsewhere, is_copy, is_elsewhere, recorded, steady_run
from gapprof.facts.gpu_parts_told import mean_part_ms
from gapprof.facts.gpu_rungs import WITHOUT
from gapprof.facts.gpu_runs import REPLAY_WEB
from gapprof.facts.readings import readable
from gapprof.records.estimate import Estimate
from gapprof.records.report import Evidence
from gapprof.records.sections.gpu import GpuPlacement, PlacedOperator
from gapprof.text.placement import crossings_sentence, optimised_sentence, resolved_cost, share_optimised


def placement(case: Case) -> GpuPlacement | None:
    """None on the processor, and where the runtime did not say."""
    calls = case.get(recorded)
    if calls is None or not calls.placed:
        return None
    computing = [node for node in calls.placed if not is_copy(node)]
    processor = Counter(node.op_type for node in computing if is_elsewhere(node))
    every = Counter(node.op_type for node in computing)
    why = _not_priced(case)
    cost_ms, cost_factor = (None, None) if why else _cost(case)
    to_cpu, to_gpu = case.get(copies)
    model = case.recording.begin.model
    return GpuPlacement(
        operators=tuple(
            PlacedOperator(op_type=name, gpu=every[name] - processor[name], cpu=processor[name])
            for name in sorted(every, key=lambda name: (-processor[name], -every[name], name))
        ),
        crossings_to_cpu=to_cpu,
        crossings_to_gpu=to_gpu,
        opset=model.opset,
        cost_ms=cost_ms,
        cost_factor=cost_factor,
        optimised_before={
            name: min(count, processor[name]) for name, count in model.optimised.items() if processor[name]
        },
        why=why or ("" if cost_ms is not None else "no replay without the stops could be made"),
    )


def _not_priced(case: Case) -> str:
    """Why there is nothing to price; empty: runs stop for what the processor computes."""
    run = case.get(steady_run)
    if not case.get(elsewhere):
        return "every operator runs on the GPU"
    if run is None or not run.inner_reads:
        return "no run stops for it: what it takes is part of onnxruntime-web's own work"
    return ""


def _cost(case: Case) -> tuple[Estimate | None, Estimate | None]:
    """In ms and as a factor, by replays without the stops in the browser."""
    without = WITHOUT[REPLAY_WEB, "inner-reads"]
    found = mean_part_ms(case, REPLAY_WEB, "inner-reads")
    times = factor(case, without, REPLAY_WEB) if readable(case, without, REPLAY_WEB) else None
    return found, times


def placement_told(case: Case) -> Iterator[Evidence]:
    """What crosses between the processors, and a file that was made for another one."""
    found = case.get(placement)
    if found is None:
        return
    crossed = crossings_sentence(found)
    if crossed:
        cost = found.cost_ms if resolved_cost(found) is not None else None
        yield Evidence(kind="crossings", text=crossed, value=cost.point if cost is not None else None)
    before = optimised_sentence(found)
    if before:
        yield Evidence(kind="optimised-before", text=before, value=share_optimised(found))
