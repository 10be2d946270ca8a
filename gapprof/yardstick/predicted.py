"""What a whole model should take with our kernels, told two ways, each by the rounds themselves. Pure.

`expected_ms`: the model as one program, by its twins, each timed by itself. `library_ms`: onnxruntime-web's
own run, if each of its kernels that a twin beats took what the twin takes.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import median

from gapprof.facts.twins import WEB_TARGETS, ByRound, Twins, summed


def chosen_target(found: Twins, shape: str) -> str:
    """Whose twin a program runs: of the faster one in the first round, after which the program is written."""
    return min(WEB_TARGETS, key=lambda target: _first_ms(found.ms.get(target, {}).get(shape, {})))


def expected_ms(found: Twins, copies_ms: ByRound) -> ByRound:
    """The chosen twins of all nodes, and the copies of a run, where there are any; only rounds that have all.

    The round that chose is left out: of two twins the one that was lucky in it is chosen, so it would make
    the program look faster than it is. Nests that no node has (a scale beside a product, a Gather's rows one
    by one) are in a run alone.
    """
    parts = [part for node in found.nodes for part in node.parts]
    twins_ms = (
        _after_the_first(found.ms.get(chosen_target(found, part), {}).get(part, {})) for part in parts
    )
    return summed((*twins_ms, *([copies_ms] if copies_ms else [])))


def library_ms(runs_ms: ByRound, around_ms: float, rivals: Iterable[Sequence[ByRound]]) -> ByRound:
    """What is left of a run, in the rounds that all have; nothing where these are not two.

    `rivals`: per kernel, onnxruntime-web's own first, then those of its twins that count. The fastest of them
    is chosen for each round by the others' median: a round that chose and counted would look faster than it
    is. `around_ms`: what a run takes beside its kernels.
    """
    kernels = [tuple(columns) for columns in rivals]
    everything = [column for columns in kernels for column in columns]
    rounds = sorted(set(runs_ms).intersection(*(set(column) for column in everything)))
    if len(rounds) < 2:
        return {}
    found: dict[int, float] = {}
    for number in rounds:
        others = [one for one in rounds if one != number]
        left_ms = around_ms + math.fsum(_of(_best(columns, others), number) for columns in kernels)
        whole_ms = around_ms + math.fsum(_of(columns[0], number) for columns in kernels)
        found[number] = runs_ms[number] * (left_ms / whole_ms if whole_ms > 0 else 1.0)
    return found


def _best(columns: Sequence[ByRound], rounds: Sequence[int]) -> ByRound:
    return min(columns, key=lambda column: median(column[number] for number in rounds))


def _of(column: ByRound, number: int) -> float:
    """Less what the profiler adds, the smallest may come out below nothing."""
    return max(0.0, column[number])


def _first_ms(by_round: ByRound) -> float:
    return by_round[min(by_round)] if by_round else math.inf


def _after_the_first(by_round: ByRound) -> Mapping[int, float]:
    return {number: ms for number, ms in by_round.items() if number != min(by_round)}
