"""What is published is what its recording says, byte for byte."""

from pathlib import Path

import pytest

from gapprof import analyze
from gapprof.records.codec import encode_report
from gapprof.records.surface import Surface
from gapprof.render import markdown

ZOO = sorted((Path(__file__).parents[2] / "reports" / "zoo").glob("*.jsonl"))


@pytest.mark.parametrize("recording", ZOO, ids=lambda path: path.stem)
def test_json_and_markdown_come_from_the_recording(recording: Path) -> None:
    found = analyze(recording)
    assert recording.with_suffix(".json").read_bytes() == encode_report(found)
    assert recording.with_suffix(".md").read_text(encoding="utf-8") == markdown.RENDERER.render(
        found, Surface()
    )
