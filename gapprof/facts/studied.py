"""What a study's lattice says of one model: gaps, what SIMD and threads bring, how they interact. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from gapprof.facts.case import Case
from gapprof.facts.disturbance import disturbed
from gapprof.facts.lattice import CellLogs, log_ms, over, plan_of, trials_in
from gapprof.records.lattice import Cell, Served
from gapprof.stats.contrast import Contrast

STUDY = "study"


def studied(case: Case) -> CellLogs:
    """ln(ms a run) of every cell, by round."""
    return log_ms(trials_in(case, STUDY, "explore"))


def compared(logs: CellLogs, cell: Cell, other: Cell) -> Contrast | None:
    """ln of how many times as much one cell takes; None where both are the same, which tells nothing."""
    return None if cell == other else over(logs, cell, other)


def served(case: Case) -> Mapping[int, Served]:
    """Of each round the server's first attempt that counts."""
    found: dict[int, Served] = {}
    for one in sorted(case.recording.of(Served), key=lambda one: (one.round, one.attempt)):
        if not one.struck:
            found.setdefault(one.round, one)
    return found


def served_per_s(case: Case) -> Mapping[int, float]:
    """Round → ln of runs a second of a native server with all cores."""
    return {number: math.log(one.runs_per_s) for number, one in served(case).items()}


def disturbances(case: Case) -> tuple[int, int]:
    """How many visits of the lattice count, the server's among them, and how many others' work disturbed."""
    trials = trials_in(case, STUDY, "explore").values()
    loads = [trial.load for by_round in trials for trial in by_round.values()]
    loads += [one.load for one in served(case).values() if one.load is not None]
    return len(loads), sum(disturbed(load) is not None for load in loads)


def clients_per_server(case: Case, logs: CellLogs, page: Cell) -> Contrast | None:
    """ln of the server's runs a second over those of one page, over the rounds that have both."""
    per_s, ms = served_per_s(case), logs.get(page, {})
    shared = sorted(per_s.keys() & ms.keys())
    return Contrast({n: per_s[n] - (math.log(1e3) - ms[n]) for n in shared}) if shared else None


def page_threads(deployed: Cell) -> int:
    """That a page really has: one, whatever it asks for, where it is not isolated."""
    return deployed.threads if deployed.isolated else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """The cells that a table compares; web ones in a worker, where nothing else runs."""

    deployed: Cell
    native: Mapping[int, Cell]
    """By threads, as all below."""
    served: Mapping[int, Cell]
    on_main: Mapping[int, Cell]
    simd: Mapping[int, Cell]
    scalar: Mapping[int, Cell]
    cores: int


def ways(case: Case) -> Ways | None:
    """None where there was no study."""
    plan = plan_of(case, STUDY)
    if plan is None:
        return None
    isolated = replace(plan.deployed, isolated=True)

    def by_threads(cell: Cell, *more: int) -> Mapping[int, Cell]:
        return {threads: replace(cell, threads=threads) for threads in (1, plan.cores, *more)}

    def in_worker(build: str) -> Mapping[int, Cell]:
        return by_threads(replace(isolated, where="worker", build=build))

    return Ways(
        deployed=plan.deployed,
        native=by_threads(Cell(side="native", threads=1), page_threads(plan.deployed)),
        served=in_worker("served"),
        on_main=by_threads(replace(isolated, where="main", build="served")),
        simd=in_worker("1.18-simd"),
        scalar=in_worker("1.18-scalar"),
        cores=plan.cores,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Lattice:
    """SIMD by threads, as ln of how many times faster; None where a corner was not visited."""

    threads: Contrast | None
    """Without SIMD ..."""
    simd: Contrast | None
    """... and SIMD with one thread, ..."""
    both: Contrast | None
    """... and both at once."""
    interaction: Contrast | None
    """`both` over the product of the two: below 0, they do not multiply."""


def lattice(logs: CellLogs, found: Ways) -> Lattice:
    """From the four corners."""
    bare, threaded = found.scalar[1], found.scalar[found.cores]
    vectors, all_of_it = found.simd[1], found.simd[found.cores]
    threads, simd, both = (compared(logs, bare, other) for other in (threaded, vectors, all_of_it))
    return Lattice(threads=threads, simd=simd, both=both, interaction=_interaction(threads, simd, both))


def _interaction(threads: Contrast | None, simd: Contrast | None, both: Contrast | None) -> Contrast | None:
    if threads is None or simd is None or both is None:
        return None
    shared = threads.by_round.keys() & simd.by_round.keys() & both.by_round.keys()
    rounds = {
        number: both.by_round[number] - threads.by_round[number] - simd.by_round[number]
        for number in sorted(shared)
    }
    return Contrast(rounds) if rounds else None
