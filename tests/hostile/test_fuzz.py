"""Thousands of broken files and command lines: each ends with a sentence and its exit code, no traceback.

An exception that is no GapprofError passes through `cli.run` and fails the test.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click
import numpy as np
import onnx
import pytest
from msgspec.structs import replace

from gapprof import cli
from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.commands import analyze, check, compare, explain, kernels, qoe
from gapprof.errors import ExitCode, GapprofError
from gapprof.explain.report import build
from gapprof.options.config_values import long_options
from gapprof.records.codec import encode_entry, encode_report
from gapprof.records.subject import NativeRefusal
from gapprof.reports import read_report
from gapprof.subject import dims, npz, sanity
from gapprof.subject.declared import declared_inputs, listing
from gapprof.subject.open import open_subject
from gapprof.subject.seeded import seeded_inputs
from gapprof.subject.stage import stage
from tests.hostile.mutations import mutated
from tests.hostile.seed_models import sound_models
from tests.truth.recorder import FULL, record
from tests.unit.subject.drawing import drawn, relu, saved

FEW = (
    pytest.param(range(16), id="few"),
    pytest.param(range(16, 1100), id="many", marks=pytest.mark.long),
)
"""Seeds; six kinds of input, so 6,600 in all."""
RECORDING = record(
    Machine(latency_ms=ladder_ms({"web-worker": 2.0})), replace(FULL, allow_noisy=True), rounds=2
)
LINES = b"".join(map(encode_entry, (RECORDING.begin, *RECORDING.entries)))
REPORT = encode_report(build(RECORDING))
MACHINE_ENDS = frozenset(ExitCode) - {ExitCode.INTERRUPTED}
SOUND = frozenset({ExitCode.OK, ExitCode.FAILED_CHECK})
NO_MODEL = "there is no model at"
"""What a command line that says nothing wrong comes to here: nothing is ever measured."""
CONFIGURATION = b"""threads = 2
page = "quiet"
shape = ["x=1,3,224,224"]
browser-arg = ["--mute-audio"]
js-flags = "--liftoff-only"
precision = 2.5
no-isolation = true

[budget]
seconds = 60
total_ratio = {max = 8.0}
web_ms = {max = 40}
"factor.simd" = {max = 3.5, level = "warn"}
factor.library = {max = 9}
"""
WORDS = (
    *("-", "", "0", "-1", "1e999", "nan", "auto", "simd=4", "x=1,3,-2", "x=1,99999999999", "worker", "all"),
    *("web,native", "\x1b[31mred", "no/such/folder/x.json", "a" * 5000, "zoo:", "zoo:nothing", "ünïcödé"),
    *("[x]", "--help", "--no-such-option", "::error::x", "=1+1"),
)
SENSE = {
    "backend": ("wasm", "webgpu", "webgpu,wasm"),
    "threads": ("auto", "2"),
    "where": ("main", "worker"),
    "page": ("quiet", "busy", "http://127.0.0.1:9/"),
    "tab": ("http://127.0.0.1:9/",),
    "shape": ("x=1,3,224,224", "y=2"),
    "browser-arg": ("--mute-audio",),
    "js-flags": ("--liftoff-only",),
    "rungs": ("auto", "main", "ends", "web,native"),
    "budget": ("60", "0.5"),
    "precision": ("2.5",),
    "observed-ms": ("180",),
    "seed": ("0", "7"),
    "rounds": ("3",),
    "max-ratio": ("8", "0.5"),
    "max": ("simd=4.5", "web_ms=30", "total_ratio=2"),
    "json": ("out.json", "-"),
    "markdown": ("out.md", "-"),
    "recording": ("other.jsonl",),
}
"""What an option may be given; of the others anything is wrong, but those that are given nothing."""
COMMANDS: dict[str, tuple[click.Command, tuple[str, ...]]] = {
    "explain": (explain.COMMAND, ("no-such.onnx",)),
    "qoe": (qoe.COMMAND, ("no-such.onnx",)),
    "kernels": (kernels.COMMAND, ("run.jsonl",)),
    "analyze": (analyze.COMMAND, ("run.jsonl",)),
    "compare": (compare.COMMAND, ("report.json", "run.jsonl")),
    "check": (check.COMMAND, ("report.json",)),
}
"""Those that can do without measuring, and what they are about."""


@pytest.fixture(autouse=True)
def _own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAPPROF_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("GAPPROF_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def ended(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[ExitCode, str]]:
    """Run a command; whatever it is given, it ends in order. Its exit code, and what it said on stderr."""

    def run(seed: int, *arguments: str) -> tuple[ExitCode, str]:
        code = cli.run(arguments)
        said = capsys.readouterr()
        assert code in MACHINE_ENDS, (seed, code)
        assert "Traceback" not in said.err, seed
        assert code == ExitCode.OK or (said.err + said.out).strip(), (seed, "a code without a word")
        return code, said.err

    return run


def of(data: bytes, seeds: range) -> Iterator[tuple[int, bytes]]:
    for seed in seeds:
        yield seed, broken(data, seed)


def broken(data: bytes, seed: int) -> bytes:
    return mutated(data, np.random.default_rng([seed, len(data)]))


def broken_models(sound: Sequence[Path], seeds: range) -> Iterator[tuple[int, Path]]:
    """One after the other, of each kind in turn, beside whatever data the sound one has."""
    for seed in seeds:
        whole = sound[seed % len(sound)]
        path = whole.with_name("broken.onnx")
        path.write_bytes(broken(whole.read_bytes(), seed))
        yield seed, path


def in_one_sentence(error: GapprofError, seed: int) -> None:
    assert error.message.strip(), seed
    assert "\n" not in error.message, seed
    assert "\x1b" not in error.message, seed
    assert error.exit_code in MACHINE_ENDS - {ExitCode.OK}, seed


def staged(path: Path, folder: Path) -> None:
    """All that is done with a model up to where onnxruntime sees it."""
    found = stage(path, folder)
    sanity.check(found.graph, found.model.path.parent)
    seeded_inputs(found.graph.graph, dims.resolve(declared_inputs(found.graph), ()), 0)


def given(model: onnx.ModelProto, path: Path) -> npz.Arrays:
    """The arrays of a file, as the inputs of a model."""
    declared = declared_inputs(model)
    found = npz.read(path, hint=listing(declared))
    return npz.matching(found, dims.resolve(declared, ()).inputs, source=path.name)


def test_every_model_is_sound_before_it_is_broken(tmp_path: Path) -> None:
    """Else one wrong after the other would be told by the first check of all, and nothing else be tried."""
    for number, path in enumerate(sound_models(tmp_path)):
        staged(path, tmp_path / f"staged-{number}")


def test_every_file_is_sound_before_it_is_broken(
    tmp_path: Path, ended: Callable[..., tuple[ExitCode, str]]
) -> None:
    files = {"run.jsonl": LINES, "report.json": REPORT, "gapprof.toml": CONFIGURATION}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    ends = {
        " ".join(line): ended(-1, *line)[0]
        for line in (
            ("analyze", "run.jsonl"),
            ("compare", "report.json", "report.json"),
            ("check", "report.json"),
        )
    }
    assert set(ends.values()) <= SOUND, ends


@pytest.mark.parametrize("seeds", FEW)
def test_models(seeds: range, tmp_path: Path) -> None:
    """Up to where onnxruntime would see the file: the rest runs in a child, see below."""
    for seed, path in broken_models(sound_models(tmp_path), seeds):
        try:
            staged(path, tmp_path / f"staged-{seed}")
        except GapprofError as error:
            in_one_sentence(error, seed)


@pytest.mark.parametrize(
    "seeds",
    [pytest.param(range(4), id="few"), pytest.param(range(4, 150), id="many", marks=pytest.mark.long)],
)
def test_models_that_onnxruntime_sees(seeds: range, tmp_path: Path) -> None:
    """A crash of the child is a refusal like any other."""
    for seed, path in broken_models(sound_models(tmp_path), seeds):
        folder = tmp_path / f"work-{seed}"
        folder.mkdir()
        try:
            open_subject(str(path), shapes={}, inputs=None, seed=0, workdir=folder)
        except GapprofError as error:
            in_one_sentence(error, seed)


@pytest.mark.long
def test_onnxruntime_takes_every_model_before_it_is_broken(tmp_path: Path) -> None:
    for path in sound_models(tmp_path):
        folder = path.with_name("work")
        folder.mkdir()
        subject = open_subject(str(path), shapes={}, inputs=None, seed=0, workdir=folder)
        assert not isinstance(subject.common, NativeRefusal), subject.common


@pytest.mark.parametrize("seeds", FEW)
def test_arrays(seeds: range, tmp_path: Path) -> None:
    model = onnx.load(saved(drawn([relu()]), tmp_path / "model.onnx"))
    path = tmp_path / "inputs.npz"
    npz.save(path, seeded_inputs(model.graph, dims.resolve(declared_inputs(model), ()), 0))
    assert given(model, path)
    for seed, data in of(path.read_bytes(), seeds):
        path.write_bytes(data)
        try:
            given(model, path)
        except GapprofError as error:
            in_one_sentence(error, seed)


@pytest.mark.parametrize("seeds", FEW)
def test_recordings(seeds: range, tmp_path: Path, ended: Callable[..., tuple[ExitCode, str]]) -> None:
    """In every format; and what was written can be read."""
    path, json, markdown = tmp_path / "run.jsonl", tmp_path / "report.json", tmp_path / "report.md"
    for seed, data in of(LINES, seeds):
        path.write_bytes(data)
        json.unlink(missing_ok=True)
        code, _ = ended(seed, "analyze", str(path), "--json", str(json), "--markdown", str(markdown))
        if code != ExitCode.WRONG_USE:
            read_report(json)


@pytest.mark.parametrize("seeds", FEW)
def test_reports(seeds: range, tmp_path: Path, ended: Callable[..., tuple[ExitCode, str]]) -> None:
    sound, path = tmp_path / "sound.json", tmp_path / "broken.json"
    sound.write_bytes(REPORT)
    for seed, data in of(REPORT, seeds):
        path.write_bytes(data)
        if seed % 2:
            ended(seed, "check", str(path), "--max-ratio", "8")
        else:
            ended(seed, "compare", str(sound), str(path))


@pytest.mark.parametrize("seeds", FEW)
def test_configurations(seeds: range, tmp_path: Path, ended: Callable[..., tuple[ExitCode, str]]) -> None:
    report = tmp_path / "report.json"
    report.write_bytes(REPORT)
    for seed, data in of(CONFIGURATION, seeds):
        (tmp_path / "gapprof.toml").write_bytes(data)
        ended(seed, *(("check", str(report)) if seed % 4 else ("explain", "no-such.onnx")))


@pytest.mark.parametrize("seeds", FEW)
def test_command_lines(seeds: range, tmp_path: Path, ended: Callable[..., tuple[ExitCode, str]]) -> None:
    """Of commands that would measure nothing; a good part of them are refused by no option."""
    (tmp_path / "report.json").write_bytes(REPORT)
    (tmp_path / "run.jsonl").write_bytes(LINES)
    passed = 0
    for seed in seeds:
        code, said = ended(seed, *command_line(np.random.default_rng(seed)))
        passed += code in SOUND or NO_MODEL in said
    assert passed > len(seeds) / 4


def command_line(rng: np.random.Generator) -> tuple[str, ...]:
    """A command, what it is about, and up to five options of its own; now and then a word that is none."""
    name = str(rng.choice(list(COMMANDS)))
    command, about = COMMANDS[name]
    options = long_options(command)
    words: list[str] = []
    for option in rng.choice(sorted(options), size=rng.integers(0, 6)):
        if rng.random() < 0.1:
            words.append(str(rng.choice(WORDS)))
            continue
        words.append(f"--{option}")
        if not options[option].is_flag:
            senseless = option not in SENSE or rng.random() < 0.1
            words.append(str(rng.choice(WORDS if senseless else SENSE[option])))
    return (name, *about, *words)
