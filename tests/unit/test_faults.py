"""A fault of ours in the middle of a run: raised as it is, and nobody has to search for the data."""

from pathlib import Path

import pytest

from gapprof import pipeline
from gapprof.interrupts import held
from gapprof.records.settings import Settings


@pytest.mark.parametrize("written", [True, False])
def test_it_is_raised_with_where_the_data_is_if_there_is_any(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: bool
) -> None:
    path = tmp_path / "recording.jsonl"

    def record(*_: object, **__: object) -> None:
        if written:
            path.write_text("a line")
        raise ZeroDivisionError("a fault")

    monkeypatch.setattr(pipeline, "record", record)
    with held() as hold, pytest.raises(ZeroDivisionError, match="a fault") as raised:
        pipeline.explained("m.onnx", Settings(), argv=(), path=path, observer=lambda _: None, hold=hold)
    notes = getattr(raised.value, "__notes__", [])
    assert notes == ([f"What was measured until then is kept in {path}"] if written else [])
