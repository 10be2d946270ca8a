"""From the one recording of all stops to the recording that `explain` would have made of one plant. Pure."""

import math
from collections.abc import Iterator

from msgspec.structs import replace

from gapprof.facts.case import Case
from gapprof.facts.cells import measured
from gapprof.records.recording import End, Entry, Recording
from gapprof.records.trial import Failure, OutputCheck, Trial
from gapprof.selftest.plan import Laid, Measured
from gapprof.stats.contrast import Contrast


def recording_of(laid: Laid, journal: Recording) -> Recording:
    """The plant's own ladder with the trials of its stops, as if nothing else had been visited."""
    return Recording(
        begin=replace(journal.begin, settings=laid.settings), entries=tuple(_entries(laid, journal))
    )


def _entries(laid: Laid, journal: Recording) -> Iterator[Entry]:
    rungs: dict[str, list[str]] = {}
    for rung, stop in laid.stops.items():
        rungs.setdefault(stop, []).append(rung)
    if laid.preflight is not None:
        yield laid.preflight
    for entry in journal.entries:
        match entry:
            case Trial() | Failure():
                yield from (replace(entry, rung=rung) for rung in rungs.get(entry.rung, ()))
            case OutputCheck():
                for rung in rungs.get(entry.rung, ()):
                    reference = rungs.get(entry.reference, [entry.reference])[0]
                    yield replace(entry, rung=rung, reference=reference)
            case End():
                yield entry
            case _:
                pass


def measured_directly(pair: Measured, journal: Case) -> Contrast | None:
    """ln of how many times slower the planted side of an A/B is, in every round that has both."""
    cells = journal.get(measured)
    planted, without = cells.get(pair.planted, {}), cells.get(pair.without, {})
    rounds = sorted(planted.keys() & without.keys())
    if not rounds:
        return None
    return Contrast({number: math.log(planted[number] / without[number]) for number in rounds})
