"""One whole run in which visits crash, hang, abort and run out of memory: each is told, and the rest goes on.

What was planted, and how, stands in `reports/faults.py`; that it still comes about, and leaves nothing, is
shown by `live/test_faults.py`.
"""

import re
from collections import Counter
from functools import cache

import pytest

from gapprof.errors import ExitCode
from gapprof.pipeline import analysed
from gapprof.records.recording import Recording, RoundStarted
from gapprof.records.surface import Surface
from gapprof.records.trial import Failure, Trial
from gapprof.render import markdown, terminal
from tests.scenarios.reading import case, report
from tests.scripts import script

FAULTS = script("reports/faults.py")
NAME = "scenarios/faults"
CLEAN_UP_S = 10.0
"""For ending what hangs, on a machine that may be busy."""
LOST = ("web-main", 1)
"""Its visit failed as often as one is repeated."""
KINDS = {
    ("native-extended", 0): ("out-of-memory", "the native worker ran out of memory"),
    ("web", 0): ("crash", "RuntimeError: Aborted()"),
    LOST: ("crash", "the page's renderer ended: "),
    ("web", 2): ("timeout", "the page gave no answer within "),
}
"""(rung, round) → what kind of failure, and how its reason begins."""


@cache
def recorded() -> Recording:
    return case(NAME).recording


def failures() -> list[Failure]:
    return list(recorded().of(Failure))


def rungs_with_a_figure(number: int) -> set[str]:
    return {one.rung for one in recorded().of(Trial) if one.round == number and not one.struck}


def test_what_was_planted_failed_for_that_reason_and_nothing_else_did() -> None:
    planted = Counter({(fault.rung, fault.round): fault.times for fault in FAULTS.FAULTS})
    assert Counter((one.rung, one.round) for one in failures()) == planted
    for one in failures():
        kind, begins = KINDS[one.rung, one.round]
        assert (one.kind, one.message.startswith(begins)) == (kind, True), one.message


def test_a_hung_visit_ended_at_its_deadline() -> None:
    preflight = recorded().preflight
    assert preflight is not None
    deadline_s = preflight.pace.deadline_s
    (hung,) = (one for one in failures() if one.kind == "timeout")
    assert hung.ended_s - hung.started_s < deadline_s + CLEAN_UP_S
    assert all(one.ended_s - one.started_s < deadline_s for one in failures() if one is not hung)


def test_every_round_went_on_to_all_of_its_rungs() -> None:
    rounds = list(recorded().of(RoundStarted))
    assert max(fault.round for fault in FAULTS.FAULTS) < len(rounds) - 1, "rounds came after the last fault"
    for one in rounds:
        lost = {LOST[0]} if one.round == LOST[1] else set()
        assert rungs_with_a_figure(one.round) == set(one.order) - lost
    end = recorded().end
    assert end is not None
    assert end.reason == "finished"


def test_the_report_is_whole_but_for_the_round_that_lacks_a_rung() -> None:
    found = report(NAME)
    assert found.gap.ratio is not None
    rounds = {one.round for one in recorded().of(RoundStarted) if one.kind == "main"}
    assert found.gap.ratio.rounds == len(rounds - {LOST[1]})
    assert {row.id for row in found.causes if row.factor} >= {"threads", "simd", "library", "runtime"}
    assert found.operators
    without = {row.id for row in found.rungs if row.latency_ms is None}
    assert without.isdisjoint(set().union(*(one.order for one in recorded().of(RoundStarted))))


def test_the_run_ends_as_one_without_faults_does() -> None:
    """Every rung has a figure: `partial`, and exit code 7, are for one that has none."""
    outcome = analysed(recorded())
    assert outcome.code == ExitCode.OK
    assert outcome.report.status == "ok"


@pytest.mark.parametrize("renderer", [terminal.RENDERER, markdown.RENDERER], ids=["terminal", "markdown"])
def test_each_failure_is_told_with_its_reason_to_whoever_reads(
    renderer: terminal.TerminalRenderer | markdown.MarkdownRenderer,
) -> None:
    shown = " ".join(renderer.render(report(NAME), Surface(width=100)).split())
    out_of_memory = r'"Native, common graph" failed once \(\w+\): the native worker ran out of memory'
    assert re.search(out_of_memory, shown), "while it loads onnxruntime, or after that"
    for said in (
        "Web failed once (warmup): RuntimeError: Aborted()",
        "Web failed once (load): the page gave no answer within ",
        '"… where your page runs it" failed 2 times (load): the page\'s renderer ended: "crashed"',
    ):
        assert said in shown


def test_each_failure_stands_in_the_warnings_with_its_reason() -> None:
    told = report(NAME).warnings
    for (rung, number), (_, begins) in KINDS.items():
        times = "2 times" if (rung, number) == LOST else "once"
        assert [text for text in told if text.startswith(f"{rung} failed {times} (") and begins in text]
