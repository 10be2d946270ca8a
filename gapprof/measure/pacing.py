"""How many runs make a sample, how many samples a trial: chosen once per model, equal on all rungs. Pure."""

import math

from msgspec.structs import replace

from gapprof.records.job import Pace

TIMER_SHARE = 0.01
"""One timer step may be at most this share of a sample."""
REQUESTS_MS = 750.0
"""Of a paced trial, think times included."""
SHORTEST_SAMPLE_MS = 5.0
"""Shorter samples measure the scheduler's moods, even with a perfect clock."""
TIMED_STRETCH_MS = 200.0
"""Launches differ by more than samples of one launch do: a longer stretch buys no precision (measured)."""
TOLD_STRETCH_MS = 550.0
"""In a browser, nevertheless: of a shorter one's threads the kernel knows no more than its ticks tell, see
`facts.closing.LEAST_MS`; a tenth more, for a page's clock and ours do not begin at once."""
THINK_MS = (8.0, 24.0)
"""Around one 60 Hz frame, and drawn at random so that requests do not lock to frames or timers."""


WARMUP_RUNS = 3
THRIFTY_REQUESTS = 6
"""Two in each way of waking the page up."""


def preflight_pace(deadline_s: float) -> Pace:
    """For the first visits, when nothing is known about the model."""
    return Pace(
        warmup_ms=100.0,
        warmup_runs=2,
        batch=1,
        samples=3,
        requests=3,
        think_ms=THINK_MS,
        deadline_s=deadline_s,
    )


def pace_for(*, native_ms: float, web_ms: float, timer_step_us: float, deadline_s: float) -> Pace:
    """Batch from the faster side (its samples are the shortest), counts from the slower one."""
    fastest_ms = max(min(native_ms, web_ms), 1e-4)
    slowest_ms = max(native_ms, web_ms, 1e-4)
    sample_ms = max(SHORTEST_SAMPLE_MS, timer_step_us / 1e3 / TIMER_SHARE)
    batch = max(1, math.ceil(sample_ms / fastest_ms))
    return Pace(
        warmup_ms=100.0,
        warmup_runs=WARMUP_RUNS,
        batch=batch,
        samples=_samples(batch, slowest_ms),
        requests=_clamp(_requests_in(REQUESTS_MS, slowest_ms), 20, 40),
        think_ms=THINK_MS,
        deadline_s=deadline_s,
        stretch_ms=TOLD_STRETCH_MS,
        native_stretch_ms=TIMED_STRETCH_MS,
        fewest_requests=max(THRIFTY_REQUESTS, _requests_in(REQUESTS_MS, slowest_ms)),
    )


def fuller(pace: Pace, *, slowest_ms: float) -> Pace:
    """As many samples as `pace_for` gives, at a pace that was made thriftier: five at least."""
    return replace(pace, samples=_samples(pace.batch, slowest_ms), warmup_runs=WARMUP_RUNS)


def thriftier(pace: Pace) -> Pace:
    """As few samples as a trial can have, for models that do not fit the budget otherwise."""
    return replace(pace, samples=3, requests=pace.fewest_requests, warmup_runs=2)


def trial_s(pace: Pace, *, latency_ms: float, start_s: float, paced: bool) -> float:
    """How long one visit of a page will take, roughly: start-up, warm-up, timed stretch."""
    warm_ms = max(pace.warmup_ms, pace.warmup_runs * latency_ms)
    timed_ms = (
        pace.requests * (latency_ms + sum(pace.think_ms) / 2)
        if paced
        else samples_of(pace, latency_ms) * pace.batch * latency_ms
    )
    return start_s + (warm_ms + timed_ms) / 1e3


def samples_of(pace: Pace, latency_ms: float) -> int:
    """Of a page's visit, back to back: as many as the pace says, or as last long enough."""
    return max(pace.samples, math.ceil(pace.stretch_ms / (pace.batch * max(latency_ms, 1e-4))))


def _requests_in(wanted_ms: float, slowest_ms: float) -> int:
    return math.ceil(wanted_ms / (slowest_ms + sum(THINK_MS) / 2))


def _samples(batch: int, slowest_ms: float) -> int:
    return _clamp(math.ceil(TIMED_STRETCH_MS / (batch * max(slowest_ms, 1e-4))), 5, 15)


def _clamp(value: int, low: int, high: int) -> int:
    return max(low, min(high, value))
