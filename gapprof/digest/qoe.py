"""Quality of experience: the rows and sentences that every format shows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from gapprof.digest.duty import duty_sentence
from gapprof.digest.in_worker import worker_sentence
from gapprof.records.estimate import Estimate
from gapprof.records.sections.quality import Answers, FeltRow, LateRow, PageKind, QoE
from gapprof.text import numbers
from gapprof.text.names import harmless

HEADINGS = {"responsiveness": "Responsiveness", "smoothness": "Smoothness"}
COLUMNS = ("at rest", "on the main thread", "in a worker")
ACCURACY = "Accuracy"
PAGE_HEADING = "Page → inference"
PAGE_COLUMNS = ("a request", "times the quiet page's")
_FELT = {
    "event-p50": "A click, until the frame that answers it,",
    "components": "A component",
    "frame-p95": "The 95th percentile between frames",
}
"""What is said in sentences as well."""
_WIDTH = 0.005
"""Of an interval that shows as none, as a share of its point."""
LEAST_SCENES = 2
"""That answers tell apart, for a late one to be wrong."""
LateKind = Literal["class", "nearest"]
_KINDS: Mapping[LateKind, str] = {"class": "by first class", "nearest": "by the nearest scene"}
_PLACES = {"main": "on the main thread", "worker": "in a worker"}
_PAGES: Mapping[PageKind, str] = {
    "quiet": "A quiet page",
    "busy": "The built-in busy page",
    "busier": "The same, at twice its load",
    "own": "Your page",
}


@dataclass(frozen=True, slots=True)
class FeltCells:
    """One figure of the page; cells as `COLUMNS` say, the last two with how many times as much as at rest."""

    title: str
    cells: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class PageCells:
    """One page; cells as `PAGE_COLUMNS` say."""

    title: str
    cells: tuple[str, str]


def felt_rows(qoe: QoE, aspect: str) -> tuple[FeltCells, ...]:
    """Of one aspect; empty where the page was not felt."""
    return tuple(
        FeltCells(
            title=f"{row.title}, {row.unit}",
            cells=(
                _value(row.idle),
                _beside(row.main, row.main_times),
                _beside(row.worker, row.worker_times),
            ),
        )
        for row in qoe.rows
        if row.aspect == aspect
    )


def qoe_sentences(qoe: QoE) -> Iterator[str]:
    """How it was measured, what comes of it, and what is missing."""
    if qoe.rows:
        yield (
            f"The model ({_graph(qoe.graph)}) runs {_share(qoe.duty)}, and {_share(qoe.step_duty)} beside an "
            f"application's steps, on {numbers.many(qoe.threads, 'thread')}; each browser is fresh."
        )
        yield from duty_sentence(qoe)
        yield from _verdict(qoe.rows)
        yield from _frames(qoe.rows)
        yield from worker_sentence(qoe.rows)
    yield from _disturbed(qoe)
    if qoe.why:
        yield f"Not all is told: {qoe.why}."


def page_cells(qoe: QoE) -> tuple[PageCells, ...]:
    """The other direction, the quiet page first; empty where no page was measured."""
    if all(row.request_ms is None for row in qoe.pages):
        return ()
    return tuple(
        PageCells(
            title=_PAGES[row.page],
            cells=(
                "not measured" if row.request_ms is None else numbers.ms_with_interval(row.request_ms),
                "" if row.times is None else _or_unclear(row.times),
            ),
        )
        for row in qoe.pages
    )


def page_sentences(qoe: QoE) -> Iterator[str]:
    """In which rounds pages were visited, which one is missing and why, and what disturbed them."""
    measured = [row for row in qoe.pages if row.request_ms is not None]
    if not measured:
        return
    rounds = max(row.request_ms.rounds for row in measured if row.request_ms is not None)
    own = "" if any(row.page == "own" for row in qoe.pages) else " Your page is the quiet one."
    for row in measured:
        if row.page in ("busy", "own") and row.times is not None and row.times.side_of_one == "above":
            slower = numbers.factor_with_interval(row.times)
            yield f"{_PAGES[row.page]} slows inference {slower}."
    yield (
        f"Requests are timed from when they are due until the result is there; all pages were visited in the "
        f"same {numbers.many(rounds, 'round')}.{own}"
    )
    for row in qoe.pages:
        if row.request_ms is None:
            yield f"{_PAGES[row.page]}: {harmless(row.why, 300)}."
    disturbed, visits = sum(row.disturbed_visits for row in measured), sum(row.visits for row in measured)
    if disturbed:
        yield f"Other programs were at work during {disturbed} of these {visits} visits."


def answer_sentences(answers: Answers) -> Iterator[str]:
    """How far the page's answers are from native ones, and what is left of them when they come late."""
    yield (
        f"Over {_inputs(answers)}, the page's outputs ({_graph(answers.web_graph)}, "
        f"{_PLACES.get(answers.web_where, answers.web_where)}) differ from native's "
        f"({_graph(answers.native_graph)}) by at most {answers.max_abs_difference:.2g} "
        f"({answers.max_relative_difference:.1g} of the largest value); the least cosine is "
        f"{answers.cosine:.6f}."
    )
    if answers.top1 is not None and answers.top5 is not None:
        yield (
            f"Both sides name the same class of {harmless(answers.output, 40)} for "
            f"{numbers.percent(answers.top1)} of the inputs; native's is among the page's five likeliest for "
            f"{numbers.percent(answers.top5)}."
        )
    if answers.labelled is not None:
        of = answers.labelled
        yield (
            f"By the {of.inputs} labels given, native's first class is right for {_percents(of.native)} and "
            f"the page's for {_percents(of.web)}."
        )
    if answers.classes == 1:
        yield (
            "All inputs have the same first class: top-1 is vacuous here, and says nothing of what late "
            "answers would cost."
        )
    yield from _nearest(answers)
    yield from _stream(answers)


def _nearest(answers: Answers) -> Iterator[str]:
    if answers.nearest is None:
        return
    if answers.nearest_scenes < LEAST_SCENES:
        yield "Answers to different scenes are all alike: which scene one is nearest to says nothing either."
        return
    instead = "Where no output has classes, an" if answers.top1 is None else "By a second measure, an"
    yield (
        f"{instead} answer is right that is nearest, by cosine, to the same scene's as native's answer to "
        f"that input: {numbers.percent(answers.nearest)} of the page's are, told apart among "
        f"{answers.nearest_scenes} scenes."
    )


def _stream(answers: Answers) -> Iterator[str]:
    """Of answers that come late: at the paces measured, and at stated rates."""
    kinds = list(late_kinds(answers))
    for row in answers.late:
        if row.who != "rate" and kinds:
            yield _late(row, answers, kinds)
    rates = [row for row in answers.late if row.who == "rate"]
    for kind in kinds:
        told = [(row.answers_per_s, share) for row in rates if (share := shown_right(row, kind)) is not None]
        if told:
            shares = ", ".join(f"{numbers.plain(per_s, 0)}: {share}" for per_s, share in told)
            yield f"Right ({_KINDS[kind]}) at so many answers a second, each at once: {shares}."
    if kinds and answers.scenes > 1:
        yield f"In brackets: 95 % intervals over {answers.scenes} scenes (Student's t)."


def late_kinds(answers: Answers) -> Iterator[LateKind]:
    """By what late answers can be called right here."""
    if answers.classes > 1 or (answers.labelled is not None and answers.classes):
        yield "class"
    if answers.nearest_scenes >= LEAST_SCENES:
        yield "nearest"


def shown_right(row: LateRow, kind: LateKind) -> str | None:
    """The share of frames that are seen with a right answer; None where nobody can tell."""
    if kind == "nearest":
        return None if row.nearest is None else _percents(row.nearest)
    if row.interval is not None:
        return _percents(row.interval)
    return None if row.accuracy is None else numbers.percent(row.accuracy)


def _late(row: LateRow, answers: Answers, kinds: Sequence[LateKind]) -> str:
    who = "natively" if row.who == "native" else "on the page"
    took = numbers.ms(row.latency_ms or 0.0)
    told = [f"{share} ({_KINDS[kind]})" for kind in kinds if (share := shown_right(row, kind)) is not None]
    if not told:
        return f"An answer takes {took} {who}: longer than the stream lasts."
    return (
        f"An answer takes {took} {who}: of a stream of {numbers.plain(answers.frames_per_s, 0)} a second, "
        f"so many of the frames seen with any are seen with a right one: {', '.join(told)}."
    )


def _inputs(answers: Answers) -> str:
    if answers.given:
        return f"{answers.frames} inputs that were given"
    if answers.scenes:
        return f"{answers.frames} inputs, {answers.scenes} seeded scenes and what lies between them"
    return f"{answers.frames} inputs, made of two that turn into one another"


def _percents(share: Estimate) -> str:
    if share.rounds < 2 and share.low == share.high:
        return numbers.percent(share.point)
    return (
        f"{numbers.percent(share.point)} [{numbers.plain(100 * share.low, 0)}, "
        f"{numbers.plain(100 * share.high, 0)}]"
    )


def _graph(graph: str) -> str:
    return "its common graph" if graph == "common" else "your file, the runtime's own options"


def _disturbed(qoe: QoE) -> Iterator[str]:
    if qoe.disturbed_visits:
        yield (
            f"Other programs were at work during {qoe.disturbed_visits} of {qoe.visits} visits: what is felt "
            "there is theirs as well."
        )
    if qoe.repeated_visits:
        was = "visit was" if qoe.repeated_visits == 1 else "visits were"
        yield f"{qoe.repeated_visits} more {was} disturbed, left out and made again."


def _verdict(rows: tuple[FeltRow, ...]) -> Iterator[str]:
    """What clicks, components and the 95th percentile of frames say, which is what is felt."""
    for row in rows:
        if row.id in _FELT:
            told = [
                f"{numbers.factor_with_interval(times)} {where}{_doubt(times)}"
                for times, where in (
                    (row.main_times, "with the model on the main thread"),
                    (row.worker_times, "with it in a worker"),
                )
                if times is not None
            ]
            if told:
                yield f"{_FELT[row.id]} takes {' and '.join(told)} what it takes at rest."
        if row.id == "frame-p95":
            yield from _steps_of_the_display(row)


def _steps_of_the_display(row: FeltRow) -> Iterator[str]:
    """Where rounds do not differ: a frame is late by whole frames."""
    for times in (row.main_times, row.worker_times):
        if times is not None and times.rounds > 1 and times.high - times.low < _WIDTH * times.point:
            yield (
                f"Frames come at whole steps of the display's refresh: an interval without width, such as "
                f"{numbers.factor_with_interval(times)}, says that all rounds fell on the same step, not how "
                "precisely it is known."
            )
            return


def _frames(rows: tuple[FeltRow, ...]) -> Iterator[str]:
    """What inference takes of the page's frames, wherever that is beyond doubt."""
    for row in rows:
        if row.id == "frame-rate":
            for times, where in ((row.main_times, "on the main thread"), (row.worker_times, "in a worker")):
                if times is not None and times.side_of_one == "below":
                    yield (
                        f"Inference {where} costs {numbers.percent(1 - times.point)} "
                        f"[{numbers.plain(100 * (1 - times.high), 0)}, "
                        f"{numbers.plain(100 * (1 - times.low), 0)}] of the page's frames."
                    )


def _or_unclear(times: Estimate) -> str:
    return f"{numbers.factor_with_interval(times)}{_doubt(times)}"


def _doubt(times: Estimate) -> str:
    return " (unclear)" if times.side_of_one == "unclear" else ""


def _share(duty: float) -> str:
    return "run after run" if duty >= 1 else f"{numbers.whole_percent(duty)} of the time"


def _value(one: Estimate | None) -> str:
    return "" if one is None else numbers.bare_ms(one.point)


def _beside(one: Estimate | None, times: Estimate | None) -> str:
    if times is None:
        return _value(one)
    return f"{_value(one)} ({numbers.factor_with_interval(times)})"
