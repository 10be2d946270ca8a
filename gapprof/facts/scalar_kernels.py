"""Nodes whose kernels in the browser do their work without vectors, and what that costs. Pure.

Which functions of the wasm a node spends its time in is known from hooks (`--instrument`), and whether their
loops hold vectors from their code. What it costs is what the node takes beyond native's own kernel, if the
engine compiled that, by the twins' rounds.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from gapprof.facts.case import Case
from gapprof.facts.inside import own_ms_by_node
from gapprof.facts.profiles import WEB, profile_of
from gapprof.facts.split import split
from gapprof.facts.twins import ByRound
from gapprof.records.inside import HookedPass

MOSTLY = 0.5
"""Of a node's time in hooked functions that lies in those without vectors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalarNode:
    """One of them."""

    name: str
    functions: tuple[int, ...]
    """Without vectors, the one that takes most first."""
    share: float
    """Of the node's time in hooked functions that lies in these."""
    lost: ByRound
    """Beyond native's kernel as the engine would run it, by a run in the browser; signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalarKernels:
    """All of them."""

    nodes: tuple[ScalarNode, ...]

    @property
    def shares(self) -> ByRound:
        """What they lose together."""
        rounds = self.nodes[0].lost if self.nodes else ()
        return {number: math.fsum(node.lost[number] for node in self.nodes) for number in rounds}


def scalar_kernels(case: Case) -> ScalarKernels | None:
    """None where no hooks or no twins say, or nobody looked for vectors."""
    parts, web = case.get(split), profile_of(case, WEB)
    spent = case.get(own_ms_by_node)
    vectors = _vectors(case)
    if parts is None or web is None or not spent or not vectors:
        return None
    found = []
    for node in parts.nodes:
        ms = {function: took for function, took in spent.get(node.name, {}).items() if took > 0}
        scalar = {function: took for function, took in ms.items() if vectors.get(function) == 0}
        if not ms or sum(scalar.values()) <= MOSTLY * sum(ms.values()):
            continue
        here = web.nodes[node.name].by_pass_ms
        native = dict(zip(parts.rounds, node.engine_ms, strict=True))
        found.append(
            ScalarNode(
                name=node.name,
                functions=tuple(sorted(scalar, key=lambda function: -scalar[function])),
                share=sum(scalar.values()) / sum(ms.values()),
                lost={
                    number: (here.get(number, 0.0) - native[number]) / web.run_by_pass_ms[number]
                    for number in parts.rounds
                },
            )
        )
    return ScalarKernels(nodes=tuple(found))


def _vectors(case: Case) -> Mapping[int, int]:
    """Function → vector instructions in its loops, of those that somebody looked at."""
    return {
        one.function: one.vectors_in_loops
        for each in case.recording.of(HookedPass)
        for one in each.functions
        if one.vectors_in_loops is not None
    }
