"""`gapprof kernels RECORDING`: a table from what was recorded, and one sentence for what is no such thing."""

from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from gapprof import cli
from gapprof.backends.synthetic import Machine, PlantedNode, ladder_ms
from gapprof.errors import ExitCode
from gapprof.facts.case import Case
from gapprof.facts.profiles import WEB, profile_of
from gapprof.recordings import read_run
from gapprof.records.codec import encode_entry
from gapprof.records.recording import Recording
from gapprof.records.settings import Settings
from gapprof.records.surface import Surface
from gapprof.records.twins import TwinPlan, TwinRun, TwinTrial
from gapprof.terminal.kernels import drawn
from gapprof.yardstick.bench import _error
from gapprof.yardstick.report import kernels_of
from tests.truth.recorder import record
from tests.unit.facts.twins import with_twins

TWINS = {"conv": {"sse41": 2.5, "avx128": 2.0, "wasm": 2.2, "wasm-relaxed": 1.1}}
RUN = TwinRun(round=0, samples_us=(5e3, 5e3), error=1e-6, engine="Chrome/156", started_s=0.0, ended_s=1.0)


@pytest.fixture(scope="module")
def recording() -> Recording:
    machine = Machine(
        latency_ms=ladder_ms({"web-worker": 2.0}), nodes=(PlantedNode(name="conv", op_type="Conv"),)
    )
    found = with_twins(record(machine, Settings(threads=1), page_threads=1), TWINS)
    return replace(found, entries=(*found.entries, RUN, replace(RUN, round=1)))


def saved(recording: Recording, path: Path) -> Path:
    path.write_bytes(b"".join(encode_entry(entry) for entry in (recording.begin, *recording.entries)))
    return path


def test_the_tuned_twin_is_the_faster_one(recording: Recording) -> None:
    (row,) = kernels_of(recording).rows
    assert row.tuned_ms == pytest.approx(1.1)
    assert row.twins_ms.keys() == TWINS["conv"].keys()


def test_a_prediction_is_the_share_of_a_run_that_tuned_kernels_leave(recording: Recording) -> None:
    """Kernels and twins are seen in the same rounds: a run of another pace has the same shares."""
    summary, web = kernels_of(recording).summary, profile_of(Case(recording), WEB)
    assert summary is not None
    assert web is not None
    around_ms = (web.marshalling_ms or 0.0) + (web.dispatch_ms or 0.0)
    left = (around_ms + 1.1) / (around_ms + web.kernels_ms)
    assert 0 < left < 0.5
    assert summary.predicted_ms == pytest.approx(summary.web_ms * left)


def test_tuning_took_what_its_visits_took(recording: Recording) -> None:
    """Targets of one visit share its time."""
    trial = next(one for one in recording.entries if isinstance(one, TwinTrial))
    visits = [
        replace(trial, round=-1, target=target, started_s=began, ended_s=began + 2.0)
        for began in (1.0, 5.0)
        for target in ("wasm", "wasm-relaxed")
    ]
    tuned = replace(recording, entries=(*recording.entries, *visits))
    assert kernels_of(tuned).tuning_s == pytest.approx(4.0)


def test_a_program_counts_whose_outputs_agree(recording: Recording) -> None:
    summary = kernels_of(recording).summary
    assert summary is not None
    assert summary.program_ms == pytest.approx(5.0)
    assert not summary.program_why


@pytest.mark.parametrize(
    ("error", "why"), [(0.3, "differ from native's by 3.0e-01"), (None, "cannot be compared")]
)
def test_a_program_whose_outputs_do_not_agree_is_no_result(
    recording: Recording, error: float | None, why: str
) -> None:
    entries = tuple(
        replace(one, error=error) if isinstance(one, TwinRun) else one for one in recording.entries
    )
    summary = kernels_of(replace(recording, entries=tuple(entries))).summary
    assert summary is not None
    assert summary.program_ms is None
    assert summary.program is None
    assert why in summary.program_why


def test_it_is_read_from_its_file(recording: Recording, tmp_path: Path) -> None:
    path = saved(recording, tmp_path / "run.jsonl")
    assert kernels_of(read_run(path)) == kernels_of(recording)
    assert cli.run(["kernels", str(path), "--quiet"]) == ExitCode.OK


@pytest.mark.parametrize("what", ["shape", "trial", "run"])
def test_a_damaged_recording_is_wrong_use(
    what: str, recording: Recording, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = []
    for entry in recording.entries:
        match entry:
            case TwinPlan() if what == "shape":
                nodes = tuple(replace(node, parts=('{"type":"gemm2"}',)) for node in entry.nodes)
                damaged.append(replace(entry, nodes=nodes))
            case TwinTrial() if what == "trial":
                damaged.append(
                    replace(entry, times=tuple(replace(one, samples_us=()) for one in entry.times))
                )
            case TwinRun() if what == "run":
                damaged.append(replace(entry, samples_us=(-1.0,)))
            case _:
                damaged.append(entry)
    path = saved(replace(recording, entries=tuple(damaged)), tmp_path / "run.jsonl")
    assert cli.run(["kernels", str(path), "--quiet"]) == ExitCode.WRONG_USE
    assert "Traceback" not in capsys.readouterr().err


def test_a_recording_without_twins_has_no_table(tmp_path: Path) -> None:
    plain = record(Machine(), Settings(threads=1), page_threads=1)
    found = kernels_of(plain)
    assert found.summary is None
    assert found.rows == ()
    assert drawn(found, Surface()).startswith("This recording holds no twin kernels")


def test_what_is_no_number_is_no_agreement() -> None:
    good, bad = np.ones(3, np.float32), np.array([1, np.nan, 1], np.float32)
    assert _error({"a": good}, {"a": good}) == 0.0
    assert _error({"a": good}, {"a": 2 * good}) == pytest.approx(0.5)
    assert _error({"a": good, "b": bad}, {"a": good, "b": good}) is None
    assert _error({"a": good}, {"a": bad}) is None
    assert _error({"a": good}, {"a": good[:2]}) is None
    assert _error({"a": good[:0]}, {"a": good[:0]}) == 0.0
