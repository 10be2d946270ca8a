"""The selftest on the real machine, in a single round: plumbing and sign. Verdicts are the command's own.

A machine that changes its speed in the middle of that round shows no sign; then three rounds decide.
"""

from pathlib import Path

import psutil
import pytest

from gapprof.interrupts import held
from gapprof.recordings import read_recording
from gapprof.records.selftest import Selftest, SelftestRow
from gapprof.records.trial import Failure, OutputCheck
from gapprof.selftest.chosen import every_plant
from gapprof.selftest.extent import Extent
from gapprof.selftest.plant import CLEAN
from gapprof.selftest.whole import Wish, selftested

CLEAR = 1.1


@pytest.fixture(
    scope="module", params=["baseline-tier", pytest.param("native-ceiling", marks=pytest.mark.long)]
)
def planted(request: pytest.FixtureRequest) -> str:
    """Beside the clean ladder: in the browser, or natively."""
    return str(request.param)


@pytest.fixture(scope="module")
def recording_path(planted: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("selftest") / f"{planted}.jsonl"


def selftest(planted: str, recording_path: Path, *, rounds: int) -> Selftest:
    wish = Wish(
        plants=tuple(plant for plant in every_plant() if plant.id in (CLEAN, planted)),
        extent=Extent(rounds=rounds),
        seed=0,
        argv=("gapprof", "selftest"),
        recording_path=recording_path,
    )
    with held() as hold:
        found = selftested(wish, observer=lambda _: None, hold=hold).selftest
    assert psutil.Process().children(recursive=True) == [], "left after a normal end"
    return found


@pytest.fixture(scope="module")
def report(planted: str, recording_path: Path) -> Selftest:
    return selftest(planted, recording_path, rounds=1)


@pytest.fixture(scope="module")
def telling(planted: str, report: Selftest, recording_path: Path) -> Selftest:
    """The single round if it shows what was planted; else three more."""
    if all(row.planted and row.planted.point > CLEAR for row in report.rows):
        return report
    return selftest(planted, recording_path.with_name("longer.jsonl"), rounds=3)


def test_planted_and_found_are_there_with_the_right_sign(telling: Selftest, planted: str) -> None:
    (row,) = telling.rows
    assert row.plant == planted
    assert isinstance(row, SelftestRow)
    assert row.status != "impossible", row.why
    assert row.planted is not None
    assert row.found is not None
    assert row.planted.point > CLEAR
    assert row.found.point > CLEAR


def test_one_round_alone_passes_nothing(report: Selftest) -> None:
    assert report.status == "failed"
    assert all("one round alone" in row.why for row in report.rows)


def test_every_environment_answered_and_computed_the_same(report: Selftest, recording_path: Path) -> None:
    recording = read_recording(recording_path)
    assert list(recording.of(Failure)) == []
    checks = list(recording.of(OutputCheck))
    assert len({check.rung for check in checks}) == report.environments
    assert all(check.max_abs_difference <= 1e-3 * check.max_abs_reference for check in checks)
