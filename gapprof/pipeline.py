"""From a model to a recording on disk, and from that recording to its report."""

import importlib
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from gapprof import backends
from gapprof.errors import EnvironmentUnusable, ExitCode, GapprofError, Interrupted, WrongUse
from gapprof.interrupts import Hold
from gapprof.native.given_back import allocate_from_one_heap
from gapprof.outcome import exit_code
from gapprof.recordings import read_run
from gapprof.records.progress import Observer
from gapprof.records.recording import Recording
from gapprof.records.report import Report
from gapprof.records.settings import Settings
from gapprof.records.trial import Failure
from gapprof.registry import load

_NEEDED = ("explain.report", "failed_report", "measure.run", "subject.open", "watch.page")
"""With the backends they bring in every large library that a run or its report will use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A report in any case, what a shell is told, and what stopped the run short, if anything did."""

    report: Report
    code: ExitCode
    recorded: bool
    """Whether there is a recording that `analyze` can read."""
    stopped: GapprofError | None = None


def explained(
    model: str | None,
    settings: Settings,
    *,
    argv: tuple[str, ...],
    path: Path,
    observer: Observer,
    hold: Hold,
) -> Outcome:
    """Measure into the recording at `path` and analyse it, whatever came in between.

    Without a model: that which `settings.page` runs by itself.

    Interrupts come through while it measures; one before or after leaves its report as whole as any.
    Raises WrongUse alone: then nothing was measured and nothing is written.
    """
    allocate_from_one_heap()
    _load_everything()
    before = _state(path)
    try:
        with hold.lifted(), _Kept(path):
            recording = record(model, settings, argv=argv, path=path, observer=observer)
    except WrongUse:
        raise
    except (GapprofError, KeyboardInterrupt) as reason:
        stopped = reason if isinstance(reason, GapprofError) else Interrupted("interrupted")
        kept = _salvaged(path) if _state(path) != before else None
        if kept is not None:
            return Outcome(report=report_of(kept), code=stopped.exit_code, recorded=True, stopped=stopped)
        from gapprof.failed_report import failed_report

        report = failed_report(stopped, model=model or settings.page, settings=settings, argv=argv)
        return Outcome(report=report, code=stopped.exit_code, recorded=False, stopped=stopped)
    return analysed(recording)


class _Kept:
    """Stops nothing: a fault of ours goes on as it is, with where the minutes of data are."""

    def __init__(self, path: Path) -> None:
        self._path, self._before = path, _state(path)

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is None or isinstance(error, GapprofError | KeyboardInterrupt):
            return
        if _state(self._path) != self._before:
            error.add_note(f"What was measured until then is kept in {self._path}")


def analysed(recording: Recording) -> Outcome:
    """What a recording says, and the exit code of the run that made it; measures nothing."""
    report = report_of(recording)
    code = exit_code(
        report,
        ended=recording.end.reason if recording.end else None,
        failures=recording.of(Failure),
        allow_noisy=report.settings.allow_noisy,
    )
    return Outcome(report=report, code=code, recorded=True)


def record(
    model: str | None, settings: Settings, *, argv: tuple[str, ...], path: Path, observer: Observer
) -> Recording:
    """Measure `model` into the recording at `path`, and read it back: no report says more than the file.

    Without a model: that which `settings.page` runs by itself, under the conditions that it has there.

    An interruption while measuring shows in the recording's end; one before it is a KeyboardInterrupt.
    Raises GapprofError; what was recorded until then is at `path`.
    """
    preferred, *others = settings.backend.split(",")
    try:
        _recorded(
            model,
            replace(settings, backend=preferred),
            argv=argv,
            path=path,
            observer=observer,
            instead=",".join(others),
        )
    except EnvironmentUnusable as why:
        if not others:
            raise
        refused = {**settings.backends_refused, preferred: why.message}
        rest = replace(settings, backend=",".join(others), backends_refused=refused)
        return record(model, rest, argv=argv, path=path, observer=observer)
    return read_run(path)


def _recorded(
    model: str | None,
    settings: Settings,
    *,
    argv: tuple[str, ...],
    path: Path,
    observer: Observer,
    instead: str,
) -> None:
    """On one backend; `instead`: the others. Raises EnvironmentUnusable where it cannot be had."""
    from gapprof.guard import Guard
    from gapprof.measure.run import measure
    from gapprof.qoe.stream import SCENES
    from gapprof.subject.open import open_subject
    from gapprof.watch.page import watched

    with Guard() as guard, guard.folder("run") as workdir:
        page, inputs = None, settings.inputs
        if model is None:
            page = watched(settings, guard=guard, workdir=workdir, observer=observer)
            model, settings = str(page.kept.model), page.settings(settings)
            inputs = str(page.kept.inputs) if page.kept.inputs is not None else None
        subject = open_subject(
            model,
            shapes=settings.shapes,
            inputs=inputs,
            seed=settings.seed,
            workdir=workdir,
            scenes=SCENES if settings.qoe else 0,
        )
        measure(
            subject,
            settings,
            argv=argv,
            recording_path=path,
            workdir=workdir,
            guard=guard,
            observer=observer,
            observed=page.seen if page is not None else None,
            instead=instead,
        )


def report_of(recording: Recording) -> Report:
    """`explain` and `analyze` both get their report here."""
    from gapprof.explain.report import build

    return build(recording)


def _load_everything() -> None:
    """While interrupts wait: an import that is cut in half cannot always be repeated."""
    for name in _NEEDED:
        importlib.import_module(f"gapprof.{name}")
    load(backends, "BACKEND")


def _salvaged(path: Path) -> Recording | None:
    """What a run that was stopped left behind; None when it did not get as far as its first line."""
    try:
        return read_run(path)
    except WrongUse:
        return None


def _state(path: Path) -> tuple[int, int, int] | None:
    """Tells whether a file was touched between two moments; None while it does not exist."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
