"""A stretch beside which V8 compiled was warm-up: it is timed anew, as long as that ends."""

import ctypes
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec import json
from msgspec.structs import replace

from gapprof import cores_used
from gapprof.browser.tier_up import MOST_STRETCHES
from gapprof.records.job import Job
from gapprof.records.trial import Trial
from gapprof.records.wire.time import Timed
from gapprof.records.wire.warm import Warmed
from tests.patience import SOON_S
from tests.settings import QUIET
from tests.unit.backends.open_page import OPENED, Browser
from tests.unit.browser.jobs import JOB as PLAIN
from tests.unit.planted_cores import FAST, SLOW, planted_looks, speed

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the kernel tells of threads by name in /proc only"
)
JOB = replace(
    PLAIN,
    setting=replace(QUIET, where="main", pacing="back-to-back"),
    external_data=(),
    pace=replace(PLAIN.pace, batch=1, samples=2, deadline_s=20.0),
)
CHUNK_S, WARM_MS = 0.06, 5.0
COMPILES_S, SHARE = 0.06, 0.3
"""CPU time of the compiler beside a stretch, at least, and as a share of how long that takes: where others
have the cores it is at work for longer."""
PR_SET_NAME = 15


class Page:
    """Whose compiler is at work beside so many of its timed stretches, by real time of a real thread."""

    def __init__(self, compiling: int) -> None:
        self._compiling = compiling
        self._asked, self._done = threading.Event(), threading.Event()
        self._over = False
        self.timed = 0
        self.was_starved = False

    def carries_out(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """One task."""
        told = self._stretch() if '"kind":"time"' in asked["expression"] else self._warmed()
        return {"result": {"value": json.encode(told).decode()}}

    @contextmanager
    def compiler(self) -> Iterator[None]:
        """Is there before the first stretch, and for as long as this lasts."""
        thread = threading.Thread(target=self._compile)
        thread.start()
        try:
            yield
        finally:
            self._over = True
            self._asked.set()
            thread.join()

    def _stretch(self) -> Timed:
        self.timed += 1
        if self.timed <= self._compiling:
            self._done.clear()
            self._asked.set()
            self.was_starved |= not self._done.wait(SOON_S)
        ms = 10.0 * self.timed
        return Timed(
            samples_ms=(ms, ms + 1), requests_ms=(), runs_ms=(), ways=1, stretch_ms=2 * ms, busy_ms=2 * ms
        )

    def _warmed(self) -> Warmed:
        time.sleep(CHUNK_S)
        return Warmed(runs_ms=(WARM_MS,))

    def _compile(self) -> None:
        ctypes.CDLL(None).prctl(PR_SET_NAME, b"ThreadPoolForegroundWorker")  # the kernel cuts it off
        while True:
            self._asked.wait()
            self._asked.clear()
            if self._over:
                return
            began_s, own_s = time.monotonic(), time.thread_time()
            while not self._over and (
                (used_s := time.thread_time() - own_s) < COMPILES_S
                or used_s < SHARE * (time.monotonic() - began_s)
            ):
                pass
            self._done.set()


def visited(page: Page, tmp_path: Path, job: Job = JOB) -> Trial:
    with page.compiler():
        found = Browser(page.carries_out, tier_up="compiler-idle").visited(job, tmp_path)
    if page.was_starved:
        pytest.skip("others had the cores: nothing was compiled beside a stretch")
    assert isinstance(found, Trial), found
    return found


def test_a_stretch_that_nothing_was_compiled_beside_counts_at_once(tmp_path: Path) -> None:
    trial = visited(Page(compiling=0), tmp_path)
    assert trial.samples_ms == (10.0, 11.0)
    assert trial.warmup_ms == OPENED.warmup_ms
    assert trial.seen.tier_up == "compiler-idle"


def test_one_beside_which_something_was_compiled_is_warm_up_and_more_of_it_follows(tmp_path: Path) -> None:
    trial = visited(Page(compiling=1), tmp_path)
    assert trial.samples_ms == (20.0, 21.0)
    assert trial.compiled_ms == (10.5,)
    assert trial.warmup_ms[:1] == OPENED.warmup_ms
    assert set(trial.warmup_ms[1:]) == {WARM_MS}
    assert trial.seen.tier_up == "compiler-idle"


def test_what_was_compiled_beside_a_stretch_on_slow_cores_was_not_yet_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of pieces that count, those before it ran the old code."""
    monkeypatch.setattr(cores_used, "core_of", lambda *_: 0)
    monkeypatch.setattr(cores_used, "cores", lambda: (0,))
    looks = planted_looks(monkeypatch)
    looks += [(FAST,), (SLOW,), (FAST,)]
    trial = visited(Page(compiling=1), tmp_path, replace(JOB, core_speed=speed(FAST)))
    assert trial.compiled_ms == (20.5,)
    assert trial.samples_ms == (30.0, 31.0)
    assert trial.load.core_work is not None
    assert trial.load.core_work.discarded_ms == (10.5,)


def test_a_compiler_that_never_rests_is_told(tmp_path: Path) -> None:
    page = Page(compiling=MOST_STRETCHES)
    trial = visited(page, tmp_path)
    assert page.timed == MOST_STRETCHES
    assert trial.samples_ms == (10.0 * MOST_STRETCHES, 10.0 * MOST_STRETCHES + 1)
    assert trial.seen.tier_up == "unsettled"


def test_what_somebody_else_s_page_compiles_is_what_it_does_to_its_model(tmp_path: Path) -> None:
    page = Page(compiling=1)
    theirs = replace(JOB, setting=replace(JOB.setting, page="/theirs/page.html"))
    trial = visited(page, tmp_path, theirs)
    assert (page.timed, trial.samples_ms) == (1, (10.0, 11.0))
    assert trial.seen.tier_up == "compiler-idle"
