"""What a worker spares the page, and what it does not; only what is beyond doubt."""

from collections.abc import Iterator, Sequence

from gapprof.facts.felt import CLICKS
from gapprof.records.estimate import Estimate
from gapprof.records.sections.quality import FeltRow
from gapprof.text import numbers

ALONE = 0.05
"""How far from 1 the interval of frames that are left alone may reach."""
_ANSWERING = {"components": "a component takes", CLICKS: "a click's answer takes"}


def left_alone(times: Estimate | None) -> bool:
    """Whether the whole interval is next to 1; one round alone has no interval."""
    return times is not None and times.rounds > 1 and times.low >= 1 - ALONE and times.high <= 1 + ALONE


def slowed(times: Estimate | None) -> bool:
    """Whether the whole interval lies above 1."""
    return times is not None and times.side_of_one == "above"


def worker_sentence(rows: Sequence[FeltRow]) -> Iterator[str]:
    """Of one model: frames that stay as they are, and what takes longer all the same."""
    times = {row.id: row.worker_times for row in rows}
    rate = times.get("frame-rate")
    alone = left_alone(times.get("frame-p95")) and (rate is None or left_alone(rate))
    longer = [
        f"{takes} {numbers.change_with_interval(found)}"
        for name, takes in _ANSWERING.items()
        if (found := times.get(name)) is not None and slowed(found)
    ]
    if longer:
        told = f"{' and '.join(longer)} as long there"
        yield f"A worker leaves frames alone; {told}." if alone else f"In a worker, {told}."
    elif alone:
        yield "A worker leaves frames alone."
