"""Calls of one function as they were recorded, in files that both sides read."""

from dataclasses import dataclass, replace
from pathlib import Path

from gapprof.transplant.rows import Row

STRETCH = 64
"""Neighbouring calls that stay together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """What one function was called with in one run of a model."""

    function: int
    calls: int
    """In that run."""
    rows: int
    """That are in the table: the first of those calls, in their order."""
    image: Path
    """Memory before the last of them, whole pages."""
    table: Path
    """Rows of arguments, with room for results."""
    variables: tuple[tuple[int, int], ...]
    """Global variables by number, at the same moment."""
    also: tuple[int, ...] = ()
    places: tuple[int, ...] = ()
    """Functions, and places in the module's table, that they come to."""
    call_ms: float = 0.0
    """What a call takes by the browser's sampler, without what it calls."""

    @property
    def pass_ms(self) -> float:
        """What all rows one after the other are to take."""
        return self.rows * self.call_ms


def kept(
    folder: Path,
    function: int,
    row: Row,
    block: bytes,
    *,
    calls: int,
    rows: int,
    rows_bytes: int,
    variables: tuple[tuple[int, int], ...],
) -> Calls:
    """Rows and memory behind them, as the page sent them, written out."""
    image, table = folder / f"{function}.memory.bin", folder / f"{function}.rows.bin"
    image.write_bytes(memoryview(block)[rows_bytes:])
    table.write_bytes(memoryview(block)[: rows * row.size_bytes])
    return Calls(function=function, calls=calls, rows=rows, image=image, table=table, variables=variables)


def thinned(calls: Calls, most: int) -> Calls:
    """Stretches of neighbouring calls, evenly spread over the run, together about so many calls.

    Neighbours share what is in cache; which calls there are changes from layer to layer.
    """
    if calls.rows <= most:
        return calls
    rows = calls.table.read_bytes()
    size = len(rows) // calls.rows
    stretches = max(1, most // STRETCH)
    length = min(STRETCH, most)
    begins = [at * (calls.rows - length) // max(1, stretches - 1) for at in range(stretches)]
    table = calls.table.with_suffix(".some.bin")
    table.write_bytes(b"".join(rows[begin * size : (begin + length) * size] for begin in begins))
    return replace(calls, rows=stretches * length, table=table)


def last(calls: Calls) -> Calls:
    """The last call alone, the only one whose memory is surely as it was.

    What others were given on the stack or in memory that was freed may have changed meanwhile. Numbers there
    are numbers still, and the work on them is the same; addresses and counts lead elsewhere.
    """
    rows = calls.table.read_bytes()
    table = calls.table.with_suffix(".last.bin")
    table.write_bytes(rows[-(len(rows) // calls.rows) :])
    return replace(calls, rows=1, table=table)
