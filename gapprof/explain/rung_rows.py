"""The ladder as it came out: measured, computed, alias or refused, and the raw samples behind it."""

from gapprof.facts.case import Case
from gapprof.facts.cells import counting
from gapprof.facts.computed import computed
from gapprof.facts.estimates import latency_ms
from gapprof.facts.ladder import planned
from gapprof.facts.steps import absence
from gapprof.records.report import RungRow, Sample
from gapprof.records.trial import Trial
from gapprof.text.names import harmless

_VISITED_ANEW = ("its cores were slow, and it was visited anew",)


def rung_rows(case: Case) -> tuple[RungRow, ...]:
    """Planned rungs in the ladder's order, then computed ones, whose `changes` says how."""
    rows = []
    for rung, step in case.get(planned).items():
        latency = latency_ms(case, rung)
        rows.append(
            RungRow(
                id=rung,
                title=step.rung.title,
                changes=step.rung.changes,
                derived_from=step.rung.derived_from,
                alias_of=step.alias_of,
                latency_ms=latency,
                refusal=harmless(step.refusal, 300) if step.refusal is not None else None,
                why=""
                if latency is not None or step.refusal is not None
                else harmless(absence(case, rung), 300),
            )
        )
    for rung, made in case.get(computed).items():
        rows.append(
            RungRow(
                id=rung,
                title=made.title,
                changes=made.changes,
                derived_from=made.derived_from,
                alias_of=None,
                latency_ms=latency_ms(case, rung),
                refusal=None,
            )
        )
    return tuple(rows)


def samples(case: Case) -> tuple[Sample, ...]:
    """Every trial of every round, struck ones included, in the order of the recording."""
    counted = set(map(_place, case.get(counting)))
    return tuple(
        Sample(
            rung=trial.rung,
            round=trial.round,
            attempt=trial.attempt,
            batch=trial.batch,
            samples_ms=trial.samples_ms,
            requests_ms=trial.requests_ms,
            struck=trial.struck or (() if _place(trial) in counted else _VISITED_ANEW),
            visit=trial.visit,
        )
        for trial in case.recording.of(Trial)
        if trial.round >= 0
    )


def _place(trial: Trial) -> tuple[str, int, int, int]:
    return trial.rung, trial.round, trial.visit, trial.attempt
