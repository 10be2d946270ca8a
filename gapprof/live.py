"""Progress on stderr while a run goes: a live view on a terminal, plain lines elsewhere, or nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO, cast

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from gapprof.digest.adapter import software_sentence
from gapprof.digest.why import why_rows
from gapprof.options.screen import mention, remark
from gapprof.records.progress import Observer, Progress
from gapprof.records.report import Report
from gapprof.records.surface import Surface
from gapprof.terminal.ink import Ink
from gapprof.terminal.why import why_table
from gapprof.text import numbers

_LEAST_PAUSE_S = 0.25
_BAR = 30
_PHASES = {
    "preflight": "looking at the page and at native",
    "tuning": "tuning kernels in the browser",
    "rounds": "measuring",
    "side": "measuring what-ifs",
    "twins": "timing kernels as wasm and natively",
    "transplant": "replaying the library's hottest functions as wasm and natively",
    "inside": "looking into the wasm",
    "reproducing": "making the conditions that fit, all at once",
    "cells": "trying threads and places",
    "cells-verified": "verifying what is recommended",
    "cold": "starting with cold caches and with warm ones",
    "memory": "looking at what is held of memory",
    "placement": "asking who runs which node natively",
    "felt": "feeling the page while the model rests and runs",
    "done": "done",
}


@contextmanager
def watching(stream: TextIO, surface: Surface) -> Iterator[Observer]:
    """A view that redraws only when told of a step: a refreshing thread would run while trials are timed."""
    console = Console(
        file=cast("TextIO", Lasting(stream)),
        force_terminal=True,
        no_color=not surface.colour,
        highlight=False,
        markup=False,
        legacy_windows=False,
    )
    with Live(console=console, auto_refresh=False, transient=True, redirect_stdout=False) as live:
        yield View(live=live, ink=Ink(surface))


def telling(stream: TextIO) -> Observer:
    """One plain line whenever the phase changes."""
    told = ""

    def tell(progress: Progress) -> None:
        nonlocal told
        if progress.phase != told:
            told = progress.phase
            remark(f"gapprof: {phase_words(progress)}", stream)

    return tell


def silent(_: Progress) -> None:
    """Nothing at all."""


class Lasting:
    """A terminal for rich, to which its being closed is not the end of what was measured."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.encoding = stream.encoding

    def write(self, text: str) -> int:
        """All of it, at once."""
        mention(text, self._stream)
        return len(text)

    def flush(self) -> None:
        """Nothing was kept back."""


class View:
    """What is on screen, and the ranking as of the last round that was completed."""

    def __init__(self, *, live: Live, ink: Ink) -> None:
        self._live = live
        self._ink = ink
        self._ranking: Report | None = None
        self._drawn: tuple[object, ...] = ()
        self._drawn_at_s = -_LEAST_PAUSE_S

    def __call__(self, progress: Progress) -> None:
        """Redraw for a step, at most four times a second for steps that change nothing but the time."""
        if progress.recording is not None:
            from gapprof.pipeline import report_of

            self._ranking = report_of(progress.recording)
        what = (progress.phase, progress.text, progress.rung, progress.round, self._ranking)
        if what == self._drawn and progress.elapsed_s - self._drawn_at_s < _LEAST_PAUSE_S:
            return
        self._drawn, self._drawn_at_s = what, progress.elapsed_s
        self._live.update(frame(progress, self._ranking, self._ink), refresh=True)


def frame(progress: Progress, ranking: Report | None, ink: Ink) -> RenderableType:
    """One picture: how far, what now, and the ranking as it firms up."""
    lines: list[RenderableType] = [
        ink.text(f"gapprof · {' · '.join(_how_far(progress))}", "bold"),
        ink.text(f"now: {progress.text}", "dim"),
    ]
    if progress.rounds_planned:
        done = (progress.round or 0) / progress.rounds_planned
        lines.insert(1, ink.bar(done, _BAR, "cyan"))
    if progress.waited_s is not None:
        waited = numbers.duration(progress.waited_s)
        lines.append(ink.text(f"     has waited {waited} for a core that other work slows", "dim"))
    if ranking is not None and ranking.gap.ratio is not None:
        ratio = numbers.factor_with_interval(ranking.gap.ratio)
        heading = f"Provisional, {numbers.many(ranking.rounds, 'round')}"
        lines += [Text(), *(ink.text(f"   {sentence}") for sentence in software_sentence(ranking))]
        lines.append(ink.text(f"   {ratio} slower in the browser so far"))
        lines.append(why_table(why_rows(ranking), ink, heading=heading))
    return Group(*lines)


def phase_words(progress: Progress) -> str:
    """The phase as a person would say it."""
    return _PHASES.get(progress.phase, progress.text)


def _how_far(progress: Progress) -> Iterator[str]:
    yield phase_words(progress)
    if progress.round is not None and progress.rounds_planned is not None:
        yield f"round {min(progress.round + 1, progress.rounds_planned)} of {progress.rounds_planned}"
    elapsed = numbers.duration(progress.elapsed_s)
    if progress.projected_s is None:
        yield elapsed
    else:
        yield f"{elapsed} of about {numbers.duration(progress.projected_s)}"
