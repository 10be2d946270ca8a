import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine
from gapprof.facts.case import Case
from gapprof.facts.tier import baseline_flags, given_flags
from gapprof.records.recording import Recording
from gapprof.records.settings import Settings
from gapprof.records.trial import Trial
from tests.truth.recorder import begin, record


def case(**changes: object) -> Case:
    return Case(Recording(begin=begin(Settings(**changes))))


@pytest.mark.parametrize("flag", ["--liftoff-only", "--liftoff_only", "--no-wasm-dynamic-tiering"])
def test_flags_of_the_baseline_tier_are_known_in_either_spelling(flag: str) -> None:
    assert baseline_flags(case(js_flags=(flag,))) == (flag,)


def test_v8_flags_inside_a_browser_argument_count_too() -> None:
    found = case(browser_args=("--js-flags=--liftoff-only --no-opt", "--mute-audio"))
    assert given_flags(found) == ("--liftoff-only", "--no-opt")
    assert baseline_flags(found) == ("--liftoff-only",)


def test_other_flags_are_no_tier() -> None:
    assert baseline_flags(case(js_flags=("--no-wasm-stack-checks",))) == ()


def test_a_flag_that_does_nothing_keeps_no_tier() -> None:
    assert baseline_flags(case(js_flags=("--no-wasm-tier-up",))) == ()


def test_a_flag_that_the_engine_rejected_keeps_no_tier() -> None:
    asked = Settings(threads=2, js_flags=("--liftoff_only",))
    recording = record(Machine(), asked, rounds=1)
    rejecting = tuple(
        replace(e, seen=replace(e.seen, rejected_flags=("--liftoff_only",))) if isinstance(e, Trial) else e
        for e in recording.entries
    )
    assert baseline_flags(Case(recording)) == ("--liftoff_only",)
    assert baseline_flags(Case(replace(recording, entries=rejecting))) == ()
