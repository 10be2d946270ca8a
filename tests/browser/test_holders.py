"""What holds the page's main thread and its model's threads up, by name; in real Chromium."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from gapprof.backends.chromium import Chromium
from gapprof.backends.synthetic import Machine
from gapprof.facts.case import Case
from gapprof.facts.kinds import kind_of
from gapprof.facts.model_threads import crew_of
from gapprof.facts.oversubscription import oversubscribed, oversubscription_evidence
from gapprof.measure.machine import usable_cores
from gapprof.records.job import Job
from gapprof.records.settings import Settings
from gapprof.records.trial import Trace, Trial
from tests.browser.conftest import on
from tests.truth.recorder import record

LITTERING_WORKER = """
const live = "const live = Array.from({ length: 40000 }, (_, made) => ({ made, more: [made] }));";
new Worker(URL.createObjectURL(new Blob([live, "for (;;) gc();"])));
"""
LITTERING = """
const live = Array.from({ length: 300000 }, (_, made) => ({ made, more: [made] }));
const litter = () => {
  try {
    for (let place = 0; place < 8; place++) live[place] = new ArrayBuffer(32 << 20);
  } finally {
    setTimeout(litter, 60);
  }
};
litter();
"""
"""Memory that nobody writes to takes no time but the collector's, who looks through all that stays; however
slow a machine is, there are 60 ms in between."""
COLLECTS = ("--expose-gc", "--single-threaded-gc")
"""On the thread that asks for it: helpers would share the compiler's threads, and warm-up never end."""


def test_more_threads_than_cores_are_named_on_the_quiet_page(chromium: Chromium, job: Job) -> None:
    cores = usable_cores()
    threads = cores + 2
    trial = chromium.timed(on(job, threads=threads, pacing="paced"))
    assert isinstance(trial, Trial), trial
    assert len(crew_of(trial.load)) == threads
    recording = record(Machine(), Settings(threads=threads), page_threads=threads)
    machine = replace(recording.begin.machine, usable_cores=cores)
    real = replace(
        recording,
        begin=replace(recording.begin, machine=machine),
        entries=tuple(
            replace(trial, rung=one.rung, round=one.round)
            if isinstance(one, Trial) and one.rung == "web-paced"
            else one
            for one in recording.entries
        ),
    )
    waits = oversubscribed(Case(real))["web-paced"]
    assert (waits.threads, waits.cores) == (threads, cores)
    assert waits.pool_ms > 0
    (told,) = (one.text for one in oversubscription_evidence(Case(real)) if "by requests" in one.text)
    assert told.startswith(f"The model has {threads} threads on {cores} core")


def test_a_tab_that_is_not_there_is_a_refusal(chromium: Chromium, job: Job) -> None:
    why = chromium.refuse(replace(job.setting, tabs=("nowhere.html",)))
    assert why is not None
    assert "there is no page" in why


def test_what_requests_wait_for_is_garbage_collection_where_that_is_planted(
    chromium: Chromium, job: Job, page_of: Callable[[str], str]
) -> None:
    """What is named comes to what requests waited for, by the page's clock: the same time, measured twice."""
    trace = chromium.traced(on(job, where="main", page=page_of(LITTERING)), lambda _: None)
    assert isinstance(trace, Trace), trace
    held: dict[str | None, float] = {}
    for piece in trace.held:
        held[kind_of(piece.name, piece.detail)] = (
            held.get(kind_of(piece.name, piece.detail), 0.0) + piece.wall_ms
        )
    collecting = held.pop("garbage collection")
    assert collecting > sum(ms for kind, ms in held.items() if kind is not None)
    waited = sum(piece.wall_ms for piece in trace.held)
    late = sum(trace.requests_ms) - sum(trace.runs_ms)
    assert waited == pytest.approx(late, rel=0.05)


@pytest.mark.long
def test_garbage_of_the_pages_own_worker_is_not_taken_for_the_models(
    chromium: Chromium, job: Job, page_of: Callable[[str], str]
) -> None:
    """It is there before the model's, and both threads have one name."""
    page = page_of(LITTERING_WORKER)
    trace = chromium.traced(on(job, where="worker", page=page, js_flags=COLLECTS), lambda _: None)
    assert isinstance(trace, Trace), trace
    beside, inside = (
        sum(piece.wall_ms for piece in pieces if kind_of(piece.name, piece.detail) == "garbage collection")
        for pieces in (trace.beside, trace.inside)
    )
    assert beside > 0
    assert inside < beside
