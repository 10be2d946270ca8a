from datetime import UTC, datetime
from pathlib import Path

import pytest

from gapprof.errors import WrongUse
from gapprof.recordings import default_path, read_recording

NOON = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAPPROF_STATE_DIR", str(tmp_path))


def test_a_recording_is_found_by_its_time_and_model(tmp_path: Path) -> None:
    path = default_path("folder/my model.onnx", now=NOON)
    assert path == tmp_path / "recordings" / "20261121-120000-my-model.jsonl"


def test_two_runs_of_one_second_do_not_meet() -> None:
    first = default_path("zoo:resnet20", now=NOON)
    first.parent.mkdir()
    first.touch()
    assert default_path("zoo:resnet20", now=NOON).name == "20261121-120000-zoo-resnet20-2.jsonl"


def test_a_name_that_tries_to_leave_the_folder_stays_in_it(tmp_path: Path) -> None:
    assert default_path("../../../etc/passwd", now=NOON).parent == tmp_path / "recordings"


def test_a_recording_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="cannot be read"):
        read_recording(tmp_path / "none.jsonl")
    with pytest.raises(WrongUse, match="cannot be read"):
        read_recording(tmp_path)
