"""Visits with the debugger of DevTools on: where it is on, what is computed, and that nothing stops."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gapprof.backends.chromium import BACKEND, Chromium
from gapprof.browser.cdp import Connection, Params
from gapprof.guard import Guard
from gapprof.measure.faults import harness_faults
from gapprof.native.tensors import read_arrays
from gapprof.records.environment import Setting
from gapprof.records.job import Job
from gapprof.records.settings import Settings
from gapprof.records.trial import Seen, Trial
from tests.browser.conftest import PACE, job_in, on

REALMS = {"worker": 3, "main": 2}
"""Where a model runs with two threads → the page, the worker that has it, the library's own one."""
MOST_SIGNS = 5
"""Workers that show whose page it is, where another renderer was at work too, see `gapprof.browser.crew`."""
WHERE = pytest.mark.parametrize("where", ["worker", pytest.param("main", marks=pytest.mark.long)])
"""A worker has everything that a main thread has, and begins stopped as well."""


def visited(chromium: Chromium, job: Job) -> Trial:
    outcome = chromium.timed(job)
    assert isinstance(outcome, Trial), outcome
    assert len(outcome.samples_ms) == PACE.samples
    return outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Debugged:
    """A visit with the debugger on, by a model on two threads."""

    setting: Setting
    seen: Seen
    output: NDArray[Any]
    answered: list[tuple[str, str]]
    """Method and session of every call that the browser answered without an error, in their order."""


@pytest.fixture(scope="module")
def debugged(
    model_folder: Path, tmp_path_factory: pytest.TempPathFactory, guard: Guard
) -> Callable[[str], Debugged]:
    """Where the model runs → what is seen there."""

    @functools.cache
    def of(where: str) -> Debugged:
        job = on(job_in(tmp_path_factory.mktemp(where), model_folder), where=where, threads=2, debugger=True)
        with pytest.MonkeyPatch.context() as patch:
            calls = answered(patch)
            seen = visited(BACKEND.open(Settings(), guard), job).seen
        output = read_arrays(Path(job.outputs_path))["y"]
        return Debugged(setting=job.setting, seen=seen, output=output, answered=calls)

    return of


def answered(patch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Every call from now on."""
    calls: list[tuple[str, str]] = []
    call = Connection.call

    async def heard(
        self: Connection, method: str, params: Params | None = None, *, session: str = "", **how: Any
    ) -> Params:
        answer = await call(self, method, params, session=session, **how)
        calls.append((method, session))
        return answer

    patch.setattr(Connection, "call", heard)
    return calls


@WHERE
def test_a_visit_with_the_debugger_on_says_so_and_computes_the_same(
    chromium: Chromium, job: Job, debugged: Callable[[str], Debugged], where: str
) -> None:
    own = on(job, where=where, threads=2)
    without, found = visited(chromium, own).seen, debugged(where)
    for seen, setting, debugger in ((without, own.setting, False), (found.seen, found.setting, True)):
        assert (seen.debugger_domain, seen.where) == (debugger, where)
        assert harness_faults(seen, setting, stock_flags=True) == ()
    np.testing.assert_array_equal(found.output, read_arrays(Path(own.outputs_path))["y"])


@WHERE
def test_the_page_and_all_of_its_workers_have_it_before_they_run_anything(
    debugged: Callable[[str], Debugged], where: str
) -> None:
    found = debugged(where)
    assert found.seen.threads == 2
    answered = found.answered
    realms = {session for method, session in answered if method == "Debugger.enable"}
    signs = len(realms) - REALMS[where]
    assert 0 <= signs <= MOST_SIGNS
    begun = {session for method, session in answered if method == "Runtime.runIfWaitingForDebugger"}
    assert len(begun) == REALMS[where] - 1 + signs
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
