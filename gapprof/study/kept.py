"""What a folder holds from before, and whether it was measured under the same conditions."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gapprof.errors import GapprofError, WrongUse
from gapprof.explain.recorded import ending
from gapprof.explain.study import studied_model
from gapprof.explain.versions import versions
from gapprof.facts.case import Case
from gapprof.facts.paper import CLASSES
from gapprof.recordings import read_run
from gapprof.records.recording import MachineFacts, Recording, recorded_before
from gapprof.records.settings import Settings
from gapprof.records.study import StudiedModel
from gapprof.study.begun import so_far
from gapprof.subject import zoo
from gapprof.subject.stage import stage
from gapprof.text import numbers
from gapprof.text.names import file_stem, harmless

ZOO = "zoo:"
_SAME = ("cpu", "usable_cores", "logical_cores", "system", "architecture")
_MEMORY_RATIO = 1.01
"""What a kernel keeps for itself varies from one boot to the next by some pages."""
_COMPARING = "1.7"
"""Since this form of recordings, what cells compute is compared."""
_OPTIONS: Mapping[str, str] = {"budget_s": "--budget", "seed": "--seed"}
_ELSEWHERE = ("browser",)
"""Settings that say where a program lies: its version is compared instead."""
_WORD = 60
_SHOWN = 3
"""Models that a refusal names with what differs."""


def stem_of(model: str) -> str:
    """The name of a model's files."""
    return file_stem(Path(model.removeprefix(ZOO)).name.removesuffix(".onnx"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What all rows of a study have to have alike. Of gapprof's own version the tables tell."""

    settings: Settings
    machine: MachineFacts
    programs: Callable[[], Mapping[str, str]]
    """As `gapprof.explain.versions` names them. Asked only where there is something to compare."""

    def differences(self, recording: Recording) -> Iterator[str]:
        """What a recording was measured under otherwise, in words."""
        then, now = recording.begin.settings, self.settings
        for name in Settings.__struct_fields__:
            before, here = getattr(then, name), getattr(now, name)
            if before != here and name not in _ELSEWHERE:
                yield _changed(_OPTIONS.get(name, f"the setting {name}"), before, here)
        for name in _SAME:
            before, here = getattr(recording.begin.machine, name), getattr(self.machine, name)
            if before != here:
                yield _changed(f"the machine's {name}", before, here)
        sizes = (recording.begin.machine.memory_bytes, self.machine.memory_bytes)
        if max(sizes) > _MEMORY_RATIO * min(sizes):
            yield _changed("the machine's memory", *map(numbers.size, sizes))
        programs = self.programs()
        for program, before in versions(Case(recording)).items():
            if program in programs and programs[program] != before:
                yield _changed(program, before, programs[program])


@dataclass(slots=True)
class Shelf:
    """The recordings of a folder, and the rows that were made of them."""

    folder: Path
    conditions: Conditions
    _rows: dict[str, StudiedModel] = field(default_factory=dict)
    _hashes: dict[str, str] = field(default_factory=dict)

    def path(self, model: str) -> Path:
        """Where a model's recording is, or will be."""
        return self.folder / f"{stem_of(model)}.jsonl"

    def row(self, model: str) -> StudiedModel | None:
        """Of a recording of this very model that came to its end under the same conditions."""
        stem = stem_of(model)
        if stem not in self._rows:
            recording = _whole(self.path(model))
            if recording is None or any(self._otherwise(recording, model)):
                return None
            paper_class = CLASSES.get(model.removeprefix(ZOO), "") if model.startswith(ZOO) else ""
            self._keep(stem, recording, paper_class=paper_class)
        return self._rows[stem]

    def why_not(self, model: str) -> str:
        """In what the recording of a model differs; empty where there is none that came to its end."""
        recording = _whole(self.path(model))
        return "" if recording is None else "; ".join(self._otherwise(recording, model))

    def poor(self, model: str) -> str:
        """Why a row is worth measuring again though its conditions are the same; empty where it is not."""
        row = self.row(model)
        if row is None:
            return ""
        if row.never_compared and recorded_before(row.recording_version, _COMPARING):
            return f"nobody compared what {numbers.many(row.never_compared, 'cell')} computed"
        if row.status == "unreliable":
            return f"its report is unreliable: {row.status_why}"
        return f"a check of its report failed: {row.failed_checks[0]}" if row.failed_checks else ""

    def forget(self, model: str) -> None:
        """Its row as it was: the recording is about to be made again."""
        self._rows.pop(stem_of(model), None)

    def begun(self, model: str) -> str:
        """What was seen of a model, under these conditions, before the study was stopped at it."""
        recording = _read(self.path(model))
        if recording is None or ending(recording) != "interrupted":
            return ""
        return "" if any(self._otherwise(recording, model)) else so_far(recording)

    def others(self, models: Sequence[str]) -> tuple[StudiedModel, ...]:
        """Rows of models that nobody asked for this time."""
        asked = {stem_of(model) for model in models}
        for path in sorted(self.folder.glob("*.jsonl")):
            if path.stem not in asked and path.stem not in self._rows:
                recording = _whole(path)
                if recording is not None and not any(self.conditions.differences(recording)):
                    self._keep(path.stem, recording, paper_class=CLASSES.get(path.stem, ""))
        return tuple(row for stem, row in sorted(self._rows.items()) if stem not in asked)

    def refuse_to_mix(self, models: Sequence[str]) -> None:
        """Raises WrongUse where rows that are there would be written over, or leave the tables."""
        asked = {stem_of(model): model for model in models}
        found: dict[str, str] = {}
        for path in sorted(self.folder.glob("*.jsonl")):
            recording = _whole(path)
            if recording is not None:
                differences = "; ".join(self._otherwise(recording, asked.get(path.stem)))
                if differences:
                    found[path.stem] = differences
        if not found:
            return
        told = [f"{harmless(stem, _WORD)} ({why})" for stem, why in list(found.items())[:_SHOWN]]
        if len(found) > _SHOWN:
            told.append(f"and {len(found) - _SHOWN} more")
        raise WrongUse(
            f"--out {self.folder} has rows that were measured otherwise: {', '.join(told)}",
            hint="Give the options that they were measured with, or another folder; or --anew, which "
            "measures the models that you ask for in their place, and leaves the others out of the tables.",
        )

    def _otherwise(self, recording: Recording, model: str | None) -> Iterator[str]:
        """`model`: that was asked for; None: nobody did."""
        if model is not None and recording.begin.model.sha256 != self._sha256(model):
            yield "the model is another one now"
        yield from self.conditions.differences(recording)

    def _keep(self, stem: str, recording: Recording, *, paper_class: str) -> None:
        self._rows[stem] = studied_model(recording, stem=stem, paper_class=paper_class)

    def _sha256(self, model: str) -> str:
        """Of its file and external data as they are now; empty where it cannot be read."""
        if model not in self._hashes:
            with tempfile.TemporaryDirectory() as scratch:
                folder = Path(scratch)
                try:
                    file = Path(model)
                    if model.startswith(ZOO):
                        file = zoo.build(model.removeprefix(ZOO), folder / "zoo")
                    self._hashes[model] = stage(file, folder / "staged").sha256
                except (GapprofError, OSError):
                    self._hashes[model] = ""
        return self._hashes[model]


def _whole(path: Path) -> Recording | None:
    """One that came to its end; what was stopped or cut off has no row that could be lost."""
    recording = _read(path)
    return recording if recording is not None and ending(recording) == "ok" else None


def _read(path: Path) -> Recording | None:
    try:
        return read_run(path) if path.is_file() else None
    except WrongUse:
        return None


def _changed(name: str, before: object, here: object) -> str:
    return f"{name} was {harmless(str(before), _WORD)}, and is {harmless(str(here), _WORD)}"
