"""A cause or a report format is added by adding a file, shown in a process that finds one more."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RECORDING = ROOT / "reports" / "compare" / "quiet.jsonl"
BEGIN = """
import sys
import gapprof.{package} as folder
folder.__path__.append(sys.argv[1])
"""
CAUSE = '''
"""A cause that claims nothing."""

from gapprof.facts.claim import Cause, Claim

CAUSE = Cause(
    id="moonlight",
    title="What the moon does",
    owner="hardware",
    advice="Wait for the sun.",
    phrase="comes with the moon",
    spans=(),
    claims={"wasm": lambda case: Claim(why="nobody looked at the moon")},
)
'''
FORMAT = '''
"""One line per report."""

from gapprof.records.report import Report
from gapprof.records.surface import Surface


class Telegram:
    id = "telegram"
    suffix = ".txt"
    title = "a telegram"

    def render(self, report: Report, surface: Surface) -> str:
        return report.headline.upper().replace(".", " STOP") + "\\n"


RENDERER = Telegram()
'''


def ran(package: str, folder: Path, rest: str, *arguments: str) -> str:
    program = BEGIN.format(package=package) + rest
    command = [sys.executable, "-c", program, str(folder), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True).stdout


def test_a_new_cause_is_asked_and_has_a_row(tmp_path: Path) -> None:
    (tmp_path / "moonlight.py").write_text(CAUSE)
    show = "from gapprof import analyze\nfrom gapprof.records.codec import encode_report\n"
    show += "print(encode_report(analyze(sys.argv[2])).decode())"
    report = json.loads(ran("causes", tmp_path, show, str(RECORDING)))
    row = next(row for row in report["causes"] if row["id"] == "moonlight")
    assert (row["verdict"], row["why"]) == ("not-measured", "nobody looked at the moon")
    claimed_ms = sum(row["ms"]["point"] for row in report["causes"] if row["ms"])
    whole_ms = claimed_ms + report["residual"]["ms"]["point"]
    assert whole_ms == pytest.approx(report["gap"]["delta_ms"]["point"])


def test_a_new_format_is_an_option_of_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "telegram.py").write_text(FORMAT)
    written = tmp_path / "report.txt"
    go = "from gapprof import cli\nsys.exit(cli.run(sys.argv[2:]))"
    ran("render", tmp_path, go, "analyze", str(RECORDING), "--telegram", str(written), "--quiet")
    assert written.read_text().endswith(" STOP\n")
    assert "--telegram" in ran("render", tmp_path, go, "analyze", "--help")
