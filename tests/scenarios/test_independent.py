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
STEMS = [BENCHMARK.stem(model) for model in BENCHMARK.MODELS]
CORNERS = {"native-threads", "native-extended", "native-all-128", "native-128", "web"}
QUARTER = timedelta(minutes=15)

every_model = pytest.mark.parametrize("file", [REPORT.HERE / f"{stem}.json" for stem in STEMS], ids=STEMS)


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


def test_three_models_are_published_and_nothing_else_lies_beside_them() -> None:
    assert {file.stem for file in REPORT.HERE.glob("*.json")} == set(STEMS)


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
@pytest.mark.parametrize(
    ("rung", "factor", "apart"),
    [
        ("native-extended", 1.5, {"128 bits / extended", kept.SIMD}),
        ("native-all-128", 1.5, {"all-128 / native-threads", kept.SIMD}),
        ("web", 1.25, {"gap at equal threads"}),
        ("web", 1 / 1.25, {"gap at equal threads"}),
    ],
)
def test_a_report_of_another_ladder_would_not_agree(
    file: Path, rung: str, factor: float, apart: set[str]
) -> None:
    """Had the script found two thirds of what 128 bits cost, say, or a page that is slower by more than both
    ends of the tenth are apart."""
    one = found(file)
    rounds = tuple({**visits, rung: tuple(factor * ms for ms in visits[rung])} for visits in one.rounds)
    off = kept.apart(kept.compared(replace(one, rounds=rounds), report(f"independent/{file.stem}")))
    assert {what for what, share in off.items() if abs(share) > kept.WITHIN} == apart


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
