"""The page's own work, by name and in ms per second, from a trace of real Chromium."""

from collections.abc import Callable

import pytest

from gapprof.backends.chromium import Chromium
from gapprof.records.job import Job
from gapprof.records.trial import Trace
from tests.browser.conftest import on

BURNER = """
function planted() {
  const end = performance.now() + 20;
  while (performance.now() < end);
}
setInterval(planted, 40);
"""


def test_a_planted_timer_is_named_with_its_ms_per_second(
    chromium: Chromium, job: Job, page_of: Callable[[str], str]
) -> None:
    """Half of the time by the clock; the model runs in a worker, so that the timer is always on time."""
    trace = chromium.traced(on(job, page=page_of(BURNER)))
    assert isinstance(trace, Trace), trace
    planted = [piece for piece in trace.slices if piece.detail.startswith("planted ")]
    assert [(piece.thread, piece.name) for piece in planted] == [("CrRendererMain", "TimerFire")]
    assert planted[0].detail.startswith("planted (page/page.html:")
    per_second_ms = planted[0].wall_ms / trace.stretch_ms * 1000
    assert per_second_ms == pytest.approx(500, rel=0.10)
