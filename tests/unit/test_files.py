import os
import sys
from pathlib import Path

import pytest

from gapprof.errors import EnvironmentUnusable, WrongUse
from gapprof.files import refuse_unwritable, write_atomically


def test_what_is_written_replaces_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text("old")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_probing_a_path_leaves_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    refuse_unwritable(path, option="--json")
    assert list(tmp_path.iterdir()) == []
    path.write_text("old")
    refuse_unwritable(path, option="--json")
    assert path.read_text() == "old"


def test_a_missing_folder_is_found_before_measuring(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match=r"--json: the folder of .* does not exist") as refused:
        refuse_unwritable(tmp_path / "no" / "report.json", option="--json")
    assert refused.value.hint


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="is a folder"):
        refuse_unwritable(tmp_path, option="--json")


def test_a_name_that_no_file_system_takes_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(WrongUse):
        refuse_unwritable(tmp_path / ("n" * 5000), option="--json")


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="nothing is read-only for root")
def test_a_read_only_folder_is_found_before_measuring(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(WrongUse, match="cannot be written"):
        refuse_unwritable(tmp_path / "report.json", option="--json")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no such file system here")
def test_a_folder_that_takes_no_files_is_found_even_by_root() -> None:
    with pytest.raises(WrongUse, match="cannot be written"):
        refuse_unwritable(Path("/proc/report.json"), option="--json")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device here")
def test_a_device_is_written_to_and_never_replaced() -> None:
    refuse_unwritable(Path("/dev/null"), option="--json")
    write_atomically(Path("/dev/null"), b"gone")
    assert Path("/dev/null").is_char_device()


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_stays_a_link_and_its_target_is_replaced(tmp_path: Path) -> None:
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    target.write_text("old")
    link.symlink_to(target)
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


@pytest.mark.skipif(sys.platform == "win32", reason="no such permissions there")
def test_the_permissions_of_an_existing_file_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text("old")
    path.chmod(0o640)
    write_atomically(path, b"new")
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_folder_that_went_away_meanwhile_is_the_environments_fault(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentUnusable, match=r"could not be written") as refused:
        write_atomically(tmp_path / "gone" / "report.json", b"new")
    assert "analyze" in refused.value.hint


@pytest.mark.usefixtures("small_disk")
def test_on_a_full_disk_the_old_report_stays(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text("old")
    with pytest.raises(EnvironmentUnusable, match="File too large"):
        write_atomically(path, b"new" * 30_000)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
