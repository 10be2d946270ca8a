"""A run of `reports/balance.py` that failed leaves no older recording in its place, and says so."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from gapprof.records.codec import encode_entry
from gapprof.records.recording import End
from tests.scripts import script
from tests.truth.recorder import begin

BALANCE = script("reports/balance.py")


def ended(reason: str) -> bytes:
    """A recording that ended so before it measured anything."""
    return b"".join(encode_entry(one) for one in (begin(), End(at_s=0.0, reason=reason)))


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        (None, "wrote no old.jsonl"),
        (ended("interrupted"), "did not come to its end"),
        (encode_entry(begin()), "did not come to its end"),
    ],
    ids=["nothing", "interrupted", "cut off"],
)
def test_a_run_that_failed_leaves_no_older_recording_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: bytes | None, sentence: str
) -> None:
    old = tmp_path / "old.jsonl"
    old.write_bytes(ended("finished"))

    def fail(command: list[str], *, cwd: Path, **_: Any) -> subprocess.CompletedProcess[bytes]:
        if written is not None:
            (cwd / "old.jsonl").write_bytes(written)
        return subprocess.CompletedProcess(command, 3)

    monkeypatch.setattr(subprocess, "run", fail)
    with pytest.raises(SystemExit, match=f"zoo:resnet20 ended with 3 and {sentence}; run it again"):
        BALANCE.explained(tmp_path, "old", ("jsonl",), "zoo:resnet20")
    assert not old.exists() or old.read_bytes() == written


def test_a_run_that_came_to_its_end_is_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def succeed(command: list[str], *, cwd: Path, **_: Any) -> subprocess.CompletedProcess[bytes]:
        assert command[-2:] == ["--recording", "new.jsonl"]
        (cwd / "new.jsonl").write_bytes(ended("finished"))
        return subprocess.CompletedProcess(command, 5)

    monkeypatch.setattr(subprocess, "run", succeed)
    BALANCE.explained(tmp_path, "new", ("jsonl",), "zoo:resnet20")
    assert (tmp_path / "new.jsonl").read_bytes() == ended("finished")
