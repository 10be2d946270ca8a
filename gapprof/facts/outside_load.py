"""What a request loses to load that is no page's: programs outside the browser hold cores, and a hypervisor
gives time to other machines. Pure.

A wait for a core is laid at the door of programs outside by their share of the CPU time of all who could hold
it, on the quiet page and on the other one alike. Only load beyond what the system's counters are unsure of
counts: without it, all of this is exactly 0.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from gapprof.facts.balance import Balance, balances
from gapprof.facts.case import Case
from gapprof.facts.contention import QUIET, trials_of
from gapprof.facts.disturbance import outside_beyond_doubt_ms, stolen_beyond_doubt_ms
from gapprof.facts.holding import holders
from gapprof.facts.ladder import target
from gapprof.facts.model_threads import inference_of
from gapprof.records.trial import Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """Means per request, ms; signed where it is a difference of two pages."""

    late_ms: float
    """Before and after the run, on the thread that asks for it."""
    waiting_ms: float
    """Of the run: the thread that runs the model waits for a core."""
    longer_ms: float
    """Of the run, beside that: its helpers wait for longer still, and what is stolen."""

    @property
    def ms(self) -> float:
        """Of the request."""
        return self.late_ms + self.waiting_ms + self.longer_ms


LOST_NOTHING = Lost(late_ms=0.0, waiting_ms=0.0, longer_ms=0.0)


def lost_beyond_quiet(case: Case, rung: str) -> Mapping[int, Lost]:
    """Round → beyond what requests lose on the quiet page; empty where both are one page.

    Rounds in which a page has no balance are missing.
    """
    if target(case, rung) == target(case, QUIET):
        return {}
    quiet, page = lost(case, QUIET), lost(case, rung)
    return {
        number: Lost(
            late_ms=page[number].late_ms - quiet[number].late_ms,
            waiting_ms=page[number].waiting_ms - quiet[number].waiting_ms,
            longer_ms=page[number].longer_ms - quiet[number].longer_ms,
        )
        for number in sorted(quiet.keys() & page.keys())
    }


def lost(case: Case, rung: str) -> Mapping[int, Lost]:
    """Round → what a request loses on a paced rung."""
    shares, by_page = holders(case, rung), case.recording.begin.settings.where == "worker"
    visits: dict[int, list[Trial]] = {}
    for trial in trials_of(case, rung):
        visits.setdefault(trial.round, []).append(trial)
    found = {}
    for number, balance in balances(case, rung).items():
        held, stolen = shares.get(number, {}).get("outside", 0.0), stolen_share(visits[number])
        asker = _page(visits[number]) if by_page else _model(visits[number], balance, held)
        found[number] = Lost(
            late_ms=_late_ms(max(0.0, balance.late_ms), asker, stolen),
            waiting_ms=held * balance.run_queue_ms,
            longer_ms=held * _longer_ms(balance, visits[number])
            + stolen * (balance.run_ms - balance.run_queue_ms),
        )
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asker:
    """The thread that asks for runs, ms per request, runs of its own left out."""

    cpu_ms: float
    waiting_ms: float
    """For a core."""
    held: float
    """The share of programs outside in what others than it used of the cores."""


def _page(visits: Sequence[Trial]) -> _Asker:
    """The page's main thread, which asks a worker: the model is one of the others."""
    main = [use for one in visits for use in one.load.threads if use.role == "main"]
    cpu_ms = math.fsum(use.cpu_ms for use in main)
    outside_ms = math.fsum(outside_beyond_doubt_ms(one.load) for one in visits)
    others_ms = math.fsum(use.cpu_ms for one in visits for use in one.load.threads) - cpu_ms + outside_ms
    return _Asker(
        cpu_ms=cpu_ms / _requests(visits),
        waiting_ms=math.fsum(use.run_queue_ms for use in main) / _requests(visits),
        held=outside_ms / others_ms if others_ms > 0 else 0.0,
    )


def _model(visits: Sequence[Trial], balance: Balance, held: float) -> _Asker:
    """The thread that runs the model asks as well."""
    uses = [use for one in visits if (use := inference_of(one.load)) is not None]
    cpu_ms, waiting_ms = (
        math.fsum(of) / _requests(visits)
        for of in ([use.cpu_ms for use in uses], [use.run_queue_ms for use in uses])
    )
    return _Asker(
        cpu_ms=max(0.0, cpu_ms - balance.on_cpu_ms),
        waiting_ms=max(0.0, waiting_ms - balance.run_queue_ms),
        held=held,
    )


def _late_ms(late_ms: float, asker: _Asker, stolen: float) -> float:
    """Of what a request waits for a thread: that waits for a core, or should run."""
    at_work_ms = asker.cpu_ms + asker.waiting_ms
    running = asker.cpu_ms / at_work_ms if at_work_ms > 0 else 0.0
    waiting_ms = _as_often(late_ms, asker.cpu_ms, asker.waiting_ms)
    return asker.held * waiting_ms + stolen * running * late_ms


def _longer_ms(balance: Balance, visits: Sequence[Trial]) -> float:
    """By which the helper that waits longest for a core does so for longer than the thread that runs the
    model: a run ends with its last one. Between runs they look out for work, and wait as well."""
    waits_ms = []
    for one in visits:
        helpers = [use for use in one.load.threads if use.role == "pool"]
        count = len(one.requests_ms)
        here = (_as_often(balance.run_ms, use.cpu_ms / count, use.run_queue_ms / count) for use in helpers)
        waits_ms.append(max(here, default=0.0))
    return max(0.0, fmean(waits_ms) - balance.run_queue_ms)


def _as_often(within_ms: float, cpu_ms: float, waiting_ms: float) -> float:
    """How long a thread waits for a core in a stretch, if as often as in all of its work; at most that."""
    at_work_ms = cpu_ms + waiting_ms
    return min(within_ms * waiting_ms / at_work_ms, waiting_ms) if at_work_ms > 0 else 0.0


def stolen_share(visits: Sequence[Trial]) -> float:
    """Of the time in which threads should have run, what a hypervisor gave to other machines."""
    stolen_ms = math.fsum(stolen_beyond_doubt_ms(one.load) for one in visits)
    busy_ms = math.fsum(one.load.machine_busy_ms or 0.0 for one in visits)
    return stolen_ms / busy_ms if busy_ms > stolen_ms else 0.0


def _requests(visits: Sequence[Trial]) -> int:
    return sum(len(one.requests_ms) for one in visits)
