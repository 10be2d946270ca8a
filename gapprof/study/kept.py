"""What a folder holds from before, as far as it was measured under the same conditions."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gapprof import __version__
from gapprof.errors import GapprofError, WrongUse
from gapprof.explain.study import studied_model
from gapprof.facts.paper import CLASSES
from gapprof.recordings import read_run
from gapprof.records.recording import MachineFacts, Recording
from gapprof.records.settings import Settings
from gapprof.records.study import StudiedModel
from gapprof.subject import zoo
from gapprof.subject.stage import stage
from gapprof.text.names import file_stem

ZOO = "zoo:"
_SAME = ("cpu", "usable_cores", "logical_cores", "system", "architecture", "memory_bytes")


def stem_of(model: str) -> str:
    """The name of a model's files."""
    return file_stem(Path(model.removeprefix(ZOO)).name.removesuffix(".onnx"))


@dataclass(slots=True)
class Shelf:
    """The recordings of a folder, each read once."""

    folder: Path
    settings: Settings
    machine: MachineFacts
    _rows: dict[str, StudiedModel] = field(default_factory=dict)
    _hashes: dict[str, str] = field(default_factory=dict)

    def path(self, model: str) -> Path:
        """Where a model's recording is, or will be."""
        return self.folder / f"{stem_of(model)}.jsonl"

    def row(self, model: str) -> StudiedModel | None:
        """Of a recording of this very model that came to its end under the same conditions."""
        stem = stem_of(model)
        if stem not in self._rows:
            recording = self._whole(self.path(model))
            if recording is None or recording.begin.model.sha256 != self._sha256(model):
                return None
            paper_class = CLASSES.get(model.removeprefix(ZOO), "") if model.startswith(ZOO) else ""
            self._keep(stem, recording, paper_class=paper_class)
        return self._rows[stem]

    def others(self, models: Sequence[str]) -> tuple[StudiedModel, ...]:
        """Rows of models that nobody asked for this time."""
        asked = {stem_of(model) for model in models}
        for path in sorted(self.folder.glob("*.jsonl")):
            if path.stem not in asked and path.stem not in self._rows:
                recording = self._whole(path)
                if recording is not None:
                    self._keep(path.stem, recording, paper_class=CLASSES.get(path.stem, ""))
        return tuple(row for stem, row in sorted(self._rows.items()) if stem not in asked)

    def _keep(self, stem: str, recording: Recording, *, paper_class: str) -> None:
        self._rows[stem] = studied_model(recording, stem=stem, paper_class=paper_class)

    def _whole(self, path: Path) -> Recording | None:
        if not path.is_file():
            return None
        try:
            recording = read_run(path)
        except WrongUse:
            return None
        begin, end = recording.begin, recording.end
        same = (begin.settings, begin.gapprof_version) == (self.settings, __version__)
        here = all(getattr(begin.machine, name) == getattr(self.machine, name) for name in _SAME)
        return recording if same and here and end is not None and end.reason == "finished" else None

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
