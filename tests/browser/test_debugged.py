"""Visits with the debugger of DevTools on: where it is on, what is computed, and that nothing stops."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from gapprof.backends.chromium import Chromium
from gapprof.browser.cdp import Connection, Params
from gapprof.measure.faults import harness_faults
from gapprof.native.tensors import read_arrays
from gapprof.records.job import Job
from gapprof.records.trial import Trial
from tests.browser.conftest import PACE, on

REALMS = {"worker": 3, "main": 2}
"""Where a model runs with two threads → the page, the worker that has it, the library's own one."""
WHERE = pytest.mark.parametrize("where", ["worker", pytest.param("main", marks=pytest.mark.long)])
"""A worker has everything that a main thread has, and begins stopped as well."""


def visited(chromium: Chromium, job: Job) -> Trial:
    outcome = chromium.timed(job)
    assert isinstance(outcome, Trial), outcome
    assert len(outcome.samples_ms) == PACE.samples
    return outcome


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Method and session of every call that the browser answered without an error, in their order."""
    calls: list[tuple[str, str]] = []
    call = Connection.call

    async def heard(
        self: Connection, method: str, params: Params | None = None, *, session: str = "", **how: Any
    ) -> Params:
        answer = await call(self, method, params, session=session, **how)
        calls.append((method, session))
        return answer

    monkeypatch.setattr(Connection, "call", heard)
    return calls


@WHERE
def test_a_visit_with_the_debugger_on_says_so_and_computes_the_same(
    chromium: Chromium, job: Job, tmp_path: Path, where: str
) -> None:
    found = {}
    for debugger in (False, True):
        outputs = tmp_path / f"{debugger}.npz"
        own = replace(on(job, where=where, debugger=debugger), outputs_path=str(outputs))
        seen = visited(chromium, own).seen
        assert (seen.debugger_domain, seen.where) == (debugger, where)
        assert harness_faults(seen, own.setting, stock_flags=True) == ()
        found[debugger] = read_arrays(outputs)["y"]
    np.testing.assert_array_equal(found[True], found[False])


@WHERE
def test_the_page_and_all_of_its_workers_have_it_before_they_run_anything(
    chromium: Chromium, job: Job, answered: list[tuple[str, str]], where: str
) -> None:
    assert visited(chromium, on(job, where=where, threads=2, debugger=True)).seen.threads == 2
    realms = {session for method, session in answered if method == "Debugger.enable"}
    assert len(realms) == REALMS[where]
    begun = {session for method, session in answered if method == "Runtime.runIfWaitingForDebugger"}
    assert len(begun) == REALMS[where] - 1
    assert begun < realms
    for session in begun:
        own = [method for method, asked in answered if asked == session]
        assert own.index("Debugger.enable") < own.index("Runtime.runIfWaitingForDebugger")


def test_a_page_that_asks_to_be_stopped_goes_on(
    chromium: Chromium, job: Job, page_of: Callable[[str], str]
) -> None:
    """In its own script, and in the midst of a task."""
    page = page_of("debugger; setInterval(() => { debugger; }, 10);")
    seen = visited(chromium, on(job, page=page, where="main", debugger=True)).seen
    assert seen.debugger_domain is True
