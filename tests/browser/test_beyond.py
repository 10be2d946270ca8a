"""`gapprof explain --cold --memory` on a tiny model, from the command line to the report's JSON."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from gapprof.errors import ExitCode
from gapprof.records import schema
from gapprof.records.cold import CACHES, STAGES_CLOSE
from gapprof.records.memory import LEAK_BYTES

AGREE = 1e-6


@pytest.mark.long
def test_starts_and_memory_are_told_from_the_command_line(
    model_folder: Path, temporary: Path, tmp_path: Path
) -> None:
    out = tmp_path / "report.json"
    command = [sys.executable, "-m", "gapprof", "explain", str(model_folder / "tiny.onnx")]
    command += ["--cold", "--memory", "--rungs", "ends", "--budget", "1", "--allow-noisy"]
    command += ["--threads", "1", "--where", "main"]
    done = subprocess.run(
        [*command, "--json", str(out), "--recording", str(tmp_path / "run.jsonl")],
        env={**os.environ, "TMPDIR": str(temporary), "TERM": "dumb"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode in (ExitCode.OK, ExitCode.PARTIAL), done.stderr[-2000:]
    report = json.loads(out.read_text(encoding="utf-8"))
    jsonschema.validate(report, json.loads(schema.schema_text()))

    cold = report["cold"]
    assert [start["cache"] for start in cold["starts"]] == list(CACHES)
    for start in cold["starts"]:
        for side in ("web_ms", "native_ms"):
            stages = [row[side] for row in start["rows"] if row[side] is not None]
            assert sum(stages) == pytest.approx(start[side] or 0.0, rel=AGREE)
    assert [start["code_cached"] for start in cold["starts"]] == [False, False, True]
    checks = {check["id"]: check["status"] for check in report["checks"]}
    assert checks["start-stages"] == ("pass" if abs(cold["closure"] - 1) <= STAGES_CLOSE else "fail")
    assert cold["starts_counting"] > 0

    memory = report["memory"]
    assert checks["wasm-heap"] == "pass"
    for row in memory["rows"]:
        assert sum(row["parts"].values()) == pytest.approx(row["web_bytes"], rel=AGREE)
    (left,) = (slope for slope in memory["slopes"] if slope["side"] == "web")
    assert left["verdict"] == ("none" if left["bytes_per_run"]["high"] < LEAK_BYTES else "unclear")
    assert memory["trials_counting"] > 0
    assert "Cold start" in done.stdout
    assert "Memory" in done.stdout
