"""For how much of the time the model ran beside what was felt: asked for is not reached."""

from collections.abc import Iterator

from gapprof.facts.felt import DUTY, STEP_DUTY
from gapprof.records.sections.quality import FeltRow, QoE
from gapprof.text import numbers


def duty_sentence(qoe: QoE) -> Iterator[str]:
    """Of all that was reached; of older recordings, that they do not know."""
    rows = {row.id: row for row in qoe.rows}
    if DUTY not in rows:
        yield "That is what was asked of it: for how much of the time it ran, this recording does not say."
        return
    told = [
        f"{beside}{shares}"
        for name, beside in ((DUTY, ""), (STEP_DUTY, "beside the steps "))
        if name in rows and (shares := _reached(rows[name]))
    ]
    if told:
        yield f"That is what was asked of it; shares of the time in which it ran: {'; '.join(told)}."


def _reached(row: FeltRow) -> str:
    places = ((row.main, "on the main thread"), (row.worker, "in a worker"))
    return ", ".join(
        f"{numbers.percent_with_interval(share)} {where}" for share, where in places if share is not None
    )
