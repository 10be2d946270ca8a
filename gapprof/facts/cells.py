"""One figure per rung and round, and which rungs and rounds the main contrasts stand on."""

import math
from collections.abc import Iterable, Mapping
from statistics import fmean, geometric_mean, median

from gapprof.facts.case import Case
from gapprof.facts.ladder import ends, nominal_chain, planned, square, target
from gapprof.records.trial import Trial

Cells = Mapping[str, Mapping[int, float]]
"""Rung → round → ms."""
SLOWER = 1.3
"""The fastest request of an unlucky way over the median of the others."""


def figure_ms(trial: Trial) -> float | None:
    """A trial's one figure: the mean over paced requests, else the median of the samples.

    The mean, because a request that had to wait for a busy page must count; the median, because
    a stall of the machine must not. Left out is a way of waking up that was slow throughout, see
    `unlucky_way`. None for a trial without a positive figure.
    """
    if trial.requests_ms:
        ways, unlucky = by_way(trial), unlucky_way(trial)
        figure = fmean(ms for way, part in enumerate(ways) if way != unlucky for ms in part)
    elif trial.samples_ms:
        figure = median(trial.samples_ms)
    else:
        return None
    return figure if math.isfinite(figure) and figure > 0 else None


def by_way(trial: Trial) -> list[tuple[float, ...]]:
    """A trial's requests, ms, by the way in which they woke the page up."""
    ways = max(1, min(trial.ways, len(trial.requests_ms)))
    return [trial.requests_ms[way::ways] for way in range(ways)]


def unlucky_way(trial: Trial) -> int | None:
    """The way in which even the fastest request was slow: from its depth of the stack the code itself is.

    See `probes_web/turns.mjs`. A busy page makes requests of every way wait, and never all of one.
    """
    ways = by_way(trial)
    if len(ways) < 2:
        return None
    slowest = max(range(len(ways)), key=lambda way: median(ways[way]))
    others = [ms for way, part in enumerate(ways) if way != slowest for ms in part]
    return slowest if min(ways[slowest]) > SLOWER * median(others) else None


def counting(case: Case) -> tuple[Trial, ...]:
    """Every trial that counts, of rungs with trials of their own; by rung, round and visit."""
    cells = case.get(counted_visits)
    return tuple(trial for cell in sorted(cells) for trial in cells[cell])


def counted_visits(case: Case) -> Mapping[tuple[str, int], tuple[Trial, ...]]:
    """(rung, round) → of each visit the last attempt that counts: one on slow cores is followed by another
    where there is time for it."""
    last: dict[tuple[str, int, int], Trial] = {}
    for trial in sorted(case.recording.of(Trial), key=lambda trial: (trial.visit, trial.attempt)):
        if not trial.struck and figure_ms(trial) is not None:
            last[trial.rung, trial.round, trial.visit] = trial
    cells: dict[tuple[str, int], tuple[Trial, ...]] = {}
    for (rung, number, _), trial in last.items():
        cells[rung, number] = (*cells.get((rung, number), ()), trial)
    return cells


def measured(case: Case) -> Cells:
    """Every cell that was measured; an alias shows the cells of the rung whose trials it shares.

    Several visits of one round count with their geometric mean.
    """
    own: dict[str, dict[int, float]] = {}
    for (rung, number), visits in sorted(case.get(counted_visits).items(), key=lambda item: item[0]):
        figures = [figure for trial in visits if (figure := figure_ms(trial)) is not None]
        own.setdefault(rung, {})[number] = geometric_mean(figures)
    rungs = case.get(planned) or own
    return {rung: own[target(case, rung)] for rung in rungs if target(case, rung) in own}


def standing(case: Case) -> frozenset[str]:
    """Main and square rungs that the main contrasts use: those with a cell in at least half of the rounds.

    One that failed nearly always leaves the chain, rather than taking the whole report with it; so do,
    one by one, those with the fewest cells while no single round is complete.
    """
    cells = case.get(measured)
    both = _rounds_with_both_ends(case)
    rungs = [
        rung
        for rung in (*case.get(nominal_chain), *case.get(square))
        if both and 2 * len(both & cells.get(rung, {}).keys()) >= len(both)
    ]
    rungs.sort(key=lambda rung: (rung not in case.get(ends), -len(cells[rung])))
    while rungs and not _common_rounds(cells, both, rungs):
        rungs.pop()
    return frozenset(rungs)


def complete_rounds(case: Case) -> tuple[int, ...]:
    """Rounds in which every standing rung has a cell; all main contrasts use exactly these."""
    rounds = _common_rounds(case.get(measured), _rounds_with_both_ends(case), case.get(standing))
    return tuple(sorted(rounds))


def _common_rounds(cells: Cells, rounds: set[int], rungs: Iterable[str]) -> set[int]:
    return rounds.intersection(*(cells[rung].keys() for rung in rungs))


def _rounds_with_both_ends(case: Case) -> set[int]:
    first, last = case.get(ends)
    cells = case.get(measured)
    return set(cells.get(first, {})) & set(cells.get(last, {}))
