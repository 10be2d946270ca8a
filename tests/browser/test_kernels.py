"""`gapprof kernels` from end to end: real Chromium, real onnxruntime on both sides, real native twins.

Nothing is held against a time but other figures of the same run: how fast anything is depends on the machine.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from gapprof import cli
from gapprof.errors import ExitCode
from gapprof.kernels.llvm.compile import version
from gapprof.measure.machine import processor
from gapprof.recordings import read_run
from gapprof.records.schema import PATH
from gapprof.records.twins import TwinRun, TwinTrial
from gapprof.subject.sketch import Sketch
from gapprof.yardstick.database import known, read
from gapprof.yardstick.machines import MACHINES
from gapprof.yardstick.tuning import batches
from gapprof.yardstick.wish import Effort
from tests.live.rounds import few_rounds


@dataclass(frozen=True)
class Run:
    folder: Path
    code: ExitCode
    report: dict[str, Any]


def _model(path: Path) -> None:
    sketch = Sketch("small", seed=1)
    x = sketch.input("x", [1, 8, 56, 56])
    x = sketch.node("act", "Relu", [sketch.conv("conv", x, sketch.filters(16, 8, 3, gain=1.0), pad=1)])
    x = sketch.conv("depth", x, sketch.filters(16, 1, 3, gain=1.0), pad=1, group=16)
    x = sketch.conv("point", x, sketch.filters(8, 16, 1, gain=1.0))
    sketch.output(sketch.node("pool", "GlobalAveragePool", [x]), "y", [1, 8, 1, 1])
    sketch.save(path)


TUNING = Effort(warmup_ms=2.0, sample_ms=1.0, samples=2, given_up=1.4)
TIMING = Effort(warmup_ms=20.0, sample_ms=3.0, samples=3)
PROGRAM = Effort(warmup_ms=300.0, sample_ms=5.0, samples=3)
"""No claim asks which schedule is best, or how well a time is known; code is to be compiled by then."""
TARGETS = ("avx128", "avx2", "neon")
"""Of native twins: one as wide as the page's, and a wider one. What each width computes: unit/kernels."""


@pytest.fixture(scope="module", autouse=True)
def whatever_the_machine_does() -> Iterator[None]:
    """No visit is repeated for it or takes longer than it has to; tuning ends when all shapes are tuned."""
    with few_rounds(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("gapprof.yardstick.run._REPEATS_S", 0.0)
        patch.setattr("gapprof.yardstick.bench.TUNING_S", 600.0)
        patch.setattr("gapprof.yardstick.bench.TUNING", TUNING)
        patch.setattr("gapprof.yardstick.bench.TIMING", TIMING)
        patch.setattr("gapprof.yardstick.natively.TUNING_S", 600.0)
        patch.setattr("gapprof.yardstick.natively.NATIVE_TUNING", TUNING)
        patch.setattr("gapprof.yardstick.natively.NATIVE_TIMING", TIMING)
        patch.setattr("gapprof.yardstick.bench.PROGRAM", PROGRAM)
        patch.setattr("gapprof.yardstick.run._VECTORS", TARGETS)
        yield


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("kernels")
    _model(folder / "small.onnx")
    return ran(folder / "small.onnx", folder, database=folder / "db.json")


def ran(model: Path, folder: Path, *, database: Path) -> Run:
    code = cli.run(
        [
            *("kernels", str(model), "--rounds", "2", "--quiet"),
            *("--json", str(folder / "kernels.json"), "--db", str(database)),
            *("--recording", str(folder / "run.jsonl")),
        ]
    )
    return Run(folder=folder, code=code, report=json.loads((folder / "kernels.json").read_text()))


def test_it_ends_well_and_its_json_is_valid(run: Run) -> None:
    assert run.code == ExitCode.OK
    assert run.report["status"] == "ok"
    jsonschema.validate(run.report, json.loads(PATH.with_name("kernels.schema.json").read_text()))


def test_every_kernel_stands_beside_its_twins(run: Run) -> None:
    rows = {row["op_type"] + row["what"].split(",")[0]: row for row in run.report["rows"]}
    for name in ("FusedConv3x3", "Convdepthwise 3x3", "Conv8x16x3136"):
        row = rows[name]
        assert min(row["twins_ms"].values()) > 0
        assert row["tuned_ms"] == min(row["twins_ms"][target] for target in ("wasm", "wasm-relaxed"))
        assert row["available"] is None or not row["too_small_to_tell"]
    largest = rows["FusedConv3x3"]
    assert not largest["too_small_to_tell"], "it takes a hundred times what the profiler does"
    assert min(largest["web_ms"], largest["native_ms"]) > 0
    assert largest["available"]["low"] <= largest["available"]["point"] <= largest["available"]["high"]
    assert largest["available"]["rounds"] == 2


def test_the_summary_closes(run: Run) -> None:
    summary, rows = run.report["summary"], run.report["rows"]
    told = [row for row in rows if row["tuned_ms"] is not None and not row["too_small_to_tell"]]
    assert (summary["predicted_ms"] < summary["web_ms"]) == any(
        row["tuned_ms"] < row["web_ms"] for row in told
    )
    assert summary["predicted_ms"] <= summary["web_ms"]
    assert 0 < summary["coverage"] <= 1


def test_the_whole_model_runs_as_one_program_and_gives_what_native_gives(run: Run) -> None:
    summary = run.report["summary"]
    assert not summary["program_why"]
    assert 0 <= summary["program_error"] < 1e-5
    assert summary["program_ms"] > 0
    assert summary["program"]["rounds"] == 2
    assert len(list(read_run(run.folder / "run.jsonl").of(TwinRun))) == 2


def test_a_database_settles_what_it_knows_anywhere(run: Run, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere.json"
    shutil.copy(run.folder / "db.json", moved)
    found = read(moved)
    recorded = read_run(run.folder / "run.jsonl")
    tuning = [trial for trial in recorded.of(TwinTrial) if trial.round < 0]
    shapes = {time.shape for trial in tuning for time in trial.times}
    assert {entry.shape for entry in found.entries} == shapes
    targets = {trial.target for trial in tuning}
    assert targets > set(MACHINES), "native ones as well"
    assert {entry.target for entry in found.entries} == targets
    assert recorded.preflight is not None
    assert recorded.preflight.page_seen is not None
    engine = recorded.preflight.page_seen.engine_version
    here = known(found, MACHINES, cpu=processor(), engine=engine)
    timed = {time.shape for trial in recorded.of(TwinTrial) for time in trial.times}
    assert timed >= shapes > set()
    assert batches(sorted(timed), here, tuple(MACHINES)) == []
    natively = known(found, targets - set(MACHINES), cpu=processor(), engine=version())
    assert all(tiles.keys() <= shapes and tiles for tiles in natively.values())


@pytest.mark.long
def test_a_second_run_with_the_same_database_tunes_nothing(run: Run, tmp_path: Path) -> None:
    """In a fresh profile, as every browser of ours has one."""
    database = tmp_path / "db.json"
    shutil.copy(run.folder / "db.json", database)
    again = ran(run.folder / "small.onnx", tmp_path, database=database)
    assert again.code == ExitCode.OK
    assert min(run.report["tuning_s"], run.report["native_tuning_s"]) > 0
    assert (again.report["tuning_s"], again.report["native_tuning_s"]) == (0, 0)
    assert database.read_bytes() == (run.folder / "db.json").read_bytes()
    trials = list(read_run(tmp_path / "run.jsonl").of(TwinTrial))
    assert trials
    assert all(trial.round >= 0 for trial in trials)


def test_prediction_and_measurement_of_the_program_are_of_one_kind(run: Run) -> None:
    """Against onnxruntime-web's run with our kernels: beyond doubt no factor of thousands. Of two rounds one
    has chosen the program's twins, and the other is no prediction of it."""
    summary = run.report["summary"]
    (first, _) = read_run(run.folder / "run.jsonl").of(TwinRun)
    assert len(first.copies_us) == len(first.samples_us)
    assert 0 < summary["program_copies_ms"] < summary["program_ms"]
    over = summary["program_over_library_predicted"]
    assert over["low"] < 2
    assert over["high"] > 0.5
    assert summary["library_predicted"]["rounds"] == 2
    assert summary["program_predicted"] is None


def test_reading_the_recording_gives_the_same_table(run: Run, tmp_path: Path) -> None:
    again = tmp_path / "again.json"
    code = cli.run(["kernels", str(run.folder / "run.jsonl"), "--quiet", "--json", str(again)])
    assert code == ExitCode.OK
    assert again.read_bytes() == (run.folder / "kernels.json").read_bytes()


def test_the_table_is_drawn(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["kernels", str(run.folder / "run.jsonl"), "--no-color"]) == ExitCode.OK
    drawn = capsys.readouterr().out
    assert "By loops of ours" in drawn
    assert "depthwise 3x3, 16" in drawn
