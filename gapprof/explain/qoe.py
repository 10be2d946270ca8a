"""Quality of experience, as a report has it."""

from collections.abc import Mapping

from gapprof.facts.answered import TOP, agreement, late, stream
from gapprof.facts.case import Case
from gapprof.facts.estimates import LEVEL, estimate, factor_of
from gapprof.facts.felt import Felt, felt
from gapprof.records.estimate import Estimate
from gapprof.records.qoe import CONDITIONS, Condition, FeltTrial
from gapprof.records.sections.quality import Answers, FeltRow, LateRow, QoE
from gapprof.stats.interval import t_interval

_WORDS: Mapping[Condition, str] = {
    "idle": "while the model rests",
    "main": "while it runs on the main thread",
    "worker": "while it runs in a worker",
}


def qoe(case: Case) -> QoE | None:
    """None where nobody felt the page."""
    trials = list(case.recording.of(FeltTrial))
    answers = _answers(case)
    if not trials and answers is None:
        return None
    missing = [condition for condition in CONDITIONS if all(t.condition != condition for t in trials)]
    why = [f"the page was not felt {_WORDS[condition]}" for condition in missing]
    why += [] if answers is not None else ["no stream was answered on both sides"]
    return QoE(
        duty=max((trial.duty for trial in trials), default=0.0),
        step_duty=max((trial.step_duty for trial in trials), default=0.0),
        threads=max((trial.threads for trial in trials), default=0),
        rows=tuple(_row(one) for one in case.get(felt)),
        answers=answers,
        why="; ".join(why),
    )


def _row(one: Felt) -> FeltRow:
    main, worker = one.times("main"), one.times("worker")
    measure = one.measure
    return FeltRow(
        id=measure.id,
        title=measure.title,
        unit=measure.unit,
        aspect=measure.aspect,
        more_is_better=measure.more_is_better,
        idle=_mean(one.values.get("idle", {})),
        main=_mean(one.values.get("main", {})),
        worker=_mean(one.values.get("worker", {})),
        main_times=factor_of(main) if main else None,
        worker_times=factor_of(worker) if worker else None,
    )


def _mean(by_round: Mapping[int, float]) -> Estimate | None:
    return estimate(t_interval(list(by_round.values()), LEVEL)) if by_round else None


def _answers(case: Case) -> Answers | None:
    told = stream(case)
    if told is None or not told.answers:
        return None
    return Answers(
        frames=len(told.answers),
        frames_per_s=told.frames_per_s,
        output=told.output,
        max_abs_difference=max(one.max_abs_difference for one in told.answers),
        max_relative_difference=max(one.max_relative_difference for one in told.answers),
        cosine=min(one.cosine for one in told.answers),
        top1=agreement(told.answers, 1),
        top5=agreement(told.answers, TOP),
        classes=len({one.native_top[0] for one in told.answers if one.native_top}),
        late=tuple(
            LateRow(
                who="native" if one.who == "native" else "web" if one.who else "rate",
                answers_per_s=one.answers_per_s,
                latency_ms=one.latency_ms,
                accuracy=one.accuracy,
            )
            for one in late(case, told)
        ),
    )
