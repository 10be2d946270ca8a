"""What the profiled passes of a rung say, merged: medians over runs, then over passes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from gapprof.facts.case import Case
from gapprof.facts.ladder import target
from gapprof.records.trial import NodeTime, Profile

NATIVE = "native-extended"
CAPPED = "native-128"
WEB = "web-worker"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFigure:
    """One node on one side, without what the profiler adds to it. `samples_ms` are the runs of all passes."""

    op_type: str
    ms: float
    samples_ms: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RungProfile:
    """All profiled passes of one rung as one."""

    nodes: Mapping[str, NodeFigure]
    unprofiled_ms: float | None
    profiled_ms: float | None
    marshalling_ms: float | None
    """Wall time of a run minus the runtime's own `model_run`: glue and copies in and out."""
    dispatch_us_per_node: float | None
    threads: int

    @property
    def kernels_ms(self) -> float:
        """Sum over nodes."""
        return sum(node.ms for node in self.nodes.values())

    @property
    def dispatch_ms(self) -> float | None:
        """What going from node to node costs in one run."""
        if self.dispatch_us_per_node is None:
            return None
        return self.dispatch_us_per_node * len(self.nodes) / 1000

    @property
    def observer_ratio(self) -> float | None:
        """How much slower a run is under the profiler."""
        return _over(self.profiled_ms, self.unprofiled_ms)

    @property
    def closure(self) -> float | None:
        """Sum over nodes by the time of an unprofiled run."""
        return _over(self.kernels_ms, self.unprofiled_ms)


def profiles(case: Case) -> Mapping[str, RungProfile]:
    """Merged profiles by the rung that was measured."""
    passes: dict[str, list[Profile]] = {}
    for entry in case.recording.of(Profile):
        if entry.nodes:
            passes.setdefault(entry.rung, []).append(entry)
    return {rung: _merged(found) for rung, found in passes.items()}


def profile_of(case: Case, rung: str) -> RungProfile | None:
    """The profile of a rung, or of the one whose trials it shares."""
    return case.get(profiles).get(target(case, rung))


def _merged(passes: Sequence[Profile]) -> RungProfile:
    by_name: dict[str, list[NodeTime]] = {}
    for one in passes:
        for node in _unique(one.nodes):
            by_name.setdefault(node.name, []).append(node)
    own_ms = (_middle(passes, lambda one: one.profiler_us_per_node) or 0.0) / 1000
    return RungProfile(
        nodes={
            name: NodeFigure(
                op_type=found[0].op_type,
                ms=max(0.0, median(median(node.samples_ms) for node in found) - own_ms),
                samples_ms=tuple(max(0.0, value - own_ms) for node in found for value in node.samples_ms),
            )
            for name, found in by_name.items()
        },
        unprofiled_ms=_middle(passes, lambda one: _median(one.unprofiled_ms)),
        profiled_ms=_middle(passes, lambda one: _median(one.profiled_ms)),
        marshalling_ms=_middle(passes, _marshalling),
        dispatch_us_per_node=_middle(passes, lambda one: one.dispatch_us_per_node),
        threads=passes[0].seen.threads,
    )


def _unique(nodes: Iterable[NodeTime]) -> Iterable[NodeTime]:
    """Nodes with samples; those that share a name are told apart by their order, alike on both sides."""
    seen: dict[str, int] = {}
    for node in nodes:
        if not node.samples_ms:
            continue
        seen[node.name] = count = seen.get(node.name, 0) + 1
        yield node if count == 1 else _renamed(node, f"{node.name} ({count})")


def _renamed(node: NodeTime, name: str) -> NodeTime:
    return NodeTime(name=name, op_type=node.op_type, provider=node.provider, samples_ms=node.samples_ms)


def _marshalling(one: Profile) -> float | None:
    if len(one.profiled_ms) != len(one.model_run_ms):
        return None
    return _median([wall - run for wall, run in zip(one.profiled_ms, one.model_run_ms, strict=True)])


def _middle(passes: Sequence[Profile], read: Callable[[Profile], float | None]) -> float | None:
    return _median([value for one in passes if (value := read(one)) is not None])


def _median(values: Sequence[float]) -> float | None:
    return median(values) if values else None


def _over(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None
