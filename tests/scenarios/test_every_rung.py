"""One run with `--rungs all`: all that a machine can give was visited under its own flags, and is told."""

import math
import re
from functools import cache
from statistics import fmean

import pytest

from gapprof.facts.case import Case
from gapprof.facts.cells import counting, measured
from gapprof.records.recording import PlannedRung
from gapprof.records.trial import Trial
from tests.scenarios.reading import case, cause, check, report, text, told

NAME = "scenarios/every-rung"
FLAGS = {
    "engine": (),
    "engine-256": ("--experimental-wasm-revectorize",),
    "web-baseline": ("--liftoff-only",),
    "web-checked": ("--wasm-enforce-bounds-checks",),
    "web-unchecked": ("--no-wasm-bounds-checks", "--no-wasm-stack-checks"),
}
ROUNDS = 2
"""Of every rung, at the least: as few as have an interval."""
SAID = {
    "engine-256": ("simd", "V8 pairing 128-bit operations to 256 bits, in Node, would win"),
    "web-baseline": ("runtime", "V8's baseline tier alone would cost"),
    "web-checked": ("runtime", "Explicit bounds checks would cost"),
    "web-unchecked": ("runtime", "V8's bounds and stack checks cost"),
}


@cache
def recorded() -> Case:
    return case(NAME)


def steps() -> dict[str, PlannedRung]:
    preflight = recorded().recording.preflight
    assert preflight is not None
    return {step.rung.id: step for step in preflight.ladder}


def trials(rung: str) -> list[Trial]:
    return [trial for trial in recorded().get(counting) if trial.rung == rung]


def test_whatever_was_not_refused_was_visited_and_has_a_figure() -> None:
    possible = [name for name, step in steps().items() if step.refusal is None and step.alias_of is None]
    assert set(FLAGS) <= set(possible)
    assert [name for name in possible if len({trial.round for trial in trials(name)}) < ROUNDS] == []
    assert {row.id for row in report(NAME).rungs if row.latency_ms is not None} >= set(possible)


@pytest.mark.parametrize("rung", FLAGS)
def test_v8_was_given_the_flags_of_the_rung_and_knew_them(rung: str) -> None:
    setting = steps()[rung].setting
    assert setting is not None
    assert setting.js_flags == FLAGS[rung]
    for trial in trials(rung):
        assert trial.seen.rejected_flags == ()
        given = [word for word in trial.seen.command_line if word.startswith("--js-flags=")]
        wanted = setting.backend == "chromium"
        assert given == ([f"--js-flags={' '.join(FLAGS[rung])}"] if wanted else [])
    assert check(report(NAME), "flags").status == "pass"


@pytest.mark.parametrize("rung", SAID)
def test_what_a_flag_does_is_told_under_the_cause_that_it_is_about(rung: str) -> None:
    name, words = SAID[rung]
    assert told(cause(report(NAME), name), words).value is not None


@pytest.mark.parametrize(
    ("slower", "faster", "words"),
    [
        ("web-checked", "web-worker", SAID["web-checked"][1]),
        ("web-worker", "web-unchecked", SAID["web-unchecked"][1]),
    ],
)
def test_check_4_what_guard_pages_spare_and_leave_is_told_as_it_was_measured(
    slower: str, faster: str, words: str
) -> None:
    """64-bit memory has none, and V8 checks every access: of this model that is what is told, and no more."""
    found = report(NAME)
    ratio = told(cause(found, "runtime"), words)
    cells = recorded().get(measured)
    both = sorted(cells[slower].keys() & cells[faster].keys())
    logs = [math.log(cells[slower][number] / cells[faster][number]) for number in both]
    assert ratio.value == pytest.approx(math.exp(fmean(logs)), rel=1e-9)
    assert re.search(rf"{re.escape(words)} [\d.]+x \[[\d.]+, [\d.]+\]\.", text(found))


def test_the_baseline_tier_is_slower_in_every_round_that_has_both() -> None:
    found = recorded().get(measured)
    optimised, baseline = found["web-worker"], found["web-baseline"]
    both = optimised.keys() & baseline.keys()
    assert len(both) >= ROUNDS
    assert [number for number in both if baseline[number] <= optimised[number]] == []
