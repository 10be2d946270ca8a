"""More threads of the model than cores: what each inference waits for a core because of it. Pure.

That the page adds to it is one part of `contention`; what stands here is there on the quiet page as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from types import MappingProxyType

from gapprof.facts.case import Case
from gapprof.facts.contention import trials_of
from gapprof.facts.ladder import target
from gapprof.facts.model_threads import crew_of, inferences
from gapprof.records.report import Evidence
from gapprof.records.trial import Trial
from gapprof.text import numbers

_LOOKED_AT: Mapping[str, str] = MappingProxyType(
    {
        "web-worker": "on the quiet page, in a worker, run after run",
        "web-paced": "on the quiet page, by requests",
        "web": "on the page as deployed",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """Of one rung, ms per inference; medians over visits."""

    threads: int
    cores: int
    model_ms: float
    """Of the thread that calls the model."""
    pool_ms: float
    """Of its helpers, all together."""


def oversubscribed(case: Case) -> Mapping[str, Waits]:
    """Rung → waits, of rungs with trials of their own; empty where the model has a core for each thread."""
    rungs = [rung for rung in _LOOKED_AT if target(case, rung) == rung]
    return {rung: found for rung in rungs if (found := _waits(case, rung)) is not None}


def oversubscription_evidence(case: Case) -> tuple[Evidence, ...]:
    """One sentence for each rung that was looked at."""
    return tuple(
        Evidence(
            kind="scheduler",
            text=(
                f"The model has {one.threads} threads on {one.cores} core{'s' if one.cores > 1 else ''}: per "
                f"inference its helpers wait {numbers.ms(one.pool_ms)} for a core, all together, and the "
                f"thread that calls it {numbers.ms(one.model_ms)}, {_LOOKED_AT[rung]}."
            ),
            value=one.pool_ms,
        )
        for rung, one in oversubscribed(case).items()
    )


def _waits(case: Case, rung: str) -> Waits | None:
    cores = case.recording.begin.machine.usable_cores
    trials = [
        trial
        for trial in trials_of(case, rung)
        if trial.seen.threads > cores and crew_of(trial.load) and inferences(trial)
    ]
    if not trials:
        return None
    return Waits(
        threads=max(trial.seen.threads for trial in trials),
        cores=cores,
        model_ms=median(_waited_ms(trial, "inference") for trial in trials),
        pool_ms=median(_waited_ms(trial, "pool") for trial in trials),
    )


def _waited_ms(trial: Trial, role: str) -> float:
    waited_ms = sum(use.run_queue_ms for use in crew_of(trial.load) if use.role == role)
    return waited_ms / inferences(trial)
