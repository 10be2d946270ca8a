"""What a GPU's driver may do to a page's model, planted in that page: each is told under its own name."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from gapprof import assets
from gapprof.backends.chromium import Chromium
from gapprof.browser.cdp import Connection, Params
from gapprof.browser.visit import Equipment
from gapprof.cold.visits import Starting
from gapprof.errors import EnvironmentUnusable
from gapprof.gpu import recorded
from gapprof.gpu.graphics import Graphics, here
from gapprof.gpu.placed import placed
from gapprof.gpu.visited import Gpu
from gapprof.guard import Guard
from gapprof.memory.visits import Looking
from gapprof.records.job import Job
from gapprof.records.trial import Failure
from tests.browser.aftermath import PATIENCE_S
from tests.browser.conftest import on
from tests.browser.gpu_models import job_of
from tests.browser.gpu_places import quickly
from tests.browser.gpu_plants import library_with
from tests.browser.gpu_troubles import (
    FULL,
    FULL_LATER,
    LOST,
    NO_SHADER,
    OUT_OF_MEMORY,
    OUT_OF_MEMORY_LATER,
)

NO_MEMORY = "the GPU is out of memory: no memory for a buffer"
ENDLESS = 10**6
"""Samples: a device is lost in their midst at the latest, however fast a machine has come to them."""


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (LOST, "the GPU device was lost"),
        (NO_SHADER, "a shader does not compile"),
        (OUT_OF_MEMORY, "the GPU is out of memory: no memory for a buffer of 36864 bytes"),
    ],
    ids=["lost", "shader", "memory"],
)
def test_what_becomes_of_a_device_is_told_with_what_to_do(
    script: str, said: str, chromium: Chromium, page_of: Callable[[str], str], tmp_path: Path
) -> None:
    job = on(quickly(job_of("links", tmp_path)), device="gpu", where="main", page=page_of(script))
    failure = chromium.timed(replace(job, pace=replace(job.pace, samples=ENDLESS)))
    assert isinstance(failure, Failure), failure
    assert failure.kind == "environment", failure
    assert said in failure.message
    assert "--backend wasm" in failure.hint


def fill_at(task: str, patch: pytest.MonkeyPatch) -> None:
    """Tell the plants of a page that the GPU is full once the page is asked to carry out that task."""
    call = Connection.call

    async def told(self: Connection, method: str, params: Params | None = None, **how: Any) -> Params:
        expression = str((params or {}).get("expression", ""))
        if f'runTask({{"kind":"{task}"' in expression:
            word = f"new BroadcastChannel({FULL!r}).postMessage(null); {expression}"
            params = {**(params or {}), "expression": word}
        return await call(self, method, params, **how)

    patch.setattr(Connection, "call", told)


@pytest.mark.parametrize(
    ("where", "pacing", "script", "task"),
    [
        ("main", "back-to-back", OUT_OF_MEMORY_LATER, "time"),
        pytest.param("main", "paced", FULL_LATER, "time", marks=pytest.mark.long),
        ("worker", "paced", FULL_LATER, "time"),
        pytest.param("main", "back-to-back", FULL_LATER, "gpulisten", marks=pytest.mark.long),
    ],
    ids=["failing", "going-on", "in-a-worker", "told-late"],
)
def test_a_gpu_that_is_full_only_when_runs_are_timed_is_named_and_nothing_of_the_trial_counts(
    where: str,
    pacing: str,
    script: str,
    task: str,
    chromium: Chromium,
    page_of: Callable[[str], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if where == "worker":  # where a page's own script does not reach
        chromium = dataclasses.replace(chromium, web_dist=library_with(FULL, tmp_path / "dist"))
        script = ""
    job = on(
        quickly(job_of("links", tmp_path)),
        device="gpu",
        where=where,
        pacing=pacing,
        page=page_of(script),
    )
    fill_at(task, monkeypatch)
    failure = chromium.timed(job)
    assert isinstance(failure, Failure), failure
    assert (failure.kind, failure.phase) == ("environment", "timed"), failure
    assert failure.message == "the GPU is out of memory: no memory for a buffer of 36864 bytes"
    assert "--backend wasm" in failure.hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """Every kind of visit in which a page of ours runs a model on the GPU beside timed ones."""

    equipment: Equipment
    graphics: Graphics
    dist: Path

    def looked_at(self, job: Job) -> object:
        looking = Looking(equipment=self.equipment, dist=self.dist, now_s=lambda: 0.0)
        return looking.looked(job, arena=True, model_bytes=1)

    def started(self, job: Job) -> object:
        return Starting(equipment=self.equipment, dist=self.dist, now_s=lambda: 0.0).started(job)

    @property
    def gpu(self) -> Gpu:
        return Gpu(equipment=self.equipment, graphics=self.graphics, deadline_s=PATIENCE_S)


@pytest.fixture
def visits(chromium: Chromium, guard: Guard) -> Visits:
    graphics = here(chromium.executable)
    equipment = Equipment(
        executable=chromium.executable,
        probes=assets.probes_web(),
        guard=guard,
        graphics=graphics.browser_args,
    )
    return Visits(equipment=equipment, graphics=graphics, dist=assets.web_dist())


@pytest.fixture
def full(page_of: Callable[[str], str], tmp_path: Path) -> Job:
    return on(quickly(job_of("links", tmp_path)), device="gpu", where="main", page=page_of(OUT_OF_MEMORY))


@pytest.mark.parametrize(
    "visit",
    [Visits.looked_at, pytest.param(Visits.started, marks=pytest.mark.long)],
    ids=["memory", "cold"],
)
def test_a_gpu_without_memory_is_named_in_visits_that_are_not_timed(
    visit: Callable[[Visits, Job], object], visits: Visits, full: Job
) -> None:
    failure = visit(visits, full)
    assert isinstance(failure, Failure), failure
    assert "the GPU is out of memory: no memory for a buffer of 36864 bytes" in failure.message


def test_a_gpu_without_memory_is_named_where_calls_are_recorded(
    visits: Visits, full: Job, tmp_path: Path
) -> None:
    with pytest.raises(EnvironmentUnusable, match=NO_MEMORY):
        recorded.record(full, visits.gpu, tmp_path / "a.trace", dist=visits.dist)


@pytest.mark.long  # as where calls are recorded, it is the page's news that end the visit
def test_a_gpu_without_memory_is_named_where_nodes_are_placed(visits: Visits, full: Job) -> None:
    with pytest.raises(EnvironmentUnusable, match=NO_MEMORY):
        placed(full, visits.gpu, dist=visits.dist)
