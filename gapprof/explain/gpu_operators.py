"""What the GPU did, operator by operator, as a report has it."""

from collections.abc import Sequence
from typing import Literal

from msgspec.structs import replace

from gapprof.explain.where_to_file import where_to_file
from gapprof.facts.adapters import SOFTWARE_SENTENCE, is_software, titled
from gapprof.facts.case import Case
from gapprof.facts.estimates import mean_difference_ms, mean_time_ms
from gapprof.facts.gpu_calls import is_copy, steady_run
from gapprof.facts.gpu_operators import (
    GpuRun,
    Joined,
    gpu_run,
    is_dispatch_bound,
    timed_dispatches,
)
from gapprof.facts.gpu_placement import placement
from gapprof.facts.gpu_programs import may_launch_nothing
from gapprof.records.dispatches import TimedDispatches
from gapprof.records.estimate import Estimate
from gapprof.records.gpu import PlacedNode
from gapprof.records.report import CauseRow
from gapprof.records.sections.gpu import GpuOperator, GpuOperators, GpuWaits

_NO_PEAKS = "what this GPU could do at best was not measured"
_BACKWARDS = "the GPU's clock went backwards in every run"


def gpu_operators(case: Case, causes: Sequence[CauseRow]) -> GpuOperators | None:
    """None where there was no GPU to ask."""
    asked = case.get(timed_dispatches)
    if asked is None:
        return None
    run = case.get(gpu_run)
    found = _nothing(asked) if run is None else _told(case, run)
    return replace(
        found,
        placement=case.get(placement),
        where_to_file=where_to_file(case, causes, found.gpu_ms),
    )


def _nothing(asked: TimedDispatches) -> GpuOperators:
    found = asked.timeline
    return GpuOperators(
        place=None,
        engine_version=found.engine_version if found else "",
        adapter=titled(found.adapter) if found else "",
        software=found is not None and is_software(found.adapter),
        runs=0,
        runs_left_out=len(found.waited_ms) if found else 0,
        dispatches=len(asked.asked),
        submits=asked.submits,
        gpu_ms=None,
        span_ms=None,
        empty_dispatch_ms=None,
        rows=(),
        unnamed_dispatches=0,
        unnamed_programs=(),
        unnamed_ms=None,
        joined_share=None,
        joined_alone_share=None,
        waits=None,
        why=asked.why or _BACKWARDS,
    )


def _told(case: Case, run: GpuRun) -> GpuOperators:
    found, join = run.timeline, run.join
    total = mean_time_ms(run.ms(run.all))
    rows = [_row(run, one, total.point) for one in join.joined]
    rows.sort(key=lambda row: -row.gpu_ms.point if row.gpu_ms is not None else 1.0)
    alone = [at for one in join.joined if len(one.nodes) == 1 for at in one.dispatches]
    some = [at for one in join.joined for at in one.dispatches]
    return GpuOperators(
        place=found.place,
        engine_version=found.engine_version,
        adapter=titled(found.adapter),
        software=run.software,
        runs=len(run.runs),
        runs_left_out=len(found.waited_ms) - len(run.runs),
        dispatches=len(found.dispatches),
        submits=run.submits,
        gpu_ms=total,
        span_ms=mean_time_ms(run.span_ms(run.all)),
        empty_dispatch_ms=run.empty_ms,
        rows=tuple(rows),
        unnamed_dispatches=len(join.unnamed),
        unnamed_programs=_programs(run, join.unnamed),
        unnamed_ms=mean_time_ms(run.ms(join.unnamed)),
        joined_share=_share(run, some, total.point),
        joined_alone_share=_share(run, alone, total.point),
        waits=_waits(case, run),
        why=run.why_not_joined,
    )


def _row(run: GpuRun, one: Joined, total_ms: float) -> GpuOperator:
    took = mean_time_ms(run.ms(one.dispatches)) if one.dispatches else None
    bound = _bound(run, took, len(one.dispatches))
    return GpuOperator(
        nodes=tuple(node.name for node in one.nodes),
        op_types=tuple(dict.fromkeys(node.op_type for node in one.nodes)),
        provider=_provider(one),
        dispatches=len(one.dispatches),
        programs=_programs(run, one.dispatches),
        gpu_ms=took,
        share=_share(run, one.dispatches, total_ms) if took is not None else None,
        bound_bytes=sum(run.asked[at].bound_bytes for at in one.dispatches) if took is not None else None,
        bound=bound,
        why=_why(run, one, bound),
    )


def _bound(run: GpuRun, took: Estimate | None, dispatches: int) -> Literal["dispatch"] | None:
    """Never said of a processor that stands in for a GPU."""
    if took is None or run.software or not is_dispatch_bound(took.high, dispatches, run.empty_ms):
        return None
    return "dispatch"


def _why(run: GpuRun, one: Joined, bound: str | None) -> str:
    if not one.on_gpu:
        return "" if _provider(one) == "copy" else "the CPU runs it"
    if not one.dispatches:
        return _without(one.nodes[0], run)
    if bound is not None:
        return ""
    return SOFTWARE_SENTENCE if run.software else _NO_PEAKS


def _without(node: PlacedNode, run: GpuRun) -> str:
    """Why nothing is told of a node that the GPU runs."""
    if run.why_not_joined:
        return run.why_not_joined
    if may_launch_nothing(node.op_type):
        return "it launches nothing: it gives a tensor another name or shape"
    return "none of the dispatches could be told to be its own"


def _provider(one: Joined) -> Literal["gpu", "cpu", "copy"]:
    if is_copy(one.nodes[0]):
        return "copy"
    return "gpu" if one.on_gpu else "cpu"


def _waits(case: Case, run: GpuRun) -> GpuWaits | None:
    """Each wait brings something over; what all of them take beyond that is work that was queued."""
    found = run.timeline
    if not found.waits:
        return None
    waited = [found.waited_ms[number] for number in run.runs]
    idle = [found.idle_map_ms[number] for number in run.runs]
    steady = case.get(steady_run)
    return GpuWaits(
        count=found.waits,
        wait_ms=mean_time_ms(waited),
        transfer_ms=mean_time_ms(idle),
        queue_ms=mean_difference_ms(
            [wait - found.waits * alone for wait, alone in zip(waited, idle, strict=True)]
        ),
        read_bytes=steady.read_bytes if steady else None,
        transfer_bytes=found.idle_map_bytes,
    )


def _programs(run: GpuRun, dispatches: Sequence[int]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(run.asked[at].program for at in dispatches))


def _share(run: GpuRun, dispatches: Sequence[int], total_ms: float) -> float | None:
    """Of the mean over runs; None where a GPU's clock is too coarse to see anything."""
    if total_ms <= 0:
        return None
    return sum(run.ms(dispatches)) / len(run.runs) / total_ms
