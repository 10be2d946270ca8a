"""gapprof from Python: the main job, and reading a recording again."""

import importlib
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from gapprof.errors import Interrupted
from gapprof.records.progress import Observer, Progress
from gapprof.records.report import Report

# The stage `gapprof.explain` is a package as well. Loading it first lets the public function keep the name:
# a package is bound to its parent once, when it is loaded.
importlib.import_module("gapprof.explain")


def explain(
    model: str | os.PathLike[str] | None = None,
    *,
    recording: str | os.PathLike[str] | None = None,
    observer: Observer | None = None,
    **options: object,
) -> Report:
    """Measure a model (a path or `zoo:NAME`) natively and in the browser, and say where the gap comes from.

    Without a model: the one that `page` runs by itself. Options are the fields of
    `gapprof.records.settings.Settings`, such as `budget_s=60` or `threads=2`.
    The recording goes to `recording`, else into the user's state folder.
    Raises a GapprofError for whatever keeps it from a report, Interrupted for Ctrl-C.
    """
    from gapprof import recordings
    from gapprof.options.settings import refuse_no_model, settings_from
    from gapprof.pipeline import record, report_of

    settings = settings_from(options)
    if model is None:
        refuse_no_model(settings, options)
    name = os.fspath(model) if model is not None else None
    stem, now = name or settings.page, datetime.now(UTC)
    path = Path(recording) if recording is not None else recordings.default_path(stem, now=now)
    measured = record(name, settings, argv=_call(name, options), path=path, observer=observer or _nobody)
    if measured.end is not None and measured.end.reason == "interrupted":
        raise Interrupted("interrupted", hint=f"gapprof.analyze({str(path)!r}) reports what was measured.")
    return report_of(measured)


def analyze(recording: str | os.PathLike[str]) -> Report:
    """The report of a saved recording; measures nothing. Raises WrongUse for a file that is none."""
    from gapprof.pipeline import report_of
    from gapprof.recordings import read_run

    return report_of(read_run(Path(recording)))


def _call(model: str | None, options: dict[str, object]) -> tuple[str, ...]:
    """The call in words, as a report shows it."""
    arguments: Sequence[str] = [
        *([repr(model)] if model else []),
        *(f"{name}={value!r}" for name, value in options.items()),
    ]
    return (f"gapprof.explain({', '.join(arguments)})",)


def _nobody(_: Progress) -> None:
    """Watches nothing."""
