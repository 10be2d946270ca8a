"""The selftest on the real machine, in a single round: plumbing and sign. Verdicts are the command's own."""

from pathlib import Path

import psutil
import pytest

from gapprof.interrupts import held
from gapprof.recordings import read_recording
from gapprof.records.selftest import Selftest, SelftestRow
from gapprof.records.trial import Failure, OutputCheck
from gapprof.selftest.chosen import every_plant
from gapprof.selftest.extent import Extent
from gapprof.selftest.whole import Wish, selftested

PLANTED = ("clean", "baseline-tier", "native-ceiling")


@pytest.fixture(scope="module")
def recording_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("selftest") / "selftest.jsonl"


@pytest.fixture(scope="module")
def report(recording_path: Path) -> Selftest:
    wish = Wish(
        plants=tuple(plant for plant in every_plant() if plant.id in PLANTED),
        extent=Extent(rounds=1),
        seed=0,
        argv=("gapprof", "selftest"),
        recording_path=recording_path,
    )
    with held() as hold:
        found = selftested(wish, observer=lambda _: None, hold=hold).selftest
    assert psutil.Process().children(recursive=True) == [], "left after a normal end"
    return found


@pytest.mark.parametrize("plant", PLANTED[1:])
def test_planted_and_found_are_there_with_the_right_sign(report: Selftest, plant: str) -> None:
    (row,) = (row for row in report.rows if row.plant == plant)
    assert isinstance(row, SelftestRow)
    assert row.status != "impossible", row.why
    assert row.planted is not None
    assert row.found is not None
    assert row.planted.point > 1.1
    assert row.found.point > 1.1


def test_one_round_alone_passes_nothing(report: Selftest) -> None:
    assert report.status == "failed"
    assert all("one round alone" in row.why for row in report.rows)


def test_every_environment_answered_and_computed_the_same(report: Selftest, recording_path: Path) -> None:
    recording = read_recording(recording_path)
    assert list(recording.of(Failure)) == []
    checks = list(recording.of(OutputCheck))
    assert len({check.rung for check in checks}) == report.environments
    assert all(check.max_abs_difference <= 1e-3 * check.max_abs_reference for check in checks)
