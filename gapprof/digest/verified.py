"""Predictions that `--verify` put to the test: the rows, the word for each, the line in place of none."""

from collections.abc import Iterator

from gapprof.records.report import Report, WhatIf
from gapprof.stats.near import near
from gapprof.text import numbers

_WIDER = "within a wider one"
_UNFORESEEN = "web-in-worker"
"""A change that may be made for what it gives alone, see `explain.switches.unforeseen`."""


def verified(report: Report) -> tuple[WhatIf, ...]:
    """The change that wins the most first; empty where nobody asked."""
    rows = [one for one in report.what_ifs if one.prediction is not None] if report.settings.verify else []
    return tuple(sorted(rows, key=lambda one: one.measured_ms.point if one.measured_ms else 0.0))


def nothing_verified(report: Report) -> str:
    """One sentence for a report that was to verify and has nothing; else empty."""
    if not report.settings.verify or verified(report):
        return ""
    tried = next((one for one in report.what_ifs if one.rung == _UNFORESEEN and one.measured_ms), None)
    if tried is not None:
        return f"Nothing was verified: what was tried ({tried.change}) is measured, and predicted by no step."
    if any(action.basis == "predicted" for action in report.actions):
        return "Nothing was verified: no prediction above could be put to the test here."
    return "Nothing to verify: no saving is predicted that a switch on this machine could make real."


def came_true(change: WhatIf) -> str:
    """`within its interval`, `within 5 %`, or by how much the time differs from the prediction."""
    if change.ratio is None or change.prediction is None:
        return ""
    if change.ratio.low <= 1 <= change.ratio.high:
        return "within its interval"
    if change.prediction == "fails":
        return f"outside: {numbers.factor(change.ratio.point)}"
    return "within 5 %" if near(change.ratio.point) else _WIDER


def verified_notes(report: Report) -> Iterator[str]:
    """What the words beside the rows leave open, a sentence each."""
    rows = verified(report)
    if any(came_true(row) == _WIDER for row in rows):
        yield (
            "Within a wider one: outside its own 95 % interval, as one right prediction in twenty is, but "
            f"within the one at which all {len(rows)} hold at once."
        )
    yield from (f"{row.change}: {row.why}." for row in rows if row.why)


def predicted_measured(change: WhatIf) -> str:
    """`22.2 → 23.1 ms`."""
    if change.predicted_ms is None or change.measured_ms is None:
        return ""
    return f"{numbers.bare_ms(change.predicted_ms.point)} → {numbers.ms(change.measured_ms.point)}"
