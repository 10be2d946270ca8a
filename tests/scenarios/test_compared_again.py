"""Two runs of one model through the real command: `gapprof compare` says "no change" of every row."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from gapprof import cli
from gapprof.errors import ExitCode
from tests.scenarios.reading import REPORTS
from tests.scripts import script

MODELS: tuple[str, ...] = script("reports/repeat.py").MODELS
ROWS = ("web", "native", "gap", "threads", "simd", "library", "runtime", "contention", "residual")
SEEN = 1.5
"""The gap, had it moved by as much, would have been said to have: what did not move is not merely unknown."""


def rows(comparison: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Of both sides, the gap, every cause, and what no cause explains."""
    whole = (*comparison["latencies"], comparison["gap"], *comparison["causes"], comparison["residual"])
    return {row["id"]: row for row in whole}


@pytest.mark.parametrize("name", MODELS)
def test_two_runs_of_one_model_give_no_change(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first beside the independent script, the second for itself: one command, one machine."""
    monkeypatch.setenv("COLUMNS", "160")
    runs = (str(REPORTS / folder / f"{name}.jsonl") for folder in ("independent", "repeat"))
    file = tmp_path / "comparison.json"
    assert cli.run(["compare", *runs, "--json", str(file), "--no-color"]) == ExitCode.OK
    said, found = capsys.readouterr().out, json.loads(file.read_text(encoding="utf-8"))
    assert (found["strangers"], found["settings"]) == ([], [])
    verdicts = {name: row["verdict"] for name, row in rows(found).items()}
    assert verdicts == {**dict.fromkeys(ROWS, "no-change"), "gpu-abstraction": "not-applicable"}
    assert found["headline"].startswith("No change in the gap: ")
    assert " ".join(said.split()).startswith(found["headline"])
    for row in rows(found).values():
        drawn = [line for line in said.splitlines() if line.strip().startswith(row["title"])]
        shown = row["verdict"] != "not-applicable"
        assert [line.rstrip().endswith("no change") for line in drawn] == [True] * shown, row["title"]
    gap = rows(found)["gap"]
    assert abs(math.log(gap["factor"]["point"])) < math.log(gap["resolves"]) < math.log(SEEN)
