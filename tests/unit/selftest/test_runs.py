"""The table of selftests made in a row: `python reports/selftest.py`."""

from msgspec.structs import replace

from tests.scripts import script
from tests.unit.selftest.test_text import PASSED, ROW

REPORT = script("reports/selftest.py")
NULL = replace(
    ROW, plant="web-null", title="Web against web", cause=None, planted=None, said="nothing planted"
)
FAILED = replace(
    PASSED, status="failed", seed=2, rows=(replace(ROW, status="fail", why="a | b <b> is blamed"), NULL)
)
LINES = list(REPORT.table({"run-1": replace(PASSED, rows=(ROW, NULL)), "run-2": FAILED}))


def test_every_run_says_how_it_ended_and_how_long_it_took() -> None:
    (first,) = (line for line in LINES if line.startswith("| [run-1]"))
    assert "| passed | 0 | 8 | 20 | 3 min 20 s |" in first
    (second,) = (line for line in LINES if line.startswith("| [run-2]"))
    assert "| failed | 2 |" in second


def test_runs_of_one_row_stand_below_each_other() -> None:
    rows = [line.split(" | ")[0::2][:2] for line in LINES if " run-" in line]
    assert rows == [
        ["| V8's baseline tier only", "run-1"],
        ["| V8's baseline tier only", "run-2"],
        ["| Web against web", "run-1"],
        ["| Web against web", "run-2"],
    ]


def test_planted_stands_beside_found_and_where_nothing_was_planted_it_says_so() -> None:
    assert (
        "| V8's baseline tier only | runtime/flags | run-1 | 2.0x [1.9, 2.1] | 2.0x [1.9, 2.2] | pass |"
        in LINES
    )
    assert "| Web against web | – | run-2 | nothing planted | 2.0x [1.9, 2.2] | pass |" in LINES


def test_published_runs_pass_with_every_row_of_theirs() -> None:
    """A run of the command passes without rows that its machine cannot show."""
    assert REPORT.all_pass({"run-1": replace(PASSED, rows=(ROW, NULL))})
    assert not REPORT.all_pass({"run-1": PASSED, "run-2": FAILED})
    impossible = replace(ROW, status="impossible", why="no ceiling here")
    partly = replace(PASSED, why="1 of 2 rows impossible on this machine", rows=(ROW, impossible))
    assert not REPORT.all_pass({"run-1": PASSED, "run-2": partly})
    assert not REPORT.all_pass({"run-1": replace(PASSED, status="interrupted", rows=())})
    lines = list(REPORT.table({"run-1": partly}))
    assert any("| passed: 1 of 2 rows impossible on this machine |" in line for line in lines)


def test_a_row_that_does_not_pass_says_why_and_breaks_no_table() -> None:
    (line,) = (line for line in LINES if "| fail" in line and " run-2 " in line)
    assert line.endswith("| fail: a \\| b &lt;b&gt; is blamed |")
