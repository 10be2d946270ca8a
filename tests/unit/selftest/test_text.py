"""What a selftest looks like on screen."""

from msgspec.structs import replace

from gapprof.records.estimate import Estimate
from gapprof.records.report import Tool
from gapprof.records.selftest import Selftest, SelftestRow
from gapprof.records.surface import Surface
from gapprof.terminal.selftest import drawn
from tests.truth.recorder import begin

ROW = SelftestRow(
    plant="baseline-tier",
    title="V8's baseline tier only",
    cause="runtime/flags",
    planted=Estimate(point=2.0, low=1.9, high=2.1, level=0.999, rounds=8),
    found=Estimate(point=2.05, low=1.9, high=2.2, level=0.999, rounds=8),
    headline=None,
    said="",
    status="pass",
    why="",
)
PASSED = Selftest(
    status="passed",
    tool=Tool(version="0", argv=("gapprof", "selftest")),
    machine=begin().machine,
    began_utc="2026-01-01T00:00:00+00:00",
    seed=0,
    rounds=8,
    environments=20,
    took_s=200.0,
    level=0.999,
    rows=(ROW,),
)


def test_it_says_first_whether_all_rows_pass() -> None:
    text = drawn(PASSED, Surface())
    assert text.startswith("1 of 1 rows pass: 20 environments in 8 rounds, 3 min 20 s.")
    assert "99.9 %" in text


def test_a_row_shows_planted_beside_found() -> None:
    line = next(line for line in drawn(PASSED, Surface()).splitlines() if "baseline tier" in line)
    assert line.split()[-1] == "pass"
    assert line.index("2.0x [1.9, 2.1]") < line.index("2.0x [1.9, 2.2]")


def test_a_row_that_fails_says_why() -> None:
    failed = replace(ROW, status="fail", why="the report says unclear of runtime/flags")
    text = drawn(replace(PASSED, status="failed", rows=(failed, ROW)), Surface())
    assert text.startswith("1 of 2 rows fail")
    assert "V8's baseline tier only: the report says unclear of runtime/flags." in text


def test_what_is_impossible_is_counted_apart() -> None:
    impossible = replace(ROW, status="impossible", why="no ceiling here")
    text = drawn(replace(PASSED, rows=(ROW, impossible)), Surface())
    assert text.startswith("1 of 1 rows pass, 1 impossible on this machine")


def test_what_is_too_vague_to_judge_does_not_count_as_passed() -> None:
    vague = replace(ROW, status="vague", why="the gap is 1.0x [0.8, 1.3]: too wide to judge")
    text = drawn(replace(PASSED, status="unreliable", rows=(ROW, vague)), Surface())
    assert text.startswith("1 of 2 rows pass, 1 too vague to judge: 20 environments")
    assert "too wide to judge." in text


def test_where_nothing_is_possible_every_row_says_why() -> None:
    impossible = replace(ROW, status="impossible", why="no ceiling here")
    why = "nothing that is planted is possible on this machine"
    text = drawn(replace(PASSED, status="unusable", why=why, rows=(impossible,)), Surface())
    assert text.startswith(f"Nothing could be planted here: {why}.")
    assert "no ceiling here" in text


def test_rows_with_further_rounds_are_told() -> None:
    more = Estimate(point=2.05, low=1.9, high=2.2, level=0.999, rounds=14)
    text = drawn(replace(PASSED, rounds=14, rows=(ROW, replace(ROW, planted=None, found=more))), Surface())
    assert "99.9 % intervals over 8 to 14 rounds" in text
    assert "99.9 % intervals over 8 rounds" in drawn(PASSED, Surface())


def test_an_interrupted_run_shows_no_rows() -> None:
    text = drawn(replace(PASSED, status="interrupted", rows=()), Surface())
    assert text == "Interrupted after 3 min 20 s: nothing is judged.\n"


def test_a_machine_that_lacks_something_is_told_so() -> None:
    text = drawn(replace(PASSED, status="unusable", why="no browser was found", rows=()), Surface())
    assert text == "Nothing could be planted here: no browser was found.\n"


def test_a_narrow_terminal_of_ascii_is_kept_to() -> None:
    text = drawn(PASSED, Surface(width=80, unicode=False))
    assert text.isascii()
    assert all(len(line) <= 80 for line in text.splitlines())
