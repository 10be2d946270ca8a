"""Model after model into one folder; what is there from before, and whole, is kept."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import gapprof.render
from gapprof import __version__, registry
from gapprof.errors import ExitCode, WrongUse
from gapprof.explain.study import studied_model
from gapprof.files import write_atomically
from gapprof.interrupts import Hold
from gapprof.markdown.study import document
from gapprof.measure.machine import machine_facts
from gapprof.pipeline import Outcome, explained
from gapprof.recordings import read_run
from gapprof.records.codec import encode_document
from gapprof.records.progress import Observer
from gapprof.records.recording import Recording
from gapprof.records.settings import Settings
from gapprof.records.study import StudiedModel, Study
from gapprof.records.surface import Surface
from gapprof.text.names import file_stem

TABLES, FIGURES = "README.md", "study.json"
_FORMATS = ("json", "markdown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Studying:
    """One study: where it goes, how each model is measured, and who hears of it."""

    folder: Path
    settings: Settings
    argv: tuple[str, ...]
    observer: Observer
    hold: Hold
    say: Callable[[str], None]

    def run(self, models: Sequence[str]) -> tuple[Study, ExitCode]:
        """Tables are written anew after every model. Raises WrongUse before anything is measured."""
        code = ExitCode.OK
        for number, model in enumerate(models, start=1):
            path = self.recording_of(model)
            if self._kept(path) is not None:
                self.say(f"{number} of {len(models)}: {model} is there from before\n")
                continue
            self.say(f"{number} of {len(models)}: {model}\n")
            outcome = explained(
                model,
                self.settings,
                argv=self.argv,
                path=path,
                observer=self.observer,
                hold=self.hold,
            )
            self._written(outcome, model)
            self.tables(models)
            if outcome.code in (ExitCode.INTERRUPTED, ExitCode.ENVIRONMENT_UNUSABLE):
                code = outcome.code
                break
            if not outcome.recorded:
                code = ExitCode.PARTIAL
        return self.tables(models), code

    def tables(self, models: Sequence[str]) -> Study:
        """Over what is there by now."""
        found = {model: self._kept(self.recording_of(model)) for model in models}
        whole = {model: recording for model, recording in found.items() if recording is not None}
        last = next(reversed(whole.values()), None)
        machine = last.begin.machine if last is not None else None
        study = Study(
            gapprof_version=__version__,
            machine=machine,
            cores=machine.usable_cores if machine is not None else 0,
            models=tuple(self._row(model, whole.get(model)) for model in models),
            state="whole" if len(whole) == len(models) else "stopped",
        )
        write_atomically(self.folder / TABLES, document(study).encode())
        write_atomically(self.folder / FIGURES, encode_document(study))
        return study

    def recording_of(self, model: str) -> Path:
        """Where a model's recording is, or will be."""
        return self.folder / f"{stem_of(model)}.jsonl"

    def _kept(self, path: Path) -> Recording | None:
        """A recording that came to its end under the same conditions; None for any other."""
        if not path.is_file():
            return None
        try:
            recording = read_run(path)
        except WrongUse:
            return None
        begin, end = recording.begin, recording.end
        same = (begin.settings, begin.gapprof_version) == (self.settings, __version__)
        here = begin.machine.cpu == machine_facts().cpu
        return recording if same and here and end is not None and end.reason == "finished" else None

    def _row(self, model: str, recording: Recording | None) -> StudiedModel:
        if recording is not None:
            return studied_model(recording)
        return StudiedModel(
            model=model, paper_class="", status="", why="it is still to come, or came to no end"
        )

    def _written(self, outcome: Outcome, model: str) -> None:
        formats = registry.load(gapprof.render, "RENDERER")
        for name in _FORMATS:
            renderer = formats[name]
            path = self.folder / f"{stem_of(model)}{renderer.suffix}"
            write_atomically(path, renderer.render(outcome.report, Surface()).encode())
        if outcome.stopped is not None:
            self.say(f"{model}: {outcome.stopped.message}\n")


def stem_of(model: str) -> str:
    """The name of a model's files."""
    return file_stem(Path(model.removeprefix("zoo:")).name.removesuffix(".onnx"))
