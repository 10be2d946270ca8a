"""Which cells a study visits, threads by instructions by places, and how often. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from gapprof.facts.studied import page_threads
from gapprof.measure.pacing import fuller, samples_of, thriftier
from gapprof.records.job import Pace
from gapprof.records.lattice import Cell, Place, PlannedCell
from gapprof.text import numbers

SCALAR = "1.18-scalar"
BUILDS = ("served", "1.18-simd", SCALAR)
"""The one under test, and the last release that came with SIMD and without."""
SLOWEST_MS = 1500.0
"""A run with SIMD. Without it, it takes about four times as long (the artefact of Wang et al. 2025;
measured), and a visit warms up with ten and more."""
PLACES: tuple[Place, ...] = ("main", "worker")
ROUNDS = 5
FEWEST_ROUNDS = 3
LONGEST_S = 360.0
"""Of the lattice: beyond it there are fewer samples in a visit, then fewer rounds."""
_SCALAR_MORE = 1.5
"""How much longer a run takes without SIMD, over one thread and every core (measured)."""
_SCALAR_RUNS = 5
"""Of a visit, beside its samples, that are slower (measured): it warms up until V8 has compiled what runs."""


def study_cells(deployed: Cell, *, cores: int) -> Iterator[Cell]:
    """{1, every core} x builds x places, native beside them, there with the page's threads too; some of
    them more than once."""
    yield deployed
    yield Cell(side="native", threads=page_threads(deployed))
    isolated = replace(deployed, isolated=True)
    for threads in (1, cores):
        yield Cell(side="native", threads=threads)
        for build in BUILDS:
            yield from (replace(isolated, threads=threads, build=build, where=where) for where in PLACES)


def without_the_slowest(cells: Sequence[PlannedCell], run_ms: float) -> tuple[PlannedCell, ...]:
    """Refused: what would take minutes a visit. `run_ms`: what a run in the page was seen to take."""
    if run_ms <= SLOWEST_MS:
        return tuple(cells)
    why = f"a run takes {numbers.ms(run_ms)} with SIMD: without it no visit waits so long"
    return tuple(
        replace(one, refusal=one.refusal or why) if one.cell.build == SCALAR else one for one in cells
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """How often, at which pace, how long that is to take, and why it is less than usual."""

    rounds: int
    pace: Pace
    expected_s: float
    why: str = ""


def within_means(
    cells: Sequence[Cell], pace: Pace, *, run_ms: float, each_s: Mapping[str, float], server_s: float
) -> Means:
    """Five rounds of five samples or more; else of three samples, and as many rounds as fit, three at least.

    `pace`: the ladder's, whose budget may have left it three samples. `each_s`: side → such a visit.
    """
    full, thrifty = fuller(pace, slowest_ms=run_ms), thriftier(pace)

    def round_s(one: Pace) -> float:
        samples_s, thrifty_s = _samples_s(one, run_ms), _samples_s(thrifty, run_ms)
        return server_s + sum(
            each_s[cell.side]
            + (samples_s - thrifty_s if cell.side == "web" else 0.0)
            + (_SCALAR_MORE * (samples_s + _SCALAR_RUNS * run_ms / 1e3) if cell.build == SCALAR else 0.0)
            for cell in cells
        )

    if ROUNDS * round_s(full) <= LONGEST_S:
        return Means(rounds=ROUNDS, pace=full, expected_s=ROUNDS * round_s(full))
    each = round_s(thrifty)
    rounds = max(FEWEST_ROUNDS, min(ROUNDS, int(LONGEST_S / each)))
    return Means(
        rounds=rounds,
        pace=thrifty,
        expected_s=rounds * each,
        why=(
            f"{ROUNDS} rounds of the study's lattice would take longer than {numbers.duration(LONGEST_S)}: "
            f"there are {rounds}, with {samples_of(thrifty, run_ms)} samples a visit"
        ),
    )


def _samples_s(pace: Pace, run_ms: float) -> float:
    return samples_of(pace, run_ms) * pace.batch * run_ms / 1e3
