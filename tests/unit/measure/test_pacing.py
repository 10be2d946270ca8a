"""Batches are long against the timer, equal on all rungs, and bounded."""

import pytest
from msgspec.structs import replace

from gapprof.facts.closing import LEAST_MS
from gapprof.measure.pacing import (
    SHORTEST_SAMPLE_MS,
    THINK_MS,
    TIMER_SHARE,
    fuller,
    pace_for,
    samples_of,
    thriftier,
    trial_s,
)


@pytest.mark.parametrize("native_ms", [0.004, 0.04, 3.5, 40.0])
@pytest.mark.parametrize("step_us", [0.1, 5.0, 100.0])
def test_one_timer_step_is_at_most_one_percent_of_a_sample(native_ms: float, step_us: float) -> None:
    pace = pace_for(native_ms=native_ms, web_ms=6 * native_ms, timer_step_us=step_us, deadline_s=60)
    sample_ms = pace.batch * native_ms
    assert step_us / 1e3 <= TIMER_SHARE * sample_ms * (1 + 1e-9)
    assert sample_ms >= SHORTEST_SAMPLE_MS * (1 - 1e-9)


@pytest.mark.parametrize("web_ms", [0.05, 25.0, 240.0, 5000.0])
def test_a_trial_has_at_least_five_samples_and_twenty_requests(web_ms: float) -> None:
    pace = pace_for(native_ms=web_ms / 6, web_ms=web_ms, timer_step_us=5.0, deadline_s=60)
    assert 5 <= pace.samples <= 15
    assert 20 <= pace.requests <= 40


def test_the_thriftiest_trial_still_has_three_samples() -> None:
    pace = thriftier(pace_for(native_ms=40, web_ms=240, timer_step_us=5.0, deadline_s=60))
    assert (pace.samples, pace.requests) == (3, 6)


@pytest.mark.parametrize("web_ms", [0.05, 4.0, 60.0, 240.0, 5000.0])
def test_every_visit_of_a_browser_lasts_long_enough_to_be_told_of(web_ms: float) -> None:
    usual = pace_for(native_ms=web_ms / 6, web_ms=web_ms, timer_step_us=5.0, deadline_s=60)
    for pace in (usual, thriftier(usual), fuller(thriftier(usual), slowest_ms=web_ms)):
        assert samples_of(pace, web_ms) * pace.batch * web_ms >= pace.stretch_ms > LEAST_MS
        assert pace.requests * (web_ms + sum(THINK_MS) / 2) > LEAST_MS


def test_a_page_is_expected_to_take_as_long_as_it_is_timed_at_least() -> None:
    short = pace_for(native_ms=0.1, web_ms=0.7, timer_step_us=5.0, deadline_s=60)
    took_s = trial_s(short, latency_ms=0.7, start_s=1.0, paced=False)
    sample_s = 0.7 * short.batch / 1e3
    assert 0.0 <= took_s - 1.0 - (short.warmup_ms + short.stretch_ms) / 1e3 <= sample_s


def test_a_paced_trial_costs_its_think_time_as_well() -> None:
    pace = pace_for(native_ms=4, web_ms=25, timer_step_us=5.0, deadline_s=60)
    paced = trial_s(pace, latency_ms=25, start_s=1.0, paced=True)
    assert paced > trial_s(pace, latency_ms=25, start_s=1.0, paced=False)


@pytest.mark.parametrize("run_ms", [0.5, 20.0, 70.0, 500.0])
def test_a_pace_that_was_made_thriftier_gets_back_what_it_had(run_ms: float) -> None:
    usual = pace_for(native_ms=run_ms, web_ms=run_ms, timer_step_us=5.0, deadline_s=60.0)
    again = fuller(thriftier(usual), slowest_ms=run_ms)
    assert again == replace(usual, requests=again.requests)
    assert again.samples >= 5
