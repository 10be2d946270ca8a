"""Which node of the model launched which dispatch, and what it took by the GPU's own clock. Pure.

Neither the library nor the GPU says whose a dispatch is. But programs have names, and nodes and dispatches
run in order. What that leaves open stays open: a dispatch that several nodes can have launched belongs to all
of them together, one that none can have launched to none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from gapprof.facts.adapters import is_software
from gapprof.facts.case import Case
from gapprof.facts.gpu_calls import is_on_gpu
from gapprof.facts.gpu_programs import maker
from gapprof.records.calls import RecordedCalls
from gapprof.records.dispatches import AskedDispatch, TimedDispatches
from gapprof.records.gpu import GpuTimeline, PlacedNode
from gapprof.stats.alignment import MOST_CELLS, aligned

_NEAR_EMPTY = 2.0
"""Times what a dispatch takes that does nothing: below it, a dispatch costs more than its work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A node and its dispatches; several nodes: dispatches that any of these may have launched."""

    nodes: tuple[PlacedNode, ...]
    dispatches: tuple[int, ...]
    """Places in the timeline."""

    @property
    def on_gpu(self) -> bool:
        """Copies between processors are nobody's."""
        return is_on_gpu(self.nodes[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """All nodes of the graph that ran, in their order, and the dispatches that are nobody's."""

    joined: tuple[Joined, ...]
    unnamed: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuRun:
    """A steady run of the model, dispatch by dispatch, by the runs that count."""

    timeline: GpuTimeline
    asked: tuple[AskedDispatch, ...]
    submits: int
    runs: tuple[int, ...]
    """In which no dispatch ended before it began."""
    join: Join
    why_not_joined: str
    """Empty: every dispatch was held against the nodes."""

    def ms(self, dispatches: Sequence[int]) -> tuple[float, ...]:
        """What these took together, by run."""
        spans = [self.timeline.dispatches[at] for at in dispatches]
        return tuple(sum(one.ends_ns[run] - one.begins_ns[run] for one in spans) / 1e6 for run in self.runs)

    def span_ms(self, dispatches: Sequence[int]) -> tuple[float, ...]:
        """From the first of these to begin to the last of them to end, by run; 0 where there are none."""
        spans = [self.timeline.dispatches[at] for at in dispatches]
        return tuple(
            (max(one.ends_ns[run] for one in spans) - min(one.begins_ns[run] for one in spans)) / 1e6
            if spans
            else 0.0
            for run in self.runs
        )

    @property
    def all(self) -> tuple[int, ...]:
        """Places of all dispatches."""
        return tuple(range(len(self.timeline.dispatches)))

    @property
    def software(self) -> bool:
        """Whether a processor did all this."""
        return is_software(self.timeline.adapter)

    @property
    def empty_ms(self) -> float:
        """What a dispatch takes that does nothing."""
        return median(self.timeline.empty_ns) / 1e6


def timed_dispatches(case: Case) -> TimedDispatches | None:
    """The stage's own words; None where there was no such stage."""
    return next(case.recording.of(TimedDispatches), None)


def gpu_run(case: Case) -> GpuRun | None:
    """None without times, or where no run counts."""
    found = case.get(timed_dispatches)
    calls = next(case.recording.of(RecordedCalls), None)
    return run_of(found, calls.placed if calls is not None else ()) if found is not None else None


def run_of(found: TimedDispatches, nodes: Sequence[PlacedNode]) -> GpuRun | None:
    """The same of one timeline and the nodes of the graph that ran, in their order."""
    if found.timeline is None:
        return None
    spans = found.timeline.dispatches
    runs = tuple(
        run
        for run in range(len(found.timeline.waited_ms))
        if all(one.begins_ns[run] <= one.ends_ns[run] for one in spans)
    )
    if not runs:
        return None
    programs = [one.program for one in found.asked]
    why = _too_many(nodes, programs) if nodes else "the runtime did not say which nodes ran"
    return GpuRun(
        timeline=found.timeline,
        asked=found.asked,
        submits=found.submits,
        runs=runs,
        join=join((), programs) if why else join(nodes, programs),
        why_not_joined=why,
    )


def join(nodes: Sequence[PlacedNode], programs: Sequence[str]) -> Join:
    """Nodes in the order in which they ran, and the programs' names in theirs."""
    on_gpu = [place for place, node in enumerate(nodes) if is_on_gpu(node)]
    kinds = list(dict.fromkeys(programs))
    op_types = list(dict.fromkeys(nodes[place].op_type for place in on_gpu))
    found = aligned(
        [kinds.index(program) for program in programs],
        [op_types.index(nodes[place].op_type) for place in on_gpu],
        [maker(op_type, kinds) for op_type in op_types],
    )
    candidates = [tuple(on_gpu[one] for one in places) for places in found]
    group = _grouped(len(nodes), candidates)
    members: dict[int, list[int]] = {}
    for place in range(len(nodes)):
        members.setdefault(group[place], []).append(place)
    dispatches: dict[int, list[int]] = {first: [] for first in members}
    for at, places in enumerate(candidates):
        if places:
            dispatches[group[places[0]]].append(at)
    return Join(
        joined=tuple(
            Joined(nodes=tuple(nodes[place] for place in places), dispatches=tuple(dispatches[first]))
            for first, places in members.items()
        ),
        unnamed=tuple(at for at, places in enumerate(candidates) if not places),
    )


def is_dispatch_bound(ms: float, dispatches: int, empty_ms: float) -> bool:
    """Whether that many dispatches take little more than as many that do nothing."""
    return dispatches > 0 and ms <= _NEAR_EMPTY * empty_ms * dispatches


def _grouped(nodes: int, candidates: Sequence[tuple[int, ...]]) -> list[int]:
    """Node → first node of its group: nodes that share a dispatch belong together."""
    group = list(range(nodes))
    for places in candidates:
        firsts = {group[place] for place in places}
        if len(firsts) > 1:
            least = min(firsts)
            group = [least if one in firsts else one for one in group]
    return group


def _too_many(nodes: Sequence[PlacedNode], programs: Sequence[str]) -> str:
    """Why they are not joined; empty: they can be."""
    on_gpu = sum(is_on_gpu(node) for node in nodes)
    if on_gpu * len(programs) <= MOST_CELLS:
        return ""
    return f"{len(programs)} dispatches and {on_gpu} nodes are more than can be held against one another"
