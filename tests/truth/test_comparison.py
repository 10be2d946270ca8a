"""Two runs of one machine show no change; what was planted between two runs is found in its own cause."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.comparison.build import compare
from gapprof.comparison.kin import refuse_strangers
from gapprof.explain.report import build
from gapprof.records.comparison import Change, Comparison
from gapprof.records.report import Report
from gapprof.reports import read_report
from gapprof.text import numbers
from tests.truth.recorder import record

BEFORE = {
    "native-threads": 1.5,
    "native-extended": 1.5,
    "native-all-128": 3.0,
    "native-128": 2.0,
    "web-worker": 1.25,
    "web-flags": 1.1,
    "web-graph": 1.1,
    "web-main": 1.1,
    "web-paced": 1.05,
    "web": 1.3,
}
PLANTS: Mapping[str, Mapping[str, float]] = {
    "threads": {"native-threads": 1.3},
    "simd": {"native-all-128": 1.3, "native-128": 1.3},
    "library": {"web-graph": 1.3},
    "runtime": {"web-paced": 1.3},
    "contention": {"web": 1.3},
    "residual": {"web-worker": 1.3},
}
"""Cause → the rungs that get slower against those they build on."""
PAIRS = 100


def report(factors: Mapping[str, float], *, seed: int, noise: float = 0.01, rounds: int = 8) -> Report:
    return build(record(Machine(latency_ms=ladder_ms(factors), launch_noise=noise, seed=seed), rounds=rounds))


def changed(factors: Mapping[str, float], plant: Mapping[str, float]) -> dict[str, float]:
    return {**factors, **{rung: factors[rung] * more for rung, more in plant.items()}}


def rows(comparison: Comparison) -> Iterator[Change]:
    yield from (*comparison.latencies, comparison.gap, *comparison.causes, comparison.residual)


def moved(comparison: Comparison) -> dict[str, str]:
    return {row.id: row.verdict for row in rows(comparison) if row.verdict in ("grew", "shrank")}


@pytest.mark.parametrize("seed", range(50, 55))
def test_two_runs_of_one_machine_show_no_change(seed: int) -> None:
    comparison = compare(report(BEFORE, seed=2 * seed), report(BEFORE, seed=2 * seed + 1, rounds=11))
    assert moved(comparison) == {}
    assert comparison.headline.startswith("No change in the gap: ")
    assert {row.id for row in rows(comparison) if row.factor is not None} == {
        *("web", "native", "gap", "threads", "simd", "library", "runtime", "contention", "residual")
    }


RUNS = Path(__file__).parents[2] / "reports" / "compare"


def test_two_real_runs_of_one_model_show_no_cause_that_moved() -> None:
    """Of eight rows one's own 95 % interval may leave out 1: that is unclear, and no change is claimed."""
    comparison = compare(read_report(RUNS / "quiet.jsonl"), read_report(RUNS / "quiet-again.jsonl"))
    refuse_strangers(comparison)
    assert moved(comparison) == {}
    assert {row.verdict for row in comparison.causes} == {"no-change", "not-applicable"}
    gap = comparison.gap
    assert gap.factor is not None
    told = numbers.change_with_interval(gap.factor)
    headlines = {
        "unclear": f"Whether the gap changed is unclear: {told}.",
        "no-change": f"No change in the gap: {told}.",
    }
    assert comparison.headline == headlines[gap.verdict]


def test_the_page_that_a_real_run_got_beside_it_is_found_as_contention_and_nothing_else() -> None:
    comparison = compare(read_report(RUNS / "quiet.jsonl"), read_report(RUNS / "busy.jsonl"))
    refuse_strangers(comparison)
    assert moved(comparison) == {"web": "grew", "gap": "grew", "contention": "grew"}
    assert comparison.headline.startswith("The gap grew 1.3x, from ")
    assert ": 1.3x more is contention with the page." in comparison.headline
    assert [(one.what, one.before, one.after) for one in comparison.settings] == [("page", "quiet", "busy")]


@pytest.mark.parametrize("cause", PLANTS)
def test_a_planted_change_is_found_in_its_cause_and_in_no_other(cause: str) -> None:
    comparison = compare(report(BEFORE, seed=11), report(changed(BEFORE, PLANTS[cause]), seed=12))
    assert moved(comparison) == {cause: "grew", "gap": "grew", "web": "grew"}
    (row,) = (row for row in rows(comparison) if row.id == cause)
    assert row.factor is not None
    assert row.factor.point == pytest.approx(1.3, rel=0.02)


@pytest.mark.parametrize("cause", PLANTS)
def test_what_got_better_shrank_by_as_much(cause: str) -> None:
    comparison = compare(report(changed(BEFORE, PLANTS[cause]), seed=13), report(BEFORE, seed=14))
    assert moved(comparison) == {cause: "shrank", "gap": "shrank", "web": "shrank"}


def test_a_cause_that_moved_against_another_is_told_although_the_gap_did_not() -> None:
    swapped = {**BEFORE, "web": BEFORE["web"] * 1.2, "web-paced": BEFORE["web-paced"] / 1.2}
    comparison = compare(report(BEFORE, seed=5), report(swapped, seed=6))
    assert moved(comparison) == {"contention": "grew", "runtime": "shrank"}
    assert comparison.headline.startswith("No change in the gap: ")
    assert "1.2x more is contention with the page" in comparison.headline
    assert "1.2x less comes with the wasm runtime" in comparison.headline


def test_a_slower_machine_is_no_wider_gap() -> None:
    slow = Machine(latency_ms=ladder_ms(BEFORE, native_ms=13.0), launch_noise=0.01, seed=8)
    comparison = compare(report(BEFORE, seed=7), build(record(slow, rounds=8)))
    assert moved(comparison) == {"web": "grew", "native": "grew"}
    assert comparison.headline.endswith("The browser is 1.3x slower and native is 1.3x slower than before.")


@pytest.mark.numbers
def test_equals_name_a_change_in_one_of_twenty_comparisons_at_most() -> None:
    """All verdicts of a comparison hold together; 11.5 % is 5 % plus three standard errors of 100 pairs."""
    false = sum(
        bool(
            moved(
                compare(report(BEFORE, seed=s, noise=0.06, rounds=6), report(BEFORE, seed=s + 1, noise=0.06))
            )
        )
        for s in range(1000, 1000 + 2 * PAIRS, 2)
    )
    assert false / PAIRS <= 0.115


@pytest.mark.numbers
def test_the_printed_interval_holds_the_planted_change_in_95_of_100() -> None:
    """Of the causes that stand on rounds alone; those with passes behind them may only be too careful."""
    truth = {"threads": 1.3, "simd": 1.0, "library": 1.0, "contention": 1.0, "gap": 1.3, "web": 1.3}
    after = changed(BEFORE, PLANTS["threads"])
    hits: list[bool] = []
    careful: list[bool] = []
    for seed in range(5000, 5000 + 2 * PAIRS, 2):
        comparison = compare(
            report(BEFORE, seed=seed, noise=0.04, rounds=6), report(after, seed=seed + 1, noise=0.04)
        )
        for row in rows(comparison):
            if row.factor is not None:
                held = row.factor.low <= truth.get(row.id, 1.0) <= row.factor.high
                (hits if row.id in truth else careful).append(held)
    spread = math.sqrt(0.95 * 0.05 / PAIRS)
    assert sum(hits) / len(hits) == pytest.approx(0.95, abs=1.5 * spread)
    assert sum(careful) / len(careful) >= 0.95 - 1.5 * spread
