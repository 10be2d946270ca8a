"""What a study keeps from before, what it says of models without a row, and wrong use."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
from msgspec.structs import replace

from gapprof import cli
from gapprof.backends.synthetic import Machine
from gapprof.errors import ExitCode
from gapprof.live import silent
from gapprof.measure.machine import machine_facts
from gapprof.records.codec import encode_entry
from gapprof.records.recording import End, Recording
from gapprof.records.settings import Settings
from gapprof.study import run as study_run
from gapprof.study.run import FIGURES, TABLES, Studying, stem_of
from tests.truth.recorder import record

SETTINGS = Settings(study=True, rungs="main", allow_noisy=True)
MODELS = ("zoo:resnet20", "zoo:resnet32")


@cache
def synthetic() -> Recording:
    return record(Machine())


def recorded(reason: str = "finished", settings: Settings = SETTINGS) -> Recording:
    """As if it had been measured here, by this version."""
    found = synthetic()
    begin = replace(
        found.begin,
        settings=settings,
        gapprof_version=study_run.__version__,
        machine=replace(found.begin.machine, cpu=machine_facts().cpu),
    )
    entries = tuple(entry for entry in found.entries if not isinstance(entry, End))
    return replace(found, begin=begin, entries=(*entries, End(at_s=1.0, reason=reason)))


def put(folder: Path, model: str, found: Recording) -> None:
    lines = b"".join(encode_entry(entry) for entry in (found.begin, *found.entries))
    (folder / f"{stem_of(model)}.jsonl").write_bytes(lines)


class Lifted:
    """Of interrupts nobody keeps from coming."""

    @contextmanager
    def lifted(self) -> Iterator[None]:
        yield


@dataclass(slots=True)
class Heard:
    words: list[str] = field(default_factory=list)

    def __call__(self, text: str) -> None:
        self.words.append(text)


def studying(folder: Path, heard: Heard) -> Studying:
    return Studying(
        folder=folder, settings=SETTINGS, argv=("gapprof",), observer=silent, hold=Lifted(), say=heard
    )


def test_what_is_there_under_the_same_conditions_is_kept(tmp_path: Path) -> None:
    heard = Heard()
    for model in MODELS:
        put(tmp_path, model, recorded())
    before = {file: file.read_bytes() for file in tmp_path.iterdir()}
    study, code = studying(tmp_path, heard).run(MODELS)
    assert code is ExitCode.OK
    assert study.state == "whole"
    assert [text.count("is there from before") for text in heard.words] == [1, 1]
    assert all(file.read_bytes() == data for file, data in before.items())
    assert json.loads((tmp_path / FIGURES).read_bytes())["schema"] == "gapprof/study"
    assert "# One study, many models" in (tmp_path / TABLES).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "other",
    [
        recorded("interrupted"),
        recorded(settings=replace(SETTINGS, seed=1)),
        replace(recorded(), begin=replace(recorded().begin, gapprof_version="another")),
        replace(recorded(), begin=replace(recorded().begin, machine=synthetic().begin.machine)),
        replace(recorded(), entries=recorded().entries[:-1]),
    ],
    ids=["interrupted", "other settings", "other version", "other machine", "cut off"],
)
def test_what_was_measured_otherwise_is_no_row(tmp_path: Path, other: Recording) -> None:
    put(tmp_path, MODELS[0], other)
    put(tmp_path, MODELS[1], recorded())
    study = studying(tmp_path, Heard()).tables(MODELS)
    assert study.state == "stopped"
    first, second = study.models
    assert first.why
    assert not first.status
    assert second.status


def test_a_file_that_is_no_recording_is_no_row(tmp_path: Path) -> None:
    (tmp_path / f"{stem_of(MODELS[0])}.jsonl").write_text("nothing")
    study = studying(tmp_path, Heard()).tables(MODELS[:1])
    assert study.models[0].why


@pytest.mark.parametrize(
    ("models", "words"),
    [
        ("zoo:nothing", "there is no zoo model called 'nothing'"),
        ("nowhere.onnx", "there is no file nowhere.onnx"),
        (" , ", "--models names no model"),
        ("zoo:resnet20,zoo:resnet20", "files called resnet20"),
    ],
)
def test_wrong_use_is_refused_before_anything_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], models: str, words: str
) -> None:
    folder = tmp_path / "out"
    assert cli.run(["study", "--models", models, "--out", str(folder)]) is ExitCode.WRONG_USE
    assert words in capsys.readouterr().err
    assert not folder.exists()


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out").write_text("")
    asked = ["study", "--models", "zoo:resnet20", "--out", str(tmp_path / "out")]
    assert cli.run(asked) is ExitCode.WRONG_USE
    assert "--out" in capsys.readouterr().err


def test_names_of_files_are_safe() -> None:
    assert stem_of("zoo:ssd-mobilenetv2") == "ssd-mobilenetv2"
    assert stem_of("a folder/my model.onnx") == "my-model"
