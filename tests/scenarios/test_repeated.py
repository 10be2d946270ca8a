"""Two runs of one model: no factor on top moves further than its own 99.9 % interval lets it."""

import pytest

from gapprof.comparison.kin import asked_differently, strangers
from gapprof.recordings import read_run
from tests.scenarios.reading import report
from tests.scripts import script

BENCHMARK = script("benchmarks/repeat_runs.py")
REPORT = script("reports/repeat.py")
FACTORS = {"gap", "threads", "simd", "library", "runtime", "contention", "residual"}
OF_ROUNDS_ALONE = {"gap", "threads", "simd"}
"""No profiled passes stand behind these, of which there are as few as have a spread."""

every_model = pytest.mark.parametrize("name", REPORT.MODELS)


def outside(first: str, second: str) -> set[str]:
    """Factors that moved further, or that cannot be compared."""
    pairs = BENCHMARK.top_factors(report(first), report(second))
    assert {pair.id for pair in pairs} == FACTORS
    return {pair.id for pair in pairs if not BENCHMARK.within(BENCHMARK.moved(pair, BENCHMARK.LEVEL))}


def test_three_models_have_a_second_run_and_nothing_else_lies_beside_them() -> None:
    assert {path.stem for path in REPORT.HERE.glob("*.jsonl")} == set(REPORT.MODELS)


@every_model
def test_no_factor_on_top_moves_further_than_its_own_interval_lets_it(name: str) -> None:
    assert outside(f"independent/{name}", f"repeat/{name}") == set()


@every_model
def test_half_as_much_again_would_have_been_further(name: str) -> None:
    """So that what did not move is not merely what nothing is known of."""
    seen = BENCHMARK.sensitive(report(f"independent/{name}"), report(f"repeat/{name}"))
    assert set(seen) >= OF_ROUNDS_ALONE


def test_contention_would_have_been_seen_to_move_in_two_models_of_three() -> None:
    """A single visit that was slow, of either rung of its step, makes its interval wide."""
    models = [
        name
        for name in REPORT.MODELS
        if "contention" in BENCHMARK.sensitive(report(f"independent/{name}"), report(f"repeat/{name}"))
    ]
    assert len(models) >= 2


def test_a_page_that_got_work_to_do_moves_contention_and_the_gap_and_nothing_else() -> None:
    assert outside("compare/quiet", "compare/busy") == {"contention", "gap"}


@every_model
def test_the_second_run_is_another_one_of_the_same_model_on_the_same_machine(name: str) -> None:
    first, second = report(f"independent/{name}"), report(f"repeat/{name}")
    assert (first.status, second.status) == ("ok", "ok")
    assert first.began_utc < second.began_utc
    assert strangers(first, second) == asked_differently(first, second) == ()


@every_model
def test_the_second_run_was_made_by_the_command_that_makes_it_anew(name: str) -> None:
    assert read_run(REPORT.HERE / f"{name}.jsonl").begin.argv == REPORT.command(name)


def test_the_page_is_of_what_is_there() -> None:
    told = [
        "\n".join(BENCHMARK.lines(report(f"independent/{name}"), report(f"repeat/{name}")))
        for name in REPORT.MODELS
    ]
    page = (REPORT.HERE / "README.md").read_text(encoding="utf-8")
    assert page == "\n".join((REPORT.INTRODUCTION, *(f"```\n{one}\n```\n" for one in told)))
