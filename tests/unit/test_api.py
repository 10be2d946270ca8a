"""gapprof as a library."""

from pathlib import Path

import pytest

import gapprof
from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.errors import EnvironmentUnusable, ModelUnusable, WrongUse
from gapprof.explain.report import build
from gapprof.measure import run
from gapprof.records.codec import encode_entry, encode_report
from gapprof.records.report import Report
from tests.truth.recorder import record
from tests.unit.subject.drawing import drawn, relu, saved


@pytest.fixture(autouse=True)
def _own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAPPROF_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("GAPPROF_STATE_DIR", str(tmp_path / "state"))


def test_what_is_public_is_there_under_its_name() -> None:
    assert {name: getattr(gapprof, name).__name__ for name in gapprof.__all__} == {
        "Report": "Report",
        "analyze": "analyze",
        "explain": "explain",
    }


def test_the_function_keeps_its_name_beside_the_stage_of_the_same_name() -> None:
    assert callable(gapprof.explain)
    assert build.__module__ == "gapprof.explain.report"


def test_a_recording_becomes_a_report(tmp_path: Path) -> None:
    recording = record(Machine(latency_ms=ladder_ms({"native-128": 2.4, "web-worker": 1.5}), noise=0.01))
    path = tmp_path / "run.jsonl"
    path.write_bytes(b"".join(map(encode_entry, (recording.begin, *recording.entries))))
    report = gapprof.analyze(path)
    assert isinstance(report, Report)
    assert report.gap.ratio is not None


def test_the_file_says_neither_more_nor_less_than_the_run_did(tmp_path: Path) -> None:
    recording = record(Machine(latency_ms=ladder_ms({"native-128": 2.4}), noise=0.02), side_rounds=2)
    path = tmp_path / "run.jsonl"
    path.write_bytes(b"".join(map(encode_entry, (recording.begin, *recording.entries))))
    assert encode_report(gapprof.analyze(path)) == encode_report(build(recording))


def test_what_is_no_recording_is_wrong_use(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text("{}\n")
    with pytest.raises(WrongUse):
        gapprof.analyze(path)


def test_an_unknown_option_is_wrong_use() -> None:
    with pytest.raises(WrongUse, match="budget"):
        gapprof.explain("model.onnx", budget=60)


def test_a_bad_model_raises(tmp_path: Path) -> None:
    (tmp_path / "bad.onnx").write_bytes(b"not a model at all")
    with pytest.raises(ModelUnusable):
        gapprof.explain(tmp_path / "bad.onnx", budget_s=1)


def test_a_machine_without_onnxruntime_web_raises_before_two_seconds_are_spent_on_its_cores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "looked_at", lambda *_, **__: pytest.fail("its cores were looked at"))
    model = saved(drawn([relu()]), tmp_path / "small.onnx")
    with pytest.raises(EnvironmentUnusable):
        gapprof.explain(model, recording=tmp_path / "run.jsonl")
