"""What a request loses to load that is no page's: programs outside the browser hold cores, and a hypervisor
gives time to other machines. Pure.

A wait for a core is laid at the door of programs outside by their share of the CPU time of all who could hold
it, on the quiet page and on the other one alike. How long threads waited is the kernel's word on both pages:
a trace tells more of it, and the quiet page is never traced. Only load beyond what the system's counters are
unsure of counts, and only where it takes more than that could: else all of this is exactly nothing.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from gapprof.facts.balance import Balance, kernel_balance, mean_balance
from gapprof.facts.case import Case
from gapprof.facts.contention import QUIET, trials_of
from gapprof.facts.disturbance import outside_beyond_doubt_ms, stolen_beyond_doubt_ms, uncertain_ms
from gapprof.facts.holding import holding_ms
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
    unsure_ms: float
    """By how much more it would be, had there been as much more load as the counters are unsure of."""

    @property
    def ms(self) -> float:
        """Of the request."""
        return self.late_ms + self.run_ms

    @property
    def run_ms(self) -> float:
        """Of the run."""
        return self.waiting_ms + self.longer_ms


NOTHING = Lost(late_ms=0.0, waiting_ms=0.0, longer_ms=0.0, unsure_ms=0.0)


def lost_beyond_quiet(case: Case, rung: str) -> Mapping[int, Lost]:
    """Round → beyond what requests lose on the quiet page. Empty where both are one page, and where the mean
    over rounds is no more than the counters of both pages leave unsure, which nobody can tell from nothing.

    Rounds in which the kernel tells nothing of a page's threads are missing.
    """
    if target(case, rung) == target(case, QUIET):
        return {}
    quiet, page = lost(case, QUIET), lost(case, rung)
    found = {
        number: Lost(
            late_ms=page[number].late_ms - quiet[number].late_ms,
            waiting_ms=page[number].waiting_ms - quiet[number].waiting_ms,
            longer_ms=page[number].longer_ms - quiet[number].longer_ms,
            unsure_ms=page[number].unsure_ms + quiet[number].unsure_ms,
        )
        for number in sorted(quiet.keys() & page.keys())
    }
    least_ms = math.fsum(one.unsure_ms for one in found.values())
    return found if abs(math.fsum(one.ms for one in found.values())) > least_ms else {}


def lost(case: Case, rung: str) -> Mapping[int, Lost]:
    """Round → what a request loses on a paced rung."""
    visits: dict[int, list[Trial]] = {}
    for trial in trials_of(case, rung):
        visits.setdefault(trial.round, []).append(trial)
    told = {
        number: [(trial, one) for trial in some if (one := kernel_balance(trial)) is not None]
        for number, some in visits.items()
    }
    return {
        number: _lost(case, mean_balance(one for _, one in some), [trial for trial, _ in some])
        for number, some in sorted(told.items())
        if some
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Share:
    """Of load from outside in something else."""

    of_it: float
    unsure: float
    """How much more it would be with as much more load as the counters are unsure of."""


def _lost(case: Case, balance: Balance, visits: Sequence[Trial]) -> Lost:
    held, stolen = _held(case, visits), _stolen(visits)
    by_page = case.recording.begin.settings.where == "worker"
    asker = _page_asking(visits) if by_page else _model_asking(visits, balance, held)
    late_ms = max(0.0, balance.late_ms)
    late_waiting_ms = _as_often(late_ms, asker.cpu_ms, asker.waiting_ms)
    late_running_ms = asker.running * late_ms
    longer_ms = _longer_ms(balance, visits)
    running_ms = balance.run_ms - balance.run_queue_ms
    return Lost(
        late_ms=asker.held.of_it * late_waiting_ms + stolen.of_it * late_running_ms,
        waiting_ms=held.of_it * balance.run_queue_ms,
        longer_ms=held.of_it * longer_ms + stolen.of_it * running_ms,
        unsure_ms=asker.held.unsure * late_waiting_ms
        + held.unsure * (balance.run_queue_ms + longer_ms)
        + stolen.unsure * (late_running_ms + running_ms),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asker:
    """The thread that asks for runs, ms per request, runs of its own left out."""

    cpu_ms: float
    waiting_ms: float
    """For a core."""
    held: _Share
    """Of programs outside in what others than it used of the cores."""

    @property
    def running(self) -> float:
        """Of the time at which it is at work, the share in which it has a core."""
        at_work_ms = self.cpu_ms + self.waiting_ms
        return self.cpu_ms / at_work_ms if at_work_ms > 0 else 0.0


def _page_asking(visits: Sequence[Trial]) -> _Asker:
    """The page's main thread, which asks a worker: the model is one of the others."""
    main = [use for one in visits for use in one.load.threads if use.role == "main"]
    cpu_ms = math.fsum(use.cpu_ms for use in main)
    in_the_browser_ms = math.fsum(use.cpu_ms for one in visits for use in one.load.threads) - cpu_ms
    return _Asker(
        cpu_ms=cpu_ms / _requests(visits),
        waiting_ms=math.fsum(use.run_queue_ms for use in main) / _requests(visits),
        held=_held_beside(in_the_browser_ms, visits),
    )


def _model_asking(visits: Sequence[Trial], balance: Balance, held: _Share) -> _Asker:
    """The thread that runs the model asks as well: of its waits for cores, what runs leave."""
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


def _held(case: Case, visits: Sequence[Trial]) -> _Share:
    """Of programs outside, in what all who could hold a core that the model waits for used of them."""
    cores = case.recording.begin.machine.usable_cores
    all_ms = math.fsum(cpu_ms for one in visits for cpu_ms in holding_ms(one.load, cores).values())
    return _held_beside(all_ms - _outside_ms(visits), visits)


def _held_beside(others_ms: float, visits: Sequence[Trial]) -> _Share:
    """Of programs outside, beside what others used."""
    return _share(_outside_ms(visits), max(0.0, others_ms), visits)


def _share(part_ms: float, rest_ms: float, visits: Sequence[Trial]) -> _Share:
    more_ms = part_ms + math.fsum(uncertain_ms(one.load) for one in visits)
    of_it = part_ms / (part_ms + rest_ms) if part_ms > 0 else 0.0
    return _Share(of_it=of_it, unsure=more_ms / (more_ms + rest_ms) - of_it)


def _outside_ms(visits: Sequence[Trial]) -> float:
    return math.fsum(outside_beyond_doubt_ms(one.load) for one in visits)


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
    return _stolen(visits).of_it


def _stolen(visits: Sequence[Trial]) -> _Share:
    """A machine of which nothing is taken beyond doubt is taken for one of its own."""
    stolen_ms = math.fsum(stolen_beyond_doubt_ms(one.load) for one in visits)
    busy_ms = math.fsum(one.load.machine_busy_ms or 0.0 for one in visits)
    if 0 < stolen_ms < busy_ms:
        return _share(stolen_ms, busy_ms - stolen_ms, visits)
    return _Share(of_it=0.0, unsure=0.0)


def _requests(visits: Sequence[Trial]) -> int:
    return sum(len(one.requests_ms) for one in visits)
