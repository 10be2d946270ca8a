"""How far apart this machine's cores are at this moment, by what one of them writes and another reads.

A hypervisor moves its virtual cores: for seconds two of them are on processors that share a last-level
cache, and for seconds they are not. Each core is as fast as ever then, by itself and beside the others, while
a model on two threads, each of which reads what the other has written, takes 1.7 times as long. Reading 256
KiB that another core wrote takes 6 us or 12 us, and nothing between both (measured: a virtual machine with 2
cores of an EPYC).
"""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

from gapprof.core_speed import anywhere_again, cores

_BYTES = 256 * 1024
"""As much as a core's own caches hold."""
_LEAST_READS = 3
_LONGEST_S = 0.005
"""For each pair of cores; a read takes a hundredth of a ms, and moving to and fro ten times as long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Buffers:
    """What is written, by whom and with what, and where the reader puts it."""

    written: bytearray
    read: bytearray
    source: bytes


def handed_us(enough_us: Sequence[float] = ()) -> tuple[float, ...]:
    """How long a core takes now to read what another has just written, us, for each two of `cores()` in the
    order of `itertools.combinations`: the fewest of several.

    `enough_us`: as few as make it sure for that pair; where it never takes so few, and where none are given,
    there is time for more. Empty where a core goes offline meanwhile, or is taken from this process.
    """
    enough, found = dict(enumerate(enough_us)), []
    with anywhere_again():
        try:
            for place, (writes, reads) in enumerate(combinations(cores(), 2)):
                found.append(_fewest_us(writes, reads, enough.get(place, 0.0)))
        except OSError:
            return ()
    return tuple(found)


def nearest_us(looked_s: float) -> tuple[float, ...]:
    """Of as many looks as fit, for a run that knows nothing of its cores yet."""
    until, found = time.monotonic() + looked_s, handed_us()
    while found and time.monotonic() < until:
        found = tuple(map(min, found, handed_us()))
    return found


def _fewest_us(writes: int, reads: int, enough_us: float) -> float:
    until = time.monotonic() + _LONGEST_S
    found_us = min(_timed_us(writes, reads) for _ in range(_LEAST_READS))
    while found_us > enough_us and time.monotonic() < until:
        found_us = min(found_us, _timed_us(writes, reads))
    return found_us


def _timed_us(writes: int, reads: int) -> float:
    """One copy of compiled code; what it is copied to is the reader's already."""
    buffers = _buffers()
    os.sched_setaffinity(0, {writes})
    buffers.written[:] = buffers.source
    os.sched_setaffinity(0, {reads})
    buffers.read[:] = buffers.source
    began_ns = time.perf_counter_ns()
    buffers.read[:] = buffers.written
    return (time.perf_counter_ns() - began_ns) / 1e3


@cache
def _buffers() -> _Buffers:
    """Made once: their pages are there afterwards."""
    return _Buffers(written=bytearray(_BYTES), read=bytearray(_BYTES), source=bytes(_BYTES))
