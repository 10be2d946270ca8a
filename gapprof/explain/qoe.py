"""Quality of experience, as a report has it."""

from collections.abc import Mapping
from statistics import fmean

from msgspec.structs import replace

from gapprof.facts.answered import TOP, Late, agreement, late, right_by_label, stream
from gapprof.facts.case import Case
from gapprof.facts.contention import trials_of
from gapprof.facts.disturbance import disturbed
from gapprof.facts.estimates import LEVEL, estimate, factor_of, geometric_mean_ms
from gapprof.facts.felt import Felt, felt, felt_trials
from gapprof.facts.page_requests import RUNGS, page_logs, pages, times_quiet
from gapprof.facts.steps import absence
from gapprof.records.estimate import Estimate
from gapprof.records.qoe import CONDITIONS, Condition, FeltTrial, StreamAnswered
from gapprof.records.sections.quality import Answers, FeltRow, Labelled, LateRow, PageKind, PageRow, QoE
from gapprof.stats.interval import Interval, t_interval
from gapprof.stats.shares import wilson
from gapprof.text.names import harmless

_WORDS: Mapping[Condition, str] = {
    "idle": "while the model rests",
    "main": "while it runs on the main thread",
    "worker": "while it runs in a worker",
}


def qoe(case: Case) -> QoE | None:
    """None where nobody felt the page."""
    trials = case.get(felt_trials)
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
        graph=trials[0].graph if trials else "common",
        visits=len(trials),
        disturbed_visits=sum(disturbed(trial.load) is not None for trial in trials),
        repeated_visits=sum(bool(trial.struck) for trial in case.recording.of(FeltTrial)),
        pages=tuple(_page(case, page) for page in case.get(pages)) if _asked_for(case) else (),
    )


def _asked_for(case: Case) -> bool:
    """A study feels the page as well, and visits no others."""
    return case.recording.begin.settings.qoe


def _page(case: Case, page: PageKind) -> PageRow:
    rung, by_round, times = RUNGS[page], case.get(page_logs).get(page, {}), times_quiet(case, page)
    trials = [trial for trial in trials_of(case, rung) if trial.round in by_round]
    return PageRow(
        page=page,
        rung=rung,
        request_ms=geometric_mean_ms(by_round) if by_round else None,
        times=factor_of(times) if times is not None else None,
        visits=len(trials),
        disturbed_visits=sum(disturbed(trial.load) is not None for trial in trials),
        why="" if by_round else harmless(absence(case, rung), 300),
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
        idle=_mean(one, "idle"),
        main=_mean(one, "main"),
        worker=_mean(one, "worker"),
        main_times=factor_of(main) if main else None,
        worker_times=factor_of(worker) if worker else None,
    )


def _mean(one: Felt, condition: Condition) -> Estimate | None:
    """Over the rounds, with an interval that goes no further than what can be."""
    by_round = one.values.get(condition)
    if not by_round:
        return None
    found, (least, most) = estimate(t_interval(list(by_round.values()), LEVEL)), one.measure.within
    low, high = max(found.low, min(least, found.point)), min(found.high, max(most, found.point))
    return replace(found, low=low, high=high)


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
        late=tuple(_late(one) for one in late(case, told)),
        scenes=len({one.scene for one in told.answers}) if told.order else 0,
        stream_frames=len(told.order),
        given=told.given,
        nearest=_same_nearest(told),
        nearest_scenes=len({one.native_nearest for one in told.answers} - {None}),
        native_graph=told.native_graph,
        web_graph=told.web_graph,
        web_where=told.web_where,
        labelled=_labelled(told),
    )


def _late(one: Late) -> LateRow:
    return LateRow(
        who="native" if one.who == "native" else "web" if one.who else "rate",
        answers_per_s=one.answers_per_s,
        latency_ms=one.latency_ms,
        accuracy=one.accuracy.point if one.accuracy else None,
        interval=_told(one.accuracy),
        nearest=_told(one.nearest),
    )


def _told(interval: Interval | None) -> Estimate | None:
    return None if interval is None else estimate(interval)


def _same_nearest(told: StreamAnswered) -> float | None:
    pairs = [(one.native_nearest, one.web_nearest) for one in told.answers if one.native_nearest is not None]
    return fmean(native == web for native, web in pairs) if pairs else None


def _labelled(told: StreamAnswered) -> Labelled | None:
    found = right_by_label(told)
    if found is None:
        return None
    inputs, native, web = found
    return Labelled(
        inputs=inputs,
        native=estimate(wilson(native, inputs, LEVEL)),
        web=estimate(wilson(web, inputs, LEVEL)),
    )
