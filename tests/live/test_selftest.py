"""The selftest on the real machine, in a single round: plumbing. Verdicts are the command's own.

How much a plant costs in one round, and even its sign, is the machine's matter: tests/truth has that.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import product
from pathlib import Path

import psutil
import pytest

from gapprof.backends.chromium import Chromium
from gapprof.facts.case import Case
from gapprof.facts.cells import measured
from gapprof.interrupts import held
from gapprof.recordings import read_recording
from gapprof.records.environment import Setting
from gapprof.records.selftest import Selftest
from gapprof.records.trial import Failure, OutputCheck, Trial
from gapprof.selftest.chosen import every_plant
from gapprof.selftest.extent import Extent
from gapprof.selftest.plant import CLEAN
from gapprof.selftest.whole import Wish, selftested
from tests.live.rounds import few_rounds, pared_down

PLANTED: Mapping[str, tuple[str, Callable[[Trial], bool]]] = {
    "baseline-tier": (
        "web-flags",
        lambda trial: any("--liftoff-only" in word for word in trial.seen.command_line),
    ),
    "native-ceiling": ("native-extended", lambda trial: bool(trial.seen.ceiling_hits)),
}
"""Plant → the rung that its direct comparison is made with, and whether a trial of it has what is planted."""
BESIDE_IT = "nothing is planted there"


@pytest.fixture(
    scope="module", params=["baseline-tier", pytest.param("native-ceiling", marks=pytest.mark.long)]
)
def planted(request: pytest.FixtureRequest) -> str:
    """Beside the clean ladder: in the browser, or natively."""
    return str(request.param)


@pytest.fixture(scope="module")
def recording_path(planted: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("selftest") / f"{planted}.jsonl"


@pytest.fixture(scope="module")
def report(planted: str, recording_path: Path) -> Selftest:
    wish = Wish(
        plants=tuple(plant for plant in every_plant() if plant.id in (CLEAN, planted)),
        extent=Extent(rounds=1),
        seed=0,
        argv=("gapprof", "selftest"),
        recording_path=recording_path,
    )
    with few_rounds(), pared_down(), _without_the_graph_s_step(), held() as hold:
        found = selftested(wish, observer=lambda _: None, hold=hold).selftest
    assert psutil.Process().children(recursive=True) == [], "left after a normal end"
    return found


@contextmanager
def _without_the_graph_s_step() -> Iterator[None]:
    """Two browsers fewer: the rung is refused, as on a machine that lacks something."""
    refuse = Chromium.refuse

    def refused(chromium: Chromium, setting: Setting) -> str | None:
        beside_it = (setting.graph, setting.pacing) == ("own", "back-to-back")
        return BESIDE_IT if beside_it else refuse(chromium, setting)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Chromium, "refuse", refused)
        yield


def test_planted_is_one_environment_over_another_and_found_is_there(
    report: Selftest, planted: str, recording_path: Path
) -> None:
    (row,) = report.rows
    assert row.plant == planted
    assert row.status != "impossible", row.why
    assert row.planted is not None
    assert row.found is not None
    recording, (rung, has_it) = read_recording(recording_path), PLANTED[planted]
    cells = Case(recording).get(measured)
    figures = {stop: ms for stop, by_round in cells.items() for ms in by_round.values()}
    trials = [one for one in recording.of(Trial) if one.round >= 0 and one.rung in figures]
    of_it = {one.rung: has_it(one) for one in trials if one.rung.startswith(f"{planted}.{rung}")}
    with_it, without = ([stop for stop, has in of_it.items() if has == side] for side in (True, False))
    ratios = [figures[one] / figures[other] for one, other in product(with_it, without)]
    assert sum(row.planted.point == pytest.approx(ratio, rel=1e-9) for ratio in ratios) == 1


def test_one_side_of_the_direct_comparison_has_the_plant_and_the_other_lacks_it(
    report: Selftest, planted: str, recording_path: Path
) -> None:
    rung, has_it = PLANTED[planted]
    trials = [one for one in read_recording(recording_path).of(Trial) if one.round >= 0]
    there = {one.rung: has_it(one) for one in trials if one.rung.startswith(f"{planted}.{rung}")}
    assert set(there.values()) == {True, False}
    assert not any(has_it(one) for one in trials if one.rung == f"{CLEAN}.{rung}")


def test_one_round_alone_passes_nothing(report: Selftest) -> None:
    assert report.status == "failed"
    assert all("one round alone" in row.why for row in report.rows)


def test_every_environment_answered_and_computed_the_same(report: Selftest, recording_path: Path) -> None:
    recording = read_recording(recording_path)
    assert list(recording.of(Failure)) == []
    checks = list(recording.of(OutputCheck))
    assert len({check.rung for check in checks}) == report.environments
    assert all(check.max_abs_difference <= 1e-3 * check.max_abs_reference for check in checks)
