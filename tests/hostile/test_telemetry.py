"""onnxruntime reports nothing from where gapprof runs a model: no thread for it, no file, no upload."""

import sys
from pathlib import Path

import pytest

from gapprof.backends.native import BACKEND
from gapprof.records.trial import Trial
from gapprof.subject.open import open_subject
from tests.unit.native.models import plain_job
from tests.unit.subject.drawing import drawn, relu, saved


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A home and a temporary folder of the test's own."""
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    for folder, names in ((home, ("HOME", "USERPROFILE")), (temporary, ("TMPDIR", "TEMP", "TMP"))):
        folder.mkdir()
        for name in names:
            monkeypatch.setenv(name, str(folder))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("ORT_DISABLE_TELEMETRY", raising=False)
    return home, temporary


def _left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


@pytest.mark.skipif(sys.platform != "linux", reason="the wheels of other systems keep their files elsewhere")
def test_a_native_trial_leaves_nothing_of_onnxruntimes(elsewhere: tuple[Path, Path], tmp_path: Path) -> None:
    assert isinstance(BACKEND.timed(plain_job(tmp_path)), Trial)
    assert [_left(folder) for folder in elsewhere] == [[], []]


@pytest.mark.skipif(sys.platform != "linux", reason="the wheels of other systems keep their files elsewhere")
def test_preparing_a_model_leaves_nothing_of_onnxruntimes(
    elsewhere: tuple[Path, Path], tmp_path: Path
) -> None:
    model = saved(drawn([relu()]), tmp_path / "m.onnx")
    open_subject(str(model), shapes={}, inputs=None, seed=0, workdir=tmp_path / "work")
    assert [_left(folder) for folder in elsewhere] == [[], []]
