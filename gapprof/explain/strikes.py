"""Trials that do not count, or count although other programs disturbed them, and flags nobody knows."""

from collections.abc import Iterator, Sequence
from statistics import median
from typing import Literal

from gapprof.facts.case import Case
from gapprof.facts.cells import counting
from gapprof.facts.disturbance import (
    SLOWER,
    distance,
    disturbed,
    fastest_seen_us,
    nearest_seen_us,
    outside_ms,
    slowdown,
)
from gapprof.facts.ladder import planned
from gapprof.facts.tier import given_flags
from gapprof.records.lattice import CellVisit
from gapprof.records.qoe import FeltTrial
from gapprof.records.report import CheckRow
from gapprof.records.trial import Load, Trial
from gapprof.text import numbers
from gapprof.text.names import harmless

_LEAST_SHARE = 0.01
_OUTSIDE = "outside load"
"""How a strike begins that is the machine's doing, not ours."""


def outside_load(case: Case) -> CheckRow:
    """How many trials other programs disturbed. Never fails: a busy machine widens intervals first."""
    trials = [trial for trial in case.recording.of(Trial) if trial.round >= 0]
    struck = [trial for trial in trials if any(reason.startswith(_OUTSIDE) for reason in trial.struck)]
    counted = _counting(case)
    kept = [trial for trial in counted if disturbed(trial.load)]
    if kept:
        text = (
            f"{len(kept)} of the {len(counted)} trials that count were disturbed by other programs; "
            f"intervals show it{_share(counted)}"
        )
        return CheckRow(id="outside-load", kind="harness", status="unknown", text=text, concerns="report")
    if all(trial.load.machine_busy_ms is None for trial in trials):
        text = "this system does not say who uses the processors"
        return CheckRow(id="outside-load", kind="harness", status="unknown", text=text, concerns="report")
    again = f"{len(struck)} of {len(trials)} trials were disturbed by other programs and repeated"
    text = f"{again}{_share(counted)}"
    return CheckRow(id="outside-load", kind="harness", status="pass", text=text, concerns="report")


def core_speed(case: Case) -> Iterator[CheckRow]:
    """Where anybody looked: whether a core was slower than it can be, beside trials of the ladder, visits of
    cells and of pages that were felt alike. Never fails, as above."""
    loads = _with_others(case)
    works = [load.core_work for load in loads if load.core_work is not None]
    if not works:
        return
    slow, far = _slow(loads), _far(loads)
    bound = numbers.factor(SLOWER)
    text = (
        f"just before and after the {len(works)} trials that count and looked, no core that they used was "
        f"slower than {bound} of the best seen of it"
    )
    if slow:
        text = (
            f"beside {len(slow)} of the {len(works)} trials that count and looked a core was slow, by up to "
            f"{numbers.factor(max(slow))}: someone else on the same processor, or a throttled clock"
        )
    if far:
        text += (
            f"; beside {len(far)} two cores were further apart than at other times: what one wrote took the "
            f"other up to {numbers.factor(max(far))} as long to read, as where a hypervisor moves them to "
            "processors that share no cache"
        )
    again = sum(bool(work.discarded_ms) for work in works)
    waited = numbers.duration(sum(work.waited_ms for work in works) / 1e3)
    text += f"; {again} were timed anew for that, or in part, and together they waited {waited}"
    status: Literal["pass", "unknown"] = "unknown" if slow or far else "pass"
    yield CheckRow(id="core-speed", kind="harness", status=status, text=text, concerns="report")


def hindered(case: Case) -> bool:
    """Whether by either of these checks trials that count were disturbed."""
    return any(disturbed(trial.load) for trial in _counting(case)) or bool(
        _slow(_with_others(case)) or _far(_with_others(case))
    )


def _counting(case: Case) -> Sequence[Trial]:
    """What is not struck, and was not visited anew for its slow cores."""
    return [trial for trial in case.get(counting) if trial.round >= 0]


def _with_others(case: Case) -> Sequence[Load]:
    """Beside those trials, and beside visits of cells and of pages that were felt, as far as they count."""
    cells = [visit.outcome for visit in case.recording.of(CellVisit)]
    visited = [one for one in cells if isinstance(one, Trial) and not one.struck]
    pages = [one for one in case.recording.of(FeltTrial) if not one.struck]
    return [*(trial.load for trial in (*_counting(case), *visited)), *(page.load for page in pages)]


def _slow(loads: Sequence[Load]) -> Sequence[float]:
    """How many times as long as at its fastest the work took, beside each where a core was slow."""
    fastest_us = fastest_seen_us(loads)
    found = (slowdown(load, fastest_us) for load in loads)
    return [times for times in found if times is not None]


def _far(loads: Sequence[Load]) -> Sequence[float]:
    """How many times as long as at its nearest a read took, beside each where two cores were far apart."""
    nearest_us = nearest_seen_us(loads)
    found = (distance(load, nearest_us) for load in loads)
    return [times for times in found if times is not None]


def _share(trials: Sequence[Trial]) -> str:
    """How much of a core programs outside of what we started used, over the trials that count."""
    shares = [
        max(0.0, outside) / trial.load.wall_ms
        for trial in trials
        if trial.load.wall_ms > 0 and (outside := outside_ms(trial.load)) is not None
    ]
    if not shares:
        return ""
    least = "less than " if (found := median(shares)) < _LEAST_SHARE else ""
    return f"; these programs used {least}{numbers.percent(max(found, _LEAST_SHARE))} of a core (median)"


def ours_flags(case: Case) -> CheckRow:
    """Flags of our own that the engine did not know; the user's are the subject's business."""
    users = set(given_flags(case))
    steps = case.get(planned)
    for trial in case.get(counting):
        ours = [flag for flag in trial.seen.rejected_flags if flag not in users]
        if ours and trial.rung in steps:
            text = f"{trial.rung}: the engine does not know {harmless(' '.join(ours), 80)}"
            return CheckRow(id="flags", kind="harness", status="fail", text=text, concerns=trial.rung)
    if not case.get(counting):
        text = "no engine ran that could say which flags it knows"
        return CheckRow(id="flags", kind="harness", status="unknown", text=text, concerns="runtime")
    text = "the engine knows every flag of ours"
    return CheckRow(id="flags", kind="harness", status="pass", text=text, concerns="runtime")


def faulty(case: Case) -> tuple[CheckRow, ...]:
    """Rungs all of whose trials a harness check struck: we failed there, and the number is gone."""
    rows = []
    kept = {trial.rung for trial in case.get(counting)}
    lost: dict[str, str] = {}
    for trial in case.recording.of(Trial):
        ours = [why for why in trial.struck if not why.startswith(_OUTSIDE)]
        if trial.round >= 0 and trial.rung not in kept and ours:
            lost[trial.rung] = ours[0]
    for rung, why in lost.items():
        rows.append(
            CheckRow(
                id=f"struck-{rung}",
                kind="harness",
                status="fail",
                text=f"{rung}: none of its trials counts: {harmless(why, 160)}",
                concerns=rung,
            )
        )
    return tuple(rows)
