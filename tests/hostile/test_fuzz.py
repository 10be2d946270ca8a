"""Thousands of broken files and command lines: each ends with a sentence and its exit code, no traceback.

An exception that is no GapprofError passes through `cli.run` and fails the test.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest

from gapprof import cli
from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.errors import ExitCode, GapprofError
from gapprof.explain.report import build
from gapprof.records.codec import encode_entry, encode_report
from gapprof.subject import dims, npz, sanity
from gapprof.subject.declared import declared_inputs, listing
from gapprof.subject.open import open_subject
from gapprof.subject.seeded import seeded_inputs
from gapprof.subject.stage import stage
from tests.hostile.mutations import mutated
from tests.truth.recorder import record
from tests.unit.subject.drawing import drawn, relu, saved

FEW = (
    pytest.param(range(60), id="few"),
    pytest.param(range(60, 1100), id="many", marks=pytest.mark.long),
)
"""Seeds; six kinds of input, so 6,600 in all."""
RECORDING = record(Machine(latency_ms=ladder_ms({"web-worker": 2.0})), rounds=2)
MACHINE_ENDS = frozenset(ExitCode) - {ExitCode.INTERRUPTED}
BUDGET = b"""[budget]
max-ratio = 8
simd = { error = 4.5, warn = 3 }

[explain]
budget = 60
threads = "auto"
page = "quiet"
"""
OPTIONS = (
    *(
        "--json",
        "--markdown",
        "--recording",
        "--budget",
        "--threads",
        "--shape",
        "--seed",
        "--page",
        "--where",
    ),
    *(
        "--rungs",
        "--js-flags",
        "--browser-arg",
        "--inputs",
        "--web-dist",
        "--max-ratio",
        "--max",
        "--precision",
    ),
    *("--quiet", "-v", "--no-color", "--allow-noisy", "--no-isolation", "--verify", "--config", "--help"),
)
WORDS = (
    *("-", "", "0", "-1", "1e999", "nan", "auto", "simd=4", "x=1,3,-2", "x=1,99999999999", "worker", "all"),
    *(
        "web,native",
        "\x1b[31mred",
        "no/such/folder/x.json",
        "a" * 5000,
        "zoo:",
        "zoo:nothing",
        "ünïcödé",
        "[x]",
    ),
)


@pytest.fixture(autouse=True)
def _own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAPPROF_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("GAPPROF_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def ended(capsys: pytest.CaptureFixture[str]) -> Callable[..., None]:
    """Run a command; whatever it is given, it ends in order."""

    def run(seed: int, *arguments: str) -> None:
        code = cli.run(arguments)
        said = capsys.readouterr()
        assert code in MACHINE_ENDS, (seed, code)
        assert "Traceback" not in said.err, seed
        assert code == ExitCode.OK or (said.err + said.out).strip(), (seed, "a code without a word")

    return run


def of(data: bytes, seeds: range) -> Iterator[tuple[int, bytes]]:
    for seed in seeds:
        yield seed, mutated(data, np.random.default_rng([seed, len(data)]))


def in_one_sentence(error: GapprofError, seed: int) -> None:
    assert error.message.strip(), seed
    assert "\n" not in error.message, seed
    assert "\x1b" not in error.message, seed
    assert error.exit_code in MACHINE_ENDS - {ExitCode.OK}, seed


@pytest.mark.parametrize("seeds", FEW)
def test_models(seeds: range, tmp_path: Path) -> None:
    """Up to where onnxruntime would see the file: the rest runs in a child, see below."""
    path = tmp_path / "model.onnx"
    for seed, data in of(model_bytes(tmp_path), seeds):
        path.write_bytes(data)
        try:
            staged = stage(path, tmp_path / f"staged-{seed}")
            sanity.check(staged.graph, staged.model.path.parent)
            resolved = dims.resolve(declared_inputs(staged.graph), ())
            seeded_inputs(staged.graph.graph, resolved, 0)
        except GapprofError as error:
            in_one_sentence(error, seed)


@pytest.mark.parametrize(
    "seeds",
    [pytest.param(range(5), id="few"), pytest.param(range(5, 150), id="many", marks=pytest.mark.long)],
)
def test_models_that_onnxruntime_sees(seeds: range, tmp_path: Path) -> None:
    """A crash of the child is a refusal like any other."""
    path = tmp_path / "model.onnx"
    for seed, data in of(model_bytes(tmp_path), seeds):
        path.write_bytes(data)
        folder = tmp_path / f"work-{seed}"
        folder.mkdir()
        try:
            open_subject(str(path), shapes={}, inputs=None, seed=0, workdir=folder)
        except GapprofError as error:
            in_one_sentence(error, seed)


@pytest.mark.parametrize("seeds", FEW)
def test_arrays(seeds: range, tmp_path: Path) -> None:
    graph = onnx.load(saved(drawn([relu()]), tmp_path / "model.onnx"))
    declared = declared_inputs(graph)
    resolved = dims.resolve(declared, ())
    path = tmp_path / "inputs.npz"
    npz.save(path, seeded_inputs(graph.graph, resolved, 0))
    for seed, data in of(path.read_bytes(), seeds):
        path.write_bytes(data)
        try:
            npz.matching(npz.read(path, hint=listing(declared)), resolved.inputs, source=path.name)
        except GapprofError as error:
            in_one_sentence(error, seed)


@pytest.mark.parametrize("seeds", FEW)
def test_recordings(seeds: range, tmp_path: Path, ended: Callable[..., None]) -> None:
    path = tmp_path / "run.jsonl"
    lines = b"".join(map(encode_entry, (RECORDING.begin, *RECORDING.entries)))
    for seed, data in of(lines, seeds):
        path.write_bytes(data)
        ended(seed, "analyze", str(path), "--quiet")


@pytest.mark.parametrize("seeds", FEW)
def test_reports(seeds: range, tmp_path: Path, ended: Callable[..., None]) -> None:
    sound, broken = tmp_path / "sound.json", tmp_path / "broken.json"
    sound.write_bytes(encode_report(build(RECORDING)))
    for seed, data in of(sound.read_bytes(), seeds):
        broken.write_bytes(data)
        if seed % 2:
            ended(seed, "check", str(broken), "--max-ratio", "8")
        else:
            ended(seed, "compare", str(sound), str(broken))


@pytest.mark.parametrize("seeds", FEW)
def test_configurations(seeds: range, tmp_path: Path, ended: Callable[..., None]) -> None:
    report = tmp_path / "report.json"
    report.write_bytes(encode_report(build(RECORDING)))
    for seed, data in of(BUDGET, seeds):
        (tmp_path / "gapprof.toml").write_bytes(data)
        ended(seed, "check", str(report))


@pytest.mark.parametrize("seeds", FEW)
def test_command_lines(seeds: range, tmp_path: Path, ended: Callable[..., None]) -> None:
    """Of commands that would measure nothing: the model of `explain` is never there."""
    report = tmp_path / "report.json"
    report.write_bytes(encode_report(build(RECORDING)))
    beginnings = (("explain", "no-such.onnx"), ("analyze",), ("compare", str(report)), ("check", str(report)))
    for seed in seeds:
        rng = np.random.default_rng(seed)
        words = [str(rng.choice(OPTIONS if rng.random() < 0.5 else WORDS)) for _ in range(rng.integers(0, 7))]
        ended(seed, *beginnings[rng.integers(len(beginnings))], *words)


def model_bytes(folder: Path) -> bytes:
    return saved(drawn([relu()]), folder / "sound.onnx").read_bytes()
