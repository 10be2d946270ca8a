"""Kernels that do not fit the registers: what they lose is the runtime's, and no longer the library's."""

import math
from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from gapprof.explain.report import build
from gapprof.facts.case import Case
from gapprof.facts.computed import KERNELS
from gapprof.facts.pressure import pressure
from gapprof.facts.profiles import WEB
from gapprof.facts.readings import chain, latencies
from gapprof.facts.twinned import ENGINE, LIBRARY, UNPRESSED
from gapprof.facts.twins import kernels_ms
from gapprof.records.recording import Recording
from gapprof.records.report import CauseRow, Report
from gapprof.records.transplant import TransplantPlan
from tests.unit.facts.test_transplant import PLAIN, with_transplant
from tests.unit.facts.twins import PASSES, with_twins

FITTING = 1.1
TUNED = 1.5
"""What the library's kernels take over tuned ones."""
TWINS = {
    name: {"wasm": ms[0] / TUNED, "avx128": ms[0] / TUNED / FITTING, "sse41": 1.2 * ms[0] / TUNED / FITTING}
    for name, ms in kernels_ms(Case(PLAIN), WEB).items()
}


def planted(
    times: float,
    *,
    vectors: int = 18,
    registers: int = 15,
    luck: float = 1.0,
    twins: Mapping[str, Mapping[str, float]] = TWINS,
) -> Recording:
    """Function 7, 60 % of wasm's time, takes the engine `times` native's; function 9, 20 %, fits."""
    us = {7: (times, 1.0), 9: (FITTING, 1.0)}
    recording = with_transplant(with_twins(PLAIN, twins), us, luck=(luck, 1 / luck, 1.0, 1.0))
    return replace(
        recording,
        entries=tuple(
            replace(
                entry,
                vector_registers=registers,
                functions=tuple(
                    replace(one, vectors_at_once=vectors if one.function == 7 else 12)
                    for one in entry.functions
                ),
            )
            if isinstance(entry, TransplantPlan)
            else entry
            for entry in recording.entries
        ),
    )


def row(report: Report, cause: str, child: str) -> CauseRow | None:
    """A child of a cause."""
    (found,) = [one for one in report.causes if one.id == cause]
    return next((one for one in found.children if one.id == child), None)


def test_what_it_loses_is_the_time_it_would_not_take_as_loops_that_fit() -> None:
    """Of 60 ms in a hundred, at 1.98x where 1.1x would do, 26.7 are lost."""
    case = Case(planted(1.98))
    found = case.get(pressure)
    assert found is not None
    assert found.shares == pytest.approx([0.6 * (1 - 1.1 / 1.98)] * PASSES)
    ms = case.get(latencies)
    for number, web_ms in ms[LIBRARY].items():
        assert ms[UNPRESSED][number] == pytest.approx(web_ms - found.shares[0] * ms[KERNELS][number])
    line = case.get(chain)
    at = line.index(ENGINE)
    assert line[at : at + 3] == (ENGINE, UNPRESSED, LIBRARY)


def test_it_moves_from_the_library_to_the_runtime() -> None:
    """The gap and the engine stay, kernels lose what the registers gain."""
    without, planted_ = build(planted(1.98, vectors=12)), build(planted(1.98))
    before, after = (row(report, "library", "kernels") for report in (without, planted_))
    pressed = row(planted_, "runtime", "register-pressure")
    assert before is not None
    assert before.factor is not None
    assert after is not None
    assert after.factor is not None
    assert pressed is not None
    assert pressed.factor is not None
    assert pressed.factor.point > 1.2
    assert before.factor.point == pytest.approx(after.factor.point * pressed.factor.point)
    assert pressed.owner == "library"
    assert "keeps 18 vectors alive at once in its loops; the engine has 15" in pressed.evidence[0].text


def test_an_engine_that_treats_them_like_all_others_costs_nothing() -> None:
    found = row(build(planted(FITTING)), "runtime", "register-pressure")
    assert found is not None
    assert found.factor is not None
    assert found.factor.point == pytest.approx(1.0)
    assert found.verdict != "costs"


def test_where_all_fit_it_says_so() -> None:
    found = row(build(planted(1.98, vectors=15)), "runtime", "register-pressure")
    assert found is not None
    assert found.factor is None
    assert found.why.startswith(
        "no hot function that was replayed as in the run needs more than 15 vectors at once"
    )


@pytest.mark.parametrize("how", ["no kernel", "no twin"])
def test_nodes_that_are_taken_off_for_another_reason_lose_nothing_a_second_time(how: str) -> None:
    """Of two nodes that take as long, one has no kernel (or no twin): half of the time is left to lose in."""
    first, second = TWINS
    slow = {target: ms / 10 for target, ms in TWINS[first].items()}
    twins = {first: slow, second: TWINS[second]} if how == "no kernel" else {second: TWINS[second]}
    found = Case(planted(1.98, twins=twins)).get(pressure)
    whole = Case(planted(1.98)).get(pressure)
    assert found is not None
    assert whole is not None
    assert found.shares == pytest.approx([one / 2 for one in whole.shares])


def test_rounds_of_the_replays_are_in_its_interval() -> None:
    def width(luck: float) -> float:
        found = row(build(planted(1.98, luck=luck)), "runtime", "register-pressure")
        assert found is not None
        assert found.factor is not None
        return math.log(found.factor.high / found.factor.low)

    assert width(1.3) > 2 * width(1.0)


def test_on_a_processor_whose_registers_nobody_counted_nothing_is_said() -> None:
    recording = planted(1.98, registers=0)
    assert Case(recording).get(pressure) is None
    assert row(build(recording), "runtime", "register-pressure") is None


def test_without_twins_nothing_is_said() -> None:
    entries = [one for one in planted(1.98).entries if not type(one).__name__.startswith("Twin")]
    assert Case(replace(PLAIN, entries=tuple(entries))).get(pressure) is None
