"""How quiet a compiler has to be before a stretch is timed."""

import pytest
from msgspec.structs import replace

from gapprof.browser.settled import quiet_before
from gapprof.browser.tier_up import QUIET_MS, SHORT
from gapprof.records.job import Job, without_model
from tests.settings import QUIET


def before(*, page: str, stretch_ms: float) -> Job:
    job = without_model(replace(QUIET, page=page), rung="web", seed=0, deadline_s=1.0)
    return replace(job, pace=replace(job.pace, stretch_ms=stretch_ms))


@pytest.mark.parametrize(
    ("page", "stretch_ms", "share"),
    [("quiet", 550.0, SHORT), ("quiet", QUIET_MS, SHORT), ("quiet", 0.0, 1.0), ("app.html", 550.0, 1.0)],
)
def test_less_before_a_stretch_that_is_looked_at_for_at_least_as_long(
    page: str, stretch_ms: float, share: float
) -> None:
    assert quiet_before(before(page=page, stretch_ms=stretch_ms)) == share
