"""Model after model into one folder; what is there from before, and whole, is kept."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import gapprof.render
from gapprof import __version__, registry
from gapprof.errors import EnvironmentUnusable, ExitCode, WrongUse
from gapprof.files import write_atomically
from gapprof.interrupts import Hold
from gapprof.markdown.study import document
from gapprof.pipeline import Outcome, explained
from gapprof.records.codec import encode_document
from gapprof.records.progress import Observer
from gapprof.records.recording import MachineFacts
from gapprof.records.settings import Settings
from gapprof.records.study import StudiedModel, Study
from gapprof.records.surface import Surface
from gapprof.study.kept import Conditions, Shelf, stem_of

TABLES, FIGURES = "README.md", "study.json"
_FORMATS = ("json", "markdown")
_TO_COME = "it is still to come"


@dataclass(slots=True, kw_only=True)
class Studying:
    """One study: where it goes, how each model is measured, and who hears of it."""

    folder: Path
    settings: Settings
    machine: MachineFacts
    programs: Callable[[], Mapping[str, str]]
    """See `Conditions`."""
    anew: bool
    """Whether rows may be written over that were measured otherwise, unreliably, or whose cells' outputs
    nobody compared."""
    argv: tuple[str, ...]
    observer: Observer
    hold: Hold
    say: Callable[[str], None]
    """Is given lines without their ends, which may quote whatever a model says."""
    _missed: dict[str, str] = field(default_factory=dict)
    """Model → why it has no row, of those that were tried."""

    def run(self, models: Sequence[str]) -> tuple[Study, ExitCode]:
        """Tables are written anew after every model that was measured; what fails has its reason there.

        Raises WrongUse, before anything is measured, where rows would be lost that were measured otherwise.
        """
        conditions = Conditions(settings=self.settings, machine=self.machine, programs=self.programs)
        shelf = Shelf(self.folder, conditions)
        if not self.anew:
            shelf.refuse_to_mix(models)
        for number, model in enumerate(models, start=1):
            place = f"{number} of {len(models)}: {model}"
            poor = shelf.poor(model) if self.anew else ""
            if shelf.row(model) is not None and not poor:
                self.say(f"{place} is there from before")
                continue
            otherwise = poor or shelf.why_not(model)
            self.say(f"{place}{f', measured anew: {otherwise}' if otherwise else ''}")
            shelf.forget(model)
            stopped = self._measured(model, shelf.path(model))
            study = self._tables(shelf, models)
            if stopped is not None:
                return study, stopped
            self._how_quiet(shelf.row(model))
        study = self._tables(shelf, models)
        return study, ExitCode.PARTIAL if any(one.why for one in study.models) else ExitCode.OK

    def _how_quiet(self, row: StudiedModel | None) -> None:
        if row is not None and row.disturbed_visits:
            of = f"{row.disturbed_visits} of {row.visits} visits"
            self.say(f"{row.stem}: other programs used the machine during {of}")

    def _measured(self, model: str, path: Path) -> ExitCode | None:
        """A code where the whole study has to stop: it was interrupted, or the machine lacks something."""
        try:
            outcome = explained(
                model,
                self.settings,
                argv=self.argv,
                path=path,
                observer=self.observer,
                hold=self.hold,
            )
        except WrongUse as error:  # of this model: its file went away, for instance
            self._missed[model] = error.message
            return None
        self._written(outcome, model)
        if outcome.code is ExitCode.INTERRUPTED:
            return outcome.code
        if outcome.stopped is not None:
            self._missed[model] = outcome.stopped.message
            self.say(f"{model}: {outcome.stopped.message}")
        return outcome.code if isinstance(outcome.stopped, EnvironmentUnusable) else None

    def _written(self, outcome: Outcome, model: str) -> None:
        if not outcome.recorded:
            return
        formats = registry.load(gapprof.render, "RENDERER")
        for name in _FORMATS:
            path = self.folder / f"{stem_of(model)}{formats[name].suffix}"
            write_atomically(path, formats[name].render(outcome.report, Surface()).encode())

    def _tables(self, shelf: Shelf, models: Sequence[str]) -> Study:
        """Over these models, and over others that are there under the same conditions."""
        rows = [
            shelf.row(model) or self._without(model, shelf.why_not(model) or shelf.begun(model))
            for model in models
        ]
        rows += shelf.others(models)
        study = Study(
            gapprof_version=__version__,
            machine=self.machine,
            cores=self.machine.usable_cores,
            browsers=tuple(sorted({row.browser for row in rows if row.browser})),
            models=tuple(rows),
            state="stopped" if any(row.why.startswith(_TO_COME) for row in rows) else "whole",
        )
        write_atomically(self.folder / TABLES, document(study).encode())
        write_atomically(self.folder / FIGURES, encode_document(study))
        return study

    def _without(self, model: str, known: str) -> StudiedModel:
        """`known`: what its recording was measured under and the others were not, or how far it came."""
        why = self._missed.get(model) or (f"{_TO_COME}: {known}" if known else _TO_COME)
        return StudiedModel(model=stem_of(model), stem=stem_of(model), paper_class="", status="", why=why)
