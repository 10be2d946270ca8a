"""What the profiled passes of a rung say, merged: each pass by itself, then medians over passes.

A node's time is without what the profiler adds to it, by its chain, and at the share that kernels take for
all of it to fit into an unprofiled run.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from msgspec.structs import replace

from gapprof.facts.case import Case
from gapprof.facts.ladder import target
from gapprof.facts.profile_closure import closure, uncut_closure
from gapprof.facts.profile_pass import ProfilePass, pass_of
from gapprof.records.trial import Profile

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
    uncut_ms: float
    """Less what the chain shows of the profiler, and nothing else."""
    kernel_share: float
    """Of that, what a kernel takes for all of them to fit into an unprofiled run; 1 where nothing says."""
    profiled_ms: tuple[tuple[float, ...], ...]
    """The runs of each pass as the recording has them, with what the profiler adds."""
    beside_the_kernel_ms: float
    """What that is."""
    uncut_by_pass_ms: Mapping[int, float]
    """Each pass's own figure, by the round of the pass ..."""
    by_pass_ms: Mapping[int, float]
    """... and that at the share that the pass itself says."""

    @property
    def ms(self) -> float:
        """What the node takes, as reports show it."""
        return self.kernel_share * self.uncut_ms

    @property
    def uncut_samples_ms(self) -> tuple[float, ...]:
        """The runs of all passes. Made when they are asked for: of a large graph few nodes' ever are."""
        return tuple(value - self.beside_the_kernel_ms for runs in self.profiled_ms for value in runs)


@dataclass(frozen=True, slots=True, kw_only=True)
class RungProfile:
    """All profiled passes of one rung as one."""

    nodes: Mapping[str, NodeFigure]
    unprofiled_ms: float | None
    observer_ratio: float | None
    """How much slower a run is under the profiler."""
    closure: float | None
    """Sum over nodes, each with what going to it costs, and marshalling, by the time of an unprofiled run:
    with kernels at the share that other runs than those say."""
    uncut_closure: float | None
    """The same with kernels as the profiler has them, less its chain."""
    marshalling_ms: float | None
    """Wall time of a run minus the runtime's own `model_run`: glue and copies in and out."""
    dispatch_us_per_node: float | None
    threads: int
    run_by_pass_ms: Mapping[int, float]
    """An unprofiled run in the session of each pass."""
    overhead_by_pass_ms: Mapping[int, float]
    """Marshalling and dispatch together, of each pass that has both."""
    beside_the_kernel_ms: float
    """What was taken out of each node's time; 0 where nobody measured it."""
    kernel_share: float | None
    """Of the rest, what kernels take for all of it to fit into an unprofiled run; None where nothing says."""

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
    beside_us = pass_of(one).beside_the_kernel_us
    if beside_us is None or not one.unprofiled_ms:
        return False
    return len(one.nodes) * beside_us < CHAIN_SHARE * median(one.unprofiled_ms) * 1000


def _with_the_chain_of_others(passes: Sequence[Profile]) -> Sequence[Profile]:
    """Where one pass has said that the chain's figures are small, passes without a chain take them over."""
    if not any(chain_is_small(one) for one in passes):
        return passes
    dispatch_us = _middle(one.dispatch_us_per_node for one in passes)
    profiler_us = _middle(one.profiler_us_per_node for one in passes)
    return [
        one
        if one.dispatch_us_per_node is not None
        else replace(one, dispatch_us_per_node=dispatch_us, profiler_us_per_node=profiler_us)
        for one in passes
    ]


def _merged(recorded: Sequence[Profile]) -> RungProfile:
    recorded = _with_the_chain_of_others(recorded)
    passes = [pass_of(one) for one in recorded]
    by_name: dict[str, list[ProfilePass]] = {}
    for one in passes:
        for name in one.nodes:
            by_name.setdefault(name, []).append(one)
    own_us = _middle(one.beside_the_kernel_us for one in passes)
    own_ms = (own_us or 0.0) / 1000
    told = [one for one in passes if one.beside_the_kernel_us is not None] or passes
    kernel_share = _middle(one.kernel_share for one in told)
    return RungProfile(
        nodes={
            name: NodeFigure(
                op_type=found[0].nodes[name].op_type,
                # Signed: a clamp at 0 would add up, over many small nodes, to time that nobody spent.
                uncut_ms=median(one.node_ms[name] for one in found) - own_ms,
                kernel_share=_or_all(kernel_share),
                profiled_ms=tuple(one.nodes[name].samples_ms for one in found),
                beside_the_kernel_ms=own_ms,
                uncut_by_pass_ms={one.profile.round: one.uncut_ms(name) for one in found},
                by_pass_ms={
                    one.profile.round: _or_all(one.kernel_share) * one.uncut_ms(name) for one in found
                },
            )
            for name, found in by_name.items()
        },
        unprofiled_ms=_middle(_median(one.unprofiled_ms) for one in recorded),
        observer_ratio=_middle(
            pair.profiled_ms / pair.unprofiled_ms
            for one in passes
            for pair in one.pairs
            if pair.unprofiled_ms > 0
        ),
        closure=closure(told),
        uncut_closure=uncut_closure(told),
        marshalling_ms=_middle(one.marshalling_ms for one in passes),
        dispatch_us_per_node=_middle(one.dispatch_us_per_node for one in recorded),
        threads=recorded[0].seen.threads,
        run_by_pass_ms={one.round: median(one.unprofiled_ms) for one in recorded if one.unprofiled_ms},
        overhead_by_pass_ms=_overhead_by_pass(passes, len(by_name)),
        beside_the_kernel_ms=own_ms,
        kernel_share=kernel_share,
    )


def _or_all(kernel_share: float | None) -> float:
    return 1.0 if kernel_share is None else kernel_share


def _overhead_by_pass(passes: Sequence[ProfilePass], nodes: int) -> dict[int, float]:
    found = {}
    for one in passes:
        dispatch_us = one.profile.dispatch_us_per_node
        if one.marshalling_ms is not None and dispatch_us is not None:
            found[one.profile.round] = one.marshalling_ms + dispatch_us * nodes / 1000
    return found


def _middle(told: Iterable[float | None]) -> float | None:
    return _median([value for value in told if value is not None])


def _median(values: Sequence[float]) -> float | None:
    return median(values) if values else None
