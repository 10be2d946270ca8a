"""The corner points by a plain script: what is published is what its runs and a report beside them say."""

import math
import re
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
import pytest
from corners import kept
from msgspec.structs import replace

from gapprof.recordings import read_run
from tests.scenarios.reading import report
from tests.scripts import script

BENCHMARK = script("benchmarks/independent_ladder.py")
REPORT = script("reports/independent.py")
PUBLISHED = sorted(REPORT.HERE.glob("*.json"))
CORNERS = {"native-threads", "native-extended", "native-all-128", "native-128", "web"}
QUARTER = timedelta(minutes=15)

pytestmark = pytest.mark.skipif(
    not PUBLISHED, reason="`python reports/independent.py` has published nothing yet"
)
every_model = pytest.mark.parametrize("file", PUBLISHED, ids=lambda file: file.stem)


@cache
def found(file: Path) -> Any:
    return msgspec.json.decode(file.read_bytes(), type=kept.Compared)


def by_hand(one: Any) -> dict[str, float]:
    """The four ratios of every single run."""
    ms = {rung: median(median(visits[rung]) for visits in one.rounds) for rung in CORNERS}
    to_128 = ms["native-128"] / ms["native-extended"]
    with_layout = ms["native-all-128"] / ms["native-threads"]
    return {
        "gap at equal threads": ms["web"] / ms["native-threads"],
        "128 bits / extended": to_128,
        "all-128 / native-threads": with_layout,
        "geometric mean: simd": math.sqrt(to_128 * with_layout),
    }


def test_three_models_are_published() -> None:
    assert {BENCHMARK.stem(model) for model in BENCHMARK.MODELS} == {file.stem for file in PUBLISHED}


@every_model
def test_the_figures_of_both_sides_come_from_single_runs_and_recording(file: Path) -> None:
    one = found(file)
    assert one.by_itself == pytest.approx(by_hand(one), rel=1e-9)
    assert one == kept.compared(one, report(f"independent/{file.stem}"))


@every_model
def test_the_report_agrees_with_the_script_within_a_tenth(file: Path) -> None:
    off = kept.apart(found(file))
    assert off.keys() == by_hand(found(file)).keys()
    assert {what: share for what, share in off.items() if abs(share) > kept.WITHIN} == {}


@every_model
def test_a_report_of_another_ladder_would_not_agree(file: Path) -> None:
    """Had the script found two thirds of what 128 bits cost, say."""
    one = found(file)
    slower = tuple({**visits, "native-extended": _times(1.5, visits)} for visits in one.rounds)
    off = kept.apart(kept.compared(replace(one, rounds=slower), report(f"independent/{file.stem}")))
    assert abs(off["128 bits / extended"]) > kept.WITHIN
    assert abs(off[kept.SIMD]) > kept.WITHIN


def _times(factor: float, visits: dict[str, tuple[float, ...]]) -> tuple[float, ...]:
    return tuple(factor * ms for ms in visits["native-extended"])


@every_model
def test_every_round_of_the_script_visits_every_corner_once(file: Path) -> None:
    one = found(file)
    assert len(one.rounds) == BENCHMARK.ROUNDS
    for visits in one.rounds:
        assert visits.keys() == CORNERS
        assert all(len(runs_ms) >= 10 for runs_ms in visits.values())
    assert len({tuple(visits) for visits in one.rounds}) > 1, "they are shuffled"


@every_model
def test_both_sides_ran_one_model_on_one_machine_in_one_quarter_of_an_hour(file: Path) -> None:
    one, beside = found(file), report(f"independent/{file.stem}")
    assert beside.status == "ok"
    assert (one.model_sha256, one.threads) == (beside.model.sha256, beside.settings.threads)
    assert one.cpu == beside.machine.cpu
    assert _programs(one.versions) == _programs(beside.versions)
    began, theirs = (datetime.fromisoformat(when) for when in (one.began_utc, beside.began_utc))
    assert timedelta() < began - theirs < QUARTER


def _programs(versions: dict[str, str]) -> tuple[str, str, str]:
    """Of a browser a page is told no more than the first number."""
    (browser,) = re.findall(r"Chrome/(\d+)", versions["browser"])
    return versions["onnxruntime"], versions["onnxruntime-web"], browser


@every_model
def test_a_recording_was_made_by_the_command_that_makes_it_anew(file: Path) -> None:
    recording = REPORT.FOLDER / f"{file.stem}.jsonl"
    made = BENCHMARK.command(found(file).model, recording)
    assert read_run(file.with_suffix(".jsonl")).begin.argv == made


def test_the_table_is_of_what_is_published() -> None:
    page = (REPORT.HERE / "README.md").read_text(encoding="utf-8")
    assert page == "\n".join(REPORT.table()) + "\n"
