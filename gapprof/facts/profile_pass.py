"""One profiled pass by itself: what each node takes, what of that is the profiler's, and what it adds up to.

Blocks of runs without the profiler and with it take turns, so each block has a neighbour of the other kind
that ran at the same speed of the core: what compares the two kinds is the median over such pairs. A ratio of
two medians over all runs is none where a core changed its speed meanwhile: half of one kind may be fast and
less of the other (yolov5n natively: 70, 70, 88, 89 ms with the profiler, 69, 71, 74, 90 without).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean, median

from gapprof.records.trial import PROFILE_BLOCKS, NodeTime, Profile

BEYOND_THE_CHAIN = 1.5
"""Times what a chain of as many nodes takes under the profiler: the most by which kernels are made shorter or
longer so that they fit into an unprofiled run. No theory gives it. It was read off published profiles: 33 of
38 passes of decoder-small, whose runs the profiler doubles, exceed a run by less (0.2 to 2.0 times), so do 91
of 123 of resnet20; those of models with large nodes, whose runs are some percent uncertain, do by anything
from -230 to 1,800 times. What lies beyond it stays in the operators, for their sum to show."""
LEAST_KERNEL_SHARE = 0.5
"""Kernels are not made shorter than that; no published pass comes to it (0.56 is the least)."""
MOST_KERNEL_SHARE = 1.05
"""Nor longer: kernels that are too short are noise, or the chain's links took longer than the model's nodes,
and beyond the 5 % within which sums count as closing a node may be missing, which a sum should show."""
_IN_STEP = "CPU"
"""In the names of providers whose nodes are done when their times end: others' do not add up to a run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Neighbouring blocks: the run in the middle of each."""

    nodes_ms: float
    """Sum over the nodes by the profiler, with what it adds to them."""
    profiled_ms: float
    unprofiled_ms: float


@dataclass(frozen=True, kw_only=True)
class ProfilePass:
    """The runs of one pass, merged."""

    profile: Profile
    nodes: Mapping[str, NodeTime]
    """By names that no two of them share."""

    @cached_property
    def node_ms(self) -> Mapping[str, float]:
        """With what the profiler adds: means over the third of the runs that is in the middle by their sums.

        Means over the same runs add up. A median of each node by itself leaves out, node for node, what takes
        longer now and then (mobilebert: 4 % of a run, over 1,654 nodes).
        """
        order = sorted(range(len(self._sums_ms)), key=self._sums_ms.__getitem__)
        cut = len(order) // 3
        middle = order[cut : len(order) - cut]
        return {name: fmean(node.samples_ms[at] for at in middle) for name, node in self.nodes.items()}

    def uncut_ms(self, name: str) -> float:
        """Of a node, without what the chain shows of the profiler."""
        return self.node_ms[name] - (self.beside_the_kernel_us or 0.0) / 1e3

    @cached_property
    def pairs(self) -> Sequence[Pair]:
        """Of blocks that were neighbours in time; a single one where the counts of runs do not fit."""
        sides = (self._sums_ms, self.profile.profiled_ms, self.profile.unprofiled_ms)
        if not all(sides):
            return ()
        told = [blocks(side) for side in sides]
        if len({len(one) for one in told}) > 1:
            told = [(side,) for side in sides]
        return [
            Pair(nodes_ms=median(nodes), profiled_ms=median(profiled), unprofiled_ms=median(unprofiled))
            for nodes, profiled, unprofiled in zip(*told, strict=True)
        ]

    @cached_property
    def marshalling_ms(self) -> float | None:
        """Wall time of a run minus the runtime's own `model_run`."""
        walls, runs = self.profile.profiled_ms, self.profile.model_run_ms
        if len(walls) != len(runs) or not walls:
            return None
        return median(wall - run for wall, run in zip(walls, runs, strict=True))

    @property
    def beside_the_kernel_us(self) -> float | None:
        """What a node's time by the profiler holds beside its kernel, as the chain's nodes show it.

        They compute next to nothing, so all of their profiled time is dispatch inside the node's clock and
        the profiler's own work. `profiler_us_per_node` is that time less the whole dispatch of an unprofiled
        run, hence taking it alone off a node would leave the dispatch in there, to count again. A model's
        smallest nodes take as long as the chain's (decoder-small: 2.0 to 3.0 us a Reshape, 2.0 us a link).
        """
        profiler_us, dispatch_us = self.profile.profiler_us_per_node, self.profile.dispatch_us_per_node
        return None if profiler_us is None or dispatch_us is None else profiler_us + dispatch_us

    @cached_property
    def kernel_share(self) -> float | None:
        """Of their time by the profiler, without the chain's, that kernels take for nodes, dispatch and
        marshalling to fit into the unprofiled runs beside them; None where nothing can say.

        Measured is that together they take longer in profiled runs than an unprofiled run lasts. Whose that
        excess is was not: all of it, as far as `BEYOND_THE_CHAIN` goes, is taken to be the kernels', whose
        weights the profiler's tables and texts drive out of the caches, and every kernel's alike. A profiler
        that slows marshalling as well, or small kernels more than large ones, makes kernels too short here.
        """
        return self.kernel_share_in(self.pairs)

    def kernel_share_in(self, pairs: Sequence[Pair]) -> float | None:
        """As some of the pairs say."""
        if self.beside_the_kernel_us is None or not pairs or not self._in_step():
            return None
        kernels_ms = median(pair.nodes_ms for pair in pairs) - self._beside_ms
        too_long_ms = median(
            pair.nodes_ms - self._beside_ms + self._around_ms - pair.unprofiled_ms for pair in pairs
        )
        most_ms = BEYOND_THE_CHAIN * self._beside_ms
        off_ms = min(max(too_long_ms, -most_ms), most_ms)
        # With kernels next to nothing, or below, the share goes on to its bound and does not jump.
        of_ms = max(kernels_ms, off_ms / (1 - LEAST_KERNEL_SHARE), off_ms / (1 - MOST_KERNEL_SHARE))
        return 1 - off_ms / of_ms if of_ms > 0 else 1.0

    def closures_in(self, pairs: Sequence[Pair], kernel_share: float) -> Iterator[float]:
        """Pair by pair: kernels at that share, dispatch and marshalling, over an unprofiled run."""
        for pair in pairs:
            if pair.unprofiled_ms > 0:
                kernels_ms = kernel_share * (pair.nodes_ms - self._beside_ms)
                yield (kernels_ms + self._around_ms) / pair.unprofiled_ms

    @property
    def _beside_ms(self) -> float:
        """In one run."""
        return len(self.nodes) * (self.beside_the_kernel_us or 0.0) / 1e3

    @property
    def _around_ms(self) -> float:
        """Dispatch and marshalling. Where dispatch cannot be taken out of the nodes' times, it is in them."""
        known = self.beside_the_kernel_us is not None
        dispatch_us = self.profile.dispatch_us_per_node if known else None
        return len(self.nodes) * (dispatch_us or 0.0) / 1e3 + (self.marshalling_ms or 0.0)

    @cached_property
    def _sums_ms(self) -> Sequence[float]:
        return [sum(run) for run in zip(*(node.samples_ms for node in self.nodes.values()), strict=False)]

    def _in_step(self) -> bool:
        return all(_IN_STEP in node.provider for node in self.nodes.values())


def pass_of(profile: Profile) -> ProfilePass:
    """Nodes with samples; those that share a name are told apart by their order, alike on both sides."""
    return ProfilePass(profile=profile, nodes=dict(_unique(profile)))


def blocks(runs_ms: Sequence[float]) -> Sequence[Sequence[float]]:
    """In the order in which they ran, as many as a pass has of each kind; one of too few runs."""
    size, rest = divmod(len(runs_ms), PROFILE_BLOCKS)
    if rest or not size:
        return (runs_ms,)
    return [runs_ms[begin : begin + size] for begin in range(0, len(runs_ms), size)]


def _unique(profile: Profile) -> Iterator[tuple[str, NodeTime]]:
    seen: dict[str, int] = {}
    for node in profile.nodes:
        if not node.samples_ms:
            continue
        seen[node.name] = count = seen.get(node.name, 0) + 1
        yield (node.name if count == 1 else f"{node.name} ({count})"), node
