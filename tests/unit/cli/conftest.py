"""What tests of the command line share: places of their own, a model and a recorded run."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.records.codec import encode_entry
from gapprof.records.recording import Recording
from tests.truth.recorder import record
from tests.unit.cli.command import FACTORS
from tests.unit.subject.drawing import drawn, relu, saved


@pytest.fixture(autouse=True)
def _own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing fetched, no recording of anybody else, no word of the tester's own terminal."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "GAPPROF_BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GAPPROF_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("GAPPROF_STATE_DIR", str(tmp_path / "state"))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return saved(drawn([relu()]), tmp_path / "small.onnx")


@pytest.fixture
def recorded(tmp_path: Path) -> Callable[[Recording], Path]:
    def write(recording: Recording, name: str = "run.jsonl") -> Path:
        path = tmp_path / name
        path.write_bytes(b"".join(map(encode_entry, (recording.begin, *recording.entries))))
        return path

    return write


@pytest.fixture
def run_file(recorded: Callable[[Recording], Path]) -> Path:
    return recorded(record(Machine(latency_ms=ladder_ms(FACTORS), noise=0.01, launch_noise=0.01)))
