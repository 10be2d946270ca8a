"""Which cells tell how a model scales. Pure."""

from collections.abc import Iterator

from msgspec.structs import replace

from gapprof.records.lattice import Cell, Place

_PLACES: tuple[Place, ...] = ("main", "worker", "proxy")
_FINEST = 8
"""Cores up to which every number of threads is visited."""


def thread_numbers(cores: int) -> tuple[int, ...]:
    """One to every core, beyond eight in powers of two; then two for each core."""
    if cores <= _FINEST:
        return (*range(1, cores + 1), 2 * cores)
    powers = (2**power for power in range(cores.bit_length()))
    return (*(number for number in powers if number < cores), cores, 2 * cores)


def scaling_cells(deployed: Cell, *, cores: int) -> Iterator[Cell]:
    """Threads on either side, places, isolation, and threads that spin; some of them more than once."""
    yield deployed
    isolated = replace(deployed, isolated=True)
    for threads in thread_numbers(cores):
        yield Cell(side="native", threads=threads)
        yield replace(isolated, threads=threads)
    every_core = replace(isolated, threads=cores)
    for base in (deployed, every_core):
        yield from (replace(base, where=where) for where in _PLACES)
    asked = deployed.threads if deployed.threads > 1 else cores
    yield from (replace(deployed, threads=asked, isolated=one) for one in (True, False))
    if cores > 1:  # one thread has nobody to wait for
        yield from (replace(Cell(side="native", threads=cores), spinning=one) for one in ("on", "off"))
        yield from (replace(every_core, spinning=one) for one in ("on", "off"))
