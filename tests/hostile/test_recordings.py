"""Recordings that were damaged, edited or written by another version: one sentence, never a traceback."""

import re
from pathlib import Path

import pytest

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.errors import WrongUse
from gapprof.recordings import read_recording
from gapprof.records.codec import encode_entry
from tests.truth.recorder import record


@pytest.fixture(scope="module")
def lines() -> list[bytes]:
    recording = record(Machine(latency_ms=ladder_ms({}), noise=0.01), rounds=3)
    return [encode_entry(entry) for entry in (recording.begin, *recording.entries)]


def _refused(lines: list[bytes], folder: Path, said: str) -> None:
    path = folder / "run.jsonl"
    path.write_bytes(b"".join(lines))
    with pytest.raises(WrongUse, match=said) as caught:
        read_recording(path)
    assert caught.value.hint


@pytest.mark.parametrize("times", [b"[0.0,0.0,0.0]", b"[-1.0,2.0]", b"[1e308,1e308]"])
def test_times_that_nothing_can_take_are_refused(lines: list[bytes], tmp_path: Path, times: bytes) -> None:
    edited = [re.sub(rb'"samples_ms":\[[^\]]+\]', b'"samples_ms":' + times, line) for line in lines]
    assert edited != lines
    _refused(edited, tmp_path, "what no run can have measured: a run of")


def test_a_newer_recording_is_called_newer_even_where_its_first_line_changed(
    lines: list[bytes], tmp_path: Path
) -> None:
    begin = re.sub(rb'"schema_version":"[^"]*"', b'"schema_version":"2.0"', lines[0])
    begin = re.sub(rb'"settings":', b'"options":', begin)
    _refused([begin, *lines[1:]], tmp_path, "this gapprof reads")


@pytest.mark.parametrize(
    "first",
    [
        b"",
        b"\n\n",
        b"\x00\xff" * 99,
        b"[" * 200_000,
        b'{"schema":"gapprof/report"}\n',
        b"{}\n",
        b'{"entry":"begin","later":' + b'{"a":' * 200_000 + b"\n",
    ],
    ids=lambda first: repr(first[:30]),
)
def test_what_is_no_recording_is_said_to_be_none(first: bytes, tmp_path: Path) -> None:
    _refused([first], tmp_path, "not a gapprof recording|not an entry of a gapprof recording")
