"""A study whose models are measured in no time, by what is planted for each."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from gapprof import __version__
from gapprof.backends.synthetic import Machine
from gapprof.errors import ExitCode, GapprofError, WrongUse
from gapprof.explain.report import build
from gapprof.explain.versions import versions
from gapprof.facts.case import Case
from gapprof.failed_report import failed_report
from gapprof.live import silent
from gapprof.measure.machine import machine_facts
from gapprof.pipeline import Outcome
from gapprof.records.codec import encode_entry
from gapprof.records.recording import End, Recording
from gapprof.records.settings import Settings
from gapprof.records.study import Study
from gapprof.study.run import Studying
from gapprof.subject import zoo
from gapprof.subject.stage import stage
from tests.truth.recorder import record

SETTINGS = Settings(study=True, rungs="main", allow_noisy=True)
MODELS = ("zoo:resnet20", "zoo:resnet32")
HERE = machine_facts()


@cache
def synthetic() -> Recording:
    """Of a machine on which nothing is planted."""
    return record(Machine())


@cache
def hash_of(model: str) -> str:
    """Of the file that a study would measure."""
    with tempfile.TemporaryDirectory() as folder:
        built = zoo.build(model.removeprefix("zoo:"), Path(folder) / "zoo")
        return stage(built, Path(folder) / "staged").sha256


def recorded(model: str = MODELS[0], reason: str = "finished", **changes: Any) -> Recording:
    """As if it had been measured here, by this version."""
    found = synthetic()
    facts = replace(found.begin.model, name=model.removeprefix("zoo:"), sha256=hash_of(model))
    usual = {"settings": SETTINGS, "gapprof_version": __version__, "machine": HERE, "model": facts}
    begin = replace(found.begin, **{**usual, **changes})
    entries = tuple(entry for entry in found.entries if not isinstance(entry, End))
    return replace(found, begin=begin, entries=(*entries, End(at_s=1.0, reason=reason)))


def unreliable() -> Recording:
    """By a machine that is too noisy for two rounds."""
    found = recorded()
    few = [entry for entry in found.entries if getattr(entry, "round", 0) < 1]
    return replace(found, entries=tuple(few))


def put(path: Path, found: Recording) -> None:
    """As a run would have written it."""
    path.write_bytes(b"".join(encode_entry(entry) for entry in (found.begin, *found.entries)))


@dataclass(slots=True)
class Bench:
    """The folder that it is in, what is planted, and what it said and asked for."""

    folder: Path
    planted: dict[str, Recording | GapprofError | ExitCode] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    programs: Mapping[str, str] = field(default_factory=lambda: versions(Case(synthetic())))

    def explained(self, model: str, _settings: Settings, *, path: Path, **_: object) -> Outcome:
        """In place of a measurement."""
        self.asked.append(model)
        match self.planted[model]:
            case WrongUse() as error:
                raise error
            case GapprofError() as error:
                report = failed_report(error, model=model, settings=SETTINGS, argv=())
                return Outcome(report=report, code=error.exit_code, recorded=False, stopped=error)
            case ExitCode() as code:
                put(path, recorded(model, "interrupted"))
                return Outcome(report=build(recorded(model)), code=code, recorded=True)
            case found:
                put(path, found)
                return Outcome(report=build(found), code=ExitCode.OK, recorded=True)

    def run(self, models: Sequence[str] = MODELS, *, anew: bool = False) -> tuple[Study, ExitCode]:
        """One study of these."""
        hold: Any = None
        studying = Studying(
            folder=self.folder,
            settings=SETTINGS,
            machine=HERE,
            programs=lambda: self.programs,
            anew=anew,
            argv=("gapprof",),
            observer=silent,
            hold=hold,
            say=self.words.append,
        )
        return studying.run(models)


def why(study: Study) -> dict[str, str]:
    """Model's stem → why it has no row."""
    return {one.stem: one.why for one in study.models}
