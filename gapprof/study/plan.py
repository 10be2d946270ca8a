"""Which cells a study visits: threads by instructions by places. Pure."""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from gapprof.records.lattice import Cell, Place, PlannedCell
from gapprof.text import numbers

SCALAR = "1.18-scalar"
BUILDS = ("served", "1.18-simd", SCALAR)
"""The one under test, and the last release that came with SIMD and without."""
SLOWEST_MS = 1500.0
"""A run with SIMD. Without it, it takes about four times as long (the artefact of Wang et al. 2025;
measured), and a visit warms up with ten and more."""
PLACES: tuple[Place, ...] = ("main", "worker")


def study_cells(deployed: Cell, *, cores: int) -> Iterator[Cell]:
    """{1, every core} x builds x places, native beside them; some of them more than once."""
    yield deployed
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
