"""A page that keeps its main thread for most of the time, and what reports say of that on any machine.

How much slower requests are there depends on what a run takes beside a burn. That no burn is shorter than it
was written, that no interval has two, and that a request which is due within one waits for its end, does not.
"""

from pathlib import Path

import pytest

from gapprof.facts.case import Case
from gapprof.facts.contention import trials_of
from gapprof.facts.ladder import target
from gapprof.records.recording import Recording
from gapprof.records.report import Report
from gapprof.records.trial import Trace

BURN_MS, EVERY_MS = 30, 45
"""A request is due 8 to 24 ms after an answer, and between two burns lie 15: most are due within one."""
LEAST_WAIT_MS = BURN_MS / 4
"""Whoever is due at all within a burn is due in its first part, and waits for the rest."""
LATE = 1 / 3
"""Of all requests, at the least: who had not to wait was answered between two burns, and the next one is due
within the second. A pause of the whole machine meets one of them, or two."""
CUT_OFF = 2
"""Burns of a traced stretch: those in which it begins and ends."""
FUNCTION = "burnMostOfTheTime"
_PAGE = """<!doctype html><meta charset=utf-8><title>A page with a timer</title>
<link rel=stylesheet href="page.css">
<script src="page.js"></script>"""
_SCRIPT = f"""
function {FUNCTION}() {{
  const end = performance.now() + {BURN_MS};
  while (performance.now() < end);
}}
setInterval({FUNCTION}, {EVERY_MS});
"""


def put(folder: Path) -> Path:
    """The page, its script and its style sheet into that folder."""
    (folder / "index.html").write_text(_PAGE)
    (folder / "page.js").write_text(_SCRIPT)
    (folder / "page.css").write_text("body { background: #eee }")
    return folder


def assert_its_timer_is_named(report: Report, recording: Recording) -> None:
    """With the time that the trace has of it, and that can be a burn's."""
    contention = next(row for row in report.causes if row.id == "contention")
    (named,) = (one for one in contention.evidence if one.kind == "trace" and FUNCTION in one.text)
    shared = target(Case(recording), "web")
    trace = max((one for one in recording.of(Trace) if one.rung == shared), key=lambda one: one.stretch_ms)
    (timer,) = (one for one in trace.slices if FUNCTION in one.detail)
    assert named.value == pytest.approx(1000 * timer.wall_ms / trace.stretch_ms)
    assert 1 <= timer.count <= trace.stretch_ms / EVERY_MS + CUT_OFF
    assert timer.wall_ms > BURN_MS * (timer.count - CUT_OFF) / 2, "nothing else takes half of a burn"


def assert_requests_wait_for_it(recording: Recording) -> None:
    """As many as the timer alone can make wait, beside what their runs take."""
    waited = [
        ms - run
        for trial in trials_of(Case(recording), "web")
        for ms, run in zip(trial.requests_ms, trial.runs_ms, strict=True)
    ]
    assert waited
    assert sum(ms > LEAST_WAIT_MS for ms in waited) >= LATE * len(waited)
