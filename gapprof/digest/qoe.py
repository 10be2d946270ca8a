"""Quality of experience: the rows and sentences that every format shows."""

from collections.abc import Iterator
from dataclasses import dataclass

from gapprof.records.estimate import Estimate
from gapprof.records.sections.quality import Answers, FeltRow, LateRow, QoE
from gapprof.text import numbers
from gapprof.text.names import harmless

HEADINGS = {"responsiveness": "Responsiveness", "smoothness": "Smoothness"}
COLUMNS = ("at rest", "on the main thread", "in a worker")
ACCURACY = "Accuracy"


@dataclass(frozen=True, slots=True)
class FeltCells:
    """One figure of the page; cells as `COLUMNS` say, the last two with how many times as much as at rest."""

    title: str
    cells: tuple[str, str, str]


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
            f"The model (its common graph) runs {_share(qoe.duty)}, and {_share(qoe.step_duty)} beside an "
            f"application's steps, on {qoe.threads} thread{'s' if qoe.threads != 1 else ''}; each browser is "
            "fresh."
        )
        yield from _verdict(qoe.rows)
    if qoe.why:
        yield f"Not all is told: {qoe.why}."


def answer_sentences(answers: Answers) -> Iterator[str]:
    """How far the page's answers are from native ones."""
    yield (
        f"Over {answers.frames} inputs, made of two that turn into one another, the page's outputs differ by "
        f"at most {answers.max_abs_difference:.2g} ({answers.max_relative_difference:.1g} of the largest "
        f"value); the least cosine is {answers.cosine:.6f}."
    )
    if answers.top1 is not None and answers.top5 is not None:
        yield (
            f"Both sides name the same class of {harmless(answers.output, 40)} for "
            f"{numbers.percent(answers.top1)} of the inputs; native's is among the page's five likeliest for "
            f"{numbers.percent(answers.top5)}."
        )
    if answers.classes == 1:
        yield "All inputs have the same class, so that nothing is known of what late answers would cost."
        return
    late = [row for row in answers.late if row.who != "rate"]
    yield from (_late(row, answers) for row in late)
    rates = [row for row in answers.late if row.who == "rate" and row.accuracy is not None]
    if rates:
        told = ", ".join(
            f"{numbers.plain(row.answers_per_s, 0)}: {numbers.percent(row.accuracy or 0.0)}" for row in rates
        )
        yield f"Right at so many answers a second, each at once: {told}."


def _late(row: LateRow, answers: Answers) -> str:
    who = "natively" if row.who == "native" else "on the page"
    took = numbers.ms(row.latency_ms or 0.0)
    if row.accuracy is None:
        return f"An answer takes {took} {who}: longer than the stream lasts."
    return (
        f"An answer takes {took} {who}: of a stream of {numbers.plain(answers.frames_per_s, 0)} a second, "
        f"{numbers.percent(row.accuracy)} of the frames seen with any are seen with the right one."
    )


def _verdict(rows: tuple[FeltRow, ...]) -> Iterator[str]:
    """What the 95th percentile of frames and the components say, which is what is felt."""
    for row in rows:
        if row.id in ("frame-p95", "components"):
            told = [
                f"{numbers.factor_with_interval(times)} {where}{'' if _apart(times) else ' (unclear)'}"
                for times, where in (
                    (row.main_times, "with the model on the main thread"),
                    (row.worker_times, "with it in a worker"),
                )
                if times is not None
            ]
            if told:
                what = "The 95th percentile between frames" if row.id == "frame-p95" else "A component"
                yield f"{what} takes {' and '.join(told)} what it takes at rest."


def _apart(times: Estimate) -> bool:
    return not times.low <= 1 <= times.high


def _share(duty: float) -> str:
    return "run after run" if duty >= 1 else f"{numbers.whole_percent(duty)} of the time"


def _value(one: Estimate | None) -> str:
    return "" if one is None else numbers.bare_ms(one.point)


def _beside(one: Estimate | None, times: Estimate | None) -> str:
    if times is None:
        return _value(one)
    return f"{_value(one)} ({numbers.factor_with_interval(times)})"
