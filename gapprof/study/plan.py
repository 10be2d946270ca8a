"""Which cells a study visits: threads by instructions by places. Pure."""

from collections.abc import Iterator

from msgspec.structs import replace

from gapprof.records.lattice import Cell, Place

BUILDS = ("served", "1.18-simd", "1.18-scalar")
"""The one under test, and the last release that came with SIMD and without."""
PLACES: tuple[Place, ...] = ("main", "worker")


def study_cells(deployed: Cell, *, cores: int) -> Iterator[Cell]:
    """{1, every core} x builds x places, native beside them; some of them more than once."""
    yield deployed
    isolated = replace(deployed, isolated=True)
    for threads in (1, cores):
        yield Cell(side="native", threads=threads)
        for build in BUILDS:
            yield from (replace(isolated, threads=threads, build=build, where=where) for where in PLACES)
