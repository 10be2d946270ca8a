"""Nodes for which the library lacks a kernel in the browser, or has a scalar one, and what that costs. Pure.

A vector holds four f32. What takes three times its tuned twin and more, beyond doubt, makes next to nothing
of them: the operator has a scalar kernel there, or goes through one that is made for another. Kernels that
are merely not tuned were seen at up to 2.6 times. What it costs is what the node takes beyond native's own
kernel, if the engine compiled that. Hooks (`--instrument`) name the functions of the wasm that do the work.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from gapprof.facts.case import Case
from gapprof.facts.inside import own_ms_by_node, vectors_in_loops
from gapprof.facts.profiles import WEB, profile_of
from gapprof.facts.split import split
from gapprof.facts.twins import WEB_TARGETS, ByRound, Twins, twins
from gapprof.records.twins import TwinNode
from gapprof.stats.contrast import Contrast
from gapprof.stats.interval import contrast_interval

LACKING = 3.0
"""Times the tuned twin."""
_SURE = 0.95
_MOSTLY = 0.1
"""Of a node's time in hooked functions: what takes less of it does not do its work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A function of the wasm that does a node's work."""

    function: int
    share: float
    """Of the node's time in hooked functions."""
    vectors_in_loops: int | None
    """None where nobody looked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingKernel:
    """One node."""

    name: str
    op_type: str
    times: Contrast
    """ln of what it takes over what its tuned twin takes, by round."""
    lost: ByRound
    """Beyond native's kernel as the engine would run it in a loop that suits it, by a run in the browser;
    signed."""
    workers: tuple[Worker, ...]
    """Those that hooks know of; the one that takes most first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingKernels:
    """All of them; at least one."""

    nodes: tuple[MissingKernel, ...]

    @property
    def shares(self) -> ByRound:
        """What they lose together."""
        return {number: math.fsum(node.lost[number] for node in self.nodes) for number in self.nodes[0].lost}


def missing_kernels(case: Case) -> MissingKernels | None:
    """None where no twins say, and where no node lacks one.

    None with several threads, too: a twin's work is shared without loss, and a kernel that runs on one of
    four threads is no scalar one.
    """
    found, parts, web = case.get(twins), case.get(split), profile_of(case, WEB)
    if found is None or parts is None or web is None or web.threads > 1:
        return None
    planned = {node.name: node for node in found.nodes}
    lacking = []
    for part in parts.nodes:
        here = web.nodes[part.name]
        times = _times(here.by_pass_ms, _tuned(found, planned[part.name]), parts.rounds)
        if times is None or here.ms < web.least_told_ms:
            continue
        if contrast_interval(times, _SURE).low <= math.log(LACKING):
            continue
        native = dict(zip(parts.rounds, part.suited_ms, strict=True))
        lacking.append(
            MissingKernel(
                name=part.name,
                op_type=here.op_type,
                times=times,
                lost={
                    number: (here.by_pass_ms[number] - native[number]) / web.run_by_pass_ms[number]
                    for number in parts.rounds
                },
                workers=_workers(case, part.name),
            )
        )
    return MissingKernels(nodes=tuple(lacking)) if lacking else None


def _tuned(found: Twins, node: TwinNode) -> ByRound:
    """The faster of the web's twins, round by round."""
    columns = [one for target in WEB_TARGETS if (one := found.node_ms(node, target))]
    shared = set.intersection(*map(set, columns)) if columns else set[int]()
    return {number: min(one[number] for one in columns) for number in shared}


def _times(taken: ByRound, tuned: ByRound, rounds: Iterable[int]) -> Contrast | None:
    """None where a round lacks either, or has nothing to compare."""
    pairs = {number: (taken.get(number, 0.0), tuned.get(number, 0.0)) for number in rounds}
    if len(pairs) < 2 or any(a <= 0 or b <= 0 for a, b in pairs.values()):
        return None
    return Contrast({number: math.log(a / b) for number, (a, b) in pairs.items()})


def _workers(case: Case, node: str) -> tuple[Worker, ...]:
    ms = {function: took for function, took in case.get(own_ms_by_node).get(node, {}).items() if took > 0}
    total, vectors = sum(ms.values()), case.get(vectors_in_loops)
    return tuple(
        Worker(function=function, share=took / total, vectors_in_loops=vectors.get(function))
        for function, took in sorted(ms.items(), key=lambda item: -item[1])
        if took >= _MOSTLY * total
    )
