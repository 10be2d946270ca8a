"""What the profiled passes of a rung say, merged: medians over runs, then over passes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from msgspec.structs import replace

from gapprof.facts.case import Case
from gapprof.facts.ladder import target
from gapprof.records.trial import NodeTime, Profile

NATIVE = "native-extended"
CAPPED = "native-128"
WEB = "web-worker"
CHAIN_SHARE = 0.02
"""Of a run: where dispatch and the profiler's own work take less, how they differ from pass to pass (by a
fifth, measured) moves nothing, and one pass is enough to know them."""
_TOLD = 2.0
"""Times what the profiler adds to a link of the chain: where it has more to describe it takes up to twice
as long (decoder-small: 19 µs for a Reshape, 10 µs for a link)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFigure:
    """One node on one side, without what the profiler adds to it; below 0 where noise exceeds the node."""

    op_type: str
    ms: float
    profiled_ms: tuple[tuple[float, ...], ...]
    """The runs of each pass as the recording has them, with what the profiler adds."""
    beside_the_kernel_ms: float
    """What that is."""
    by_pass_ms: Mapping[int, float]
    """Each pass's own figure, by the round of the pass."""

    @property
    def samples_ms(self) -> tuple[float, ...]:
        """The runs of all passes. Made when they are asked for: of a large graph few nodes' ever are."""
        return tuple(value - self.beside_the_kernel_ms for runs in self.profiled_ms for value in runs)


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
    run_by_pass_ms: Mapping[int, float]
    """An unprofiled run in the session of each pass."""
    overhead_by_pass_ms: Mapping[int, float]
    """Marshalling and dispatch together, of each pass that has both."""
    without_dispatch: bool
    """Whether dispatch was taken out of the nodes' times, so that it is not counted there as well."""
    beside_the_kernel_ms: float
    """What was taken out of each node's time; 0 where nobody measured it."""

    @property
    def least_told_ms(self) -> float:
        """Nodes that take less are too small to tell what their kernels take."""
        return _TOLD * self.beside_the_kernel_ms

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
        """Sum over nodes, each with what going to it costs, by the time of an unprofiled run."""
        dispatch_ms = (self.dispatch_ms or 0.0) if self.without_dispatch else 0.0
        return _over(self.kernels_ms + dispatch_ms, self.unprofiled_ms)


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


def chain_is_small(one: Profile) -> bool:
    """Whether dispatch and the profiler's own work, as its chain shows them, are next to nothing in a run."""
    beside_us = _beside_the_kernel_us(one)
    if beside_us is None or not one.unprofiled_ms:
        return False
    return len(one.nodes) * beside_us < CHAIN_SHARE * median(one.unprofiled_ms) * 1000


def _with_the_chain_of_others(passes: Sequence[Profile]) -> Sequence[Profile]:
    """Where one pass has said that the chain's figures are small, passes without a chain take them over."""
    if not any(chain_is_small(one) for one in passes):
        return passes
    dispatch_us = _middle(passes, lambda one: one.dispatch_us_per_node)
    profiler_us = _middle(passes, lambda one: one.profiler_us_per_node)
    return [
        one
        if one.dispatch_us_per_node is not None
        else replace(one, dispatch_us_per_node=dispatch_us, profiler_us_per_node=profiler_us)
        for one in passes
    ]


def _merged(passes: Sequence[Profile]) -> RungProfile:
    passes = _with_the_chain_of_others(passes)
    by_name: dict[str, list[tuple[Profile, NodeTime]]] = {}
    for one in passes:
        for node in _unique(one.nodes):
            by_name.setdefault(node.name, []).append((one, node))
    own_ms = (_middle(passes, _beside_the_kernel_us) or 0.0) / 1000
    return RungProfile(
        nodes={
            name: NodeFigure(
                op_type=found[0][1].op_type,
                # Signed: a clamp at 0 would add up, over many small nodes, to time that nobody spent.
                ms=median(median(node.samples_ms) for _, node in found) - own_ms,
                profiled_ms=tuple(node.samples_ms for _, node in found),
                beside_the_kernel_ms=own_ms,
                by_pass_ms={
                    one.round: median(node.samples_ms) - (_beside_the_kernel_us(one) or 0.0) / 1000
                    for one, node in found
                },
            )
            for name, found in by_name.items()
        },
        unprofiled_ms=_middle(passes, lambda one: _median(one.unprofiled_ms)),
        profiled_ms=_middle(passes, lambda one: _median(one.profiled_ms)),
        marshalling_ms=_middle(passes, _marshalling),
        dispatch_us_per_node=_middle(passes, lambda one: one.dispatch_us_per_node),
        threads=passes[0].seen.threads,
        run_by_pass_ms={one.round: median(one.unprofiled_ms) for one in passes if one.unprofiled_ms},
        overhead_by_pass_ms=_overhead_by_pass(passes, len(by_name)),
        beside_the_kernel_ms=own_ms,
        without_dispatch=any(_beside_the_kernel_us(one) is not None for one in passes),
    )


def _beside_the_kernel_us(one: Profile) -> float | None:
    """What a node's time by the profiler holds beside its kernel, as the chain's nodes show it.

    They compute next to nothing, so all of their profiled time is dispatch inside the node's clock and the
    profiler's own work. `profiler_us_per_node` is that time less the whole dispatch of an unprofiled run,
    hence taking it alone off a node would leave the dispatch in there, to count again in `dispatch_ms`.
    """
    if one.profiler_us_per_node is None or one.dispatch_us_per_node is None:
        return None
    return one.profiler_us_per_node + one.dispatch_us_per_node


def _overhead_by_pass(passes: Sequence[Profile], nodes: int) -> dict[int, float]:
    found = {}
    for one in passes:
        marshalling_ms = _marshalling(one)
        if marshalling_ms is not None and one.dispatch_us_per_node is not None:
            found[one.round] = marshalling_ms + one.dispatch_us_per_node * nodes / 1000
    return found


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
