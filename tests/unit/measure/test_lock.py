"""One lock a machine: where it lies, and that another process cannot have it."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from gapprof import places
from gapprof.errors import EnvironmentUnusable
from gapprof.measure.lock import sole_measurer

TAKE = "from gapprof.measure.lock import sole_measurer\nwith sole_measurer(): print('taken')"


def asked(lock: Path, temporary: Path) -> subprocess.CompletedProcess[str]:
    """What a process of its own comes to, whose temporary files go somewhere else."""
    environment = {**os.environ, "GAPPROF_LOCK_DIR": str(lock), "TMPDIR": str(temporary)}
    return subprocess.run(
        [sys.executable, "-c", TAKE],
        env=environment,
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_it_lies_where_it_is_said_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAPPROF_LOCK_DIR", str(tmp_path))
    assert places.lock_dir() == tmp_path
    with sole_measurer():
        assert [path.name for path in tmp_path.iterdir()] == ["gapprof-measuring.lock"]


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="elsewhere a user's folder may be all there is"
)
def test_it_lies_in_no_folder_of_one_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GAPPROF_LOCK_DIR", raising=False)
    found = set()
    for name in ("a", "b"):
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / name))
        found.add(places.lock_dir())
    (folder,) = found
    assert not folder.is_relative_to(tmp_path)
    assert folder.stat().st_mode & 0o002


def test_another_process_gets_it_only_when_this_one_has_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAPPROF_LOCK_DIR", str(tmp_path))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with sole_measurer():
        refused = asked(tmp_path, elsewhere)
    assert "another gapprof is measuring" in refused.stderr
    assert "taken" not in refused.stdout
    assert asked(tmp_path, elsewhere).stdout == "taken\n"


def test_a_folder_without_room_for_a_lock_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gapprof-measuring.lock").mkdir()
    monkeypatch.setenv("GAPPROF_LOCK_DIR", str(tmp_path))
    with pytest.raises(EnvironmentUnusable, match="cannot be taken") as refused, sole_measurer():
        pass
    assert str(tmp_path) in refused.value.message
    assert "GAPPROF_LOCK_DIR" in refused.value.hint
