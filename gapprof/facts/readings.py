"""Reading weight vectors off the ladder: which rounds, which chain, which factor."""

import math
from collections.abc import Iterable, Mapping

from gapprof.facts.case import Case
from gapprof.facts.cells import Cells, complete_rounds, measured, standing
from gapprof.facts.computed import ESTIMATED_128, GOOD_128, KERNELS, VECTORISED, computed
from gapprof.facts.contention import DEPLOYED
from gapprof.facts.gpu_rungs import GPU_RUNGS
from gapprof.facts.ladder import ends, nominal_chain, planned, square, target
from gapprof.facts.page_rungs import OUTSIDE, PAGE_RUNGS
from gapprof.facts.profiles import CAPPED, WEB
from gapprof.facts.twinned import AVX_128, ENGINE, LIBRARY, PRESENT, SUITED, UNPRESSED
from gapprof.stats.contrast import Contrast, LogLatencies, Weights, add_weights, contrast

_BESIDE_THE_CHAIN = frozenset({GOOD_128, *PAGE_RUNGS.values(), *GPU_RUNGS})


def latencies(case: Case) -> Cells:
    """Measured cells and computed ones, ms."""
    rungs = case.get(computed)
    return {**case.get(measured), **{rung: rungs[rung].by_round_ms for rung in rungs}}


def logs(case: Case) -> LogLatencies:
    """ln of every cell."""
    return {
        rung: {number: math.log(ms) for number, ms in by_round.items()}
        for rung, by_round in case.get(latencies).items()
    }


def passes(case: Case) -> LogLatencies:
    """Of rungs computed from profiles: what each profiled pass contributes to ln(latency)."""
    rungs = case.get(computed)
    return {rung: rungs[rung].by_pass for rung in rungs if rungs[rung].by_pass}


def order(case: Case) -> tuple[str, ...]:
    """Every place of a complete ladder from first to last rung, corners and computed rungs included."""
    places: list[str] = []
    corners = list(case.get(square))
    for rung in case.get(nominal_chain):
        if rung == CAPPED:
            places += sorted(corners, key=lambda corner: corner != "native-extended")
            places += [GOOD_128]
        if rung == WEB:
            places += [ESTIMATED_128, AVX_128, ENGINE, SUITED]
            places += [PRESENT, UNPRESSED, LIBRARY, VECTORISED, KERNELS]
        if rung == DEPLOYED:
            places += [OUTSIDE]
        places.append(rung)
    return tuple(places)


def chain(case: Case) -> tuple[str, ...]:
    """The main rungs that this run can stand on, in order, with the computed ones between them."""
    there = (case.get(standing) - set(case.get(square))) | (case.get(computed).keys() - _BESIDE_THE_CHAIN)
    return tuple(rung for rung in case.get(order) if rung in there)


def readable(case: Case, source: str, to: str) -> bool:
    """Whether a step has figures at both ends and, on the main chain, nothing between them."""
    line = case.get(chain)
    if source in line and to in line:
        return line.index(to) == line.index(source) + 1
    return bool(rounds_of(case, {source: -1.0, to: 1.0}))


def following(case: Case, rung: str) -> str | None:
    """The next place on the chain; None behind the last one, and for what does not stand on it."""
    line = case.get(chain)
    at = line.index(rung) + 1 if rung in line else len(line)
    return line[at] if at < len(line) else None


def rounds_of(case: Case, weights: Weights) -> tuple[int, ...]:
    """The complete rounds for a contrast of the main ladder; all rounds that have its rungs for any other."""
    cells = case.get(latencies)
    if weights.keys() <= case.get(standing) | case.get(computed).keys():
        return case.get(complete_rounds)
    if not weights or not weights.keys() <= cells.keys() or weights.keys() & _fallen(case):
        return ()
    return tuple(sorted(set.intersection(*(set(cells[rung]) for rung in weights))))


def read(case: Case, weights: Weights) -> Contrast | None:
    """The contrast of a weight vector; None where no round has all of its rungs."""
    rounds = rounds_of(case, weights)
    return contrast(case.get(logs), weights, rounds, case.get(passes)) if rounds else None


def read_apart(case: Case, vectors: Iterable[Weights]) -> tuple[Contrast, ...]:
    """Weight vectors that no common round holds, each read over its own rounds; their means add.

    Those over the same rounds are read as one, so that what they share cancels. Empty if one has no round.
    """
    by_rounds: dict[tuple[int, ...], list[Weights]] = {}
    for weights in vectors:
        by_rounds.setdefault(rounds_of(case, weights), []).append(weights)
    if () in by_rounds:
        return ()
    return tuple(
        contrast(case.get(logs), add_weights(w), rounds, case.get(passes)) for rounds, w in by_rounds.items()
    )


def same_trials(case: Case, source: str, to: str) -> bool:
    """Whether two rungs are one environment here, so that their contrast is exactly 0."""
    return target(case, source) == target(case, to)


def end_logs(case: Case) -> tuple[Mapping[int, float], Mapping[int, float]] | None:
    """ln(native) and ln(web) over the complete rounds; None where one side gave no figure."""
    rounds = case.get(complete_rounds)
    if not rounds:
        return None
    first, last = (case.get(logs)[rung] for rung in case.get(ends))
    return {n: first[n] for n in rounds}, {n: last[n] for n in rounds}


def _fallen(case: Case) -> frozenset[str]:
    """Main and square rungs with a few cells only: they left the chain, so no cause reads them."""
    main = {rung for rung, step in case.get(planned).items() if step.rung.role != "side"}
    return frozenset(main) - case.get(standing)
