"""What a page is like while a model runs in it, and what the model answers there; in real Chromium."""

import asyncio
import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from gapprof import assets, cores_used, fast_cores
from gapprof.backends.chromium import BACKEND, Chromium
from gapprof.browser.cdp import Connection, Params
from gapprof.browser.visit import Equipment
from gapprof.guard import Guard
from gapprof.qoe import visits
from gapprof.qoe.answers import answered
from gapprof.qoe.stream import turning
from gapprof.qoe.visits import BETWEEN_CLICKS_S, CLICKS, REPEATS, Feeling
from gapprof.records.job import CoreSpeed, Job
from gapprof.records.qoe import Condition, FeltTrial
from gapprof.records.settings import Settings
from tests.browser.conftest import job_in, on

CLICKS_TO_COME = 2
LATE_S = 2 * CLICKS_TO_COME * max(BETWEEN_CLICKS_S)
"""Longer than all of them take."""
CLOCKS = 1.02
"""A run is read off a clock of steps."""


@pytest.fixture
def feeling(chromium: Chromium, guard: Guard) -> Feeling:
    return feeling_with(chromium, guard)


def feeling_with(chromium: Chromium, guard: Guard) -> Feeling:
    equipment = Equipment(executable=chromium.executable, probes=assets.probes_web(), guard=guard)
    return Feeling(equipment=equipment, dist=chromium.web_dist, now_s=lambda: 0.0)


@pytest.mark.long
@pytest.mark.parametrize("condition", ["idle", "main", "worker"])
def test_a_page_is_felt_while_the_model_rests_and_runs(
    feeling: Feeling, job: Job, condition: Condition
) -> None:
    where = "worker" if condition == "worker" else "main"
    trial = feeling.felt(on(job, where=where, pacing="paced"), condition)
    assert isinstance(trial, FeltTrial), trial
    assert trial.condition == condition
    assert min(trial.frames_ms) > 0
    assert sum(trial.frames_ms) <= trial.load.wall_ms
    assert 0 <= trial.video_ms <= trial.load.wall_ms
    assert trial.video_frames > 0, "a model this small leaves every page the time to show some"
    assert len(trial.events_ms) == CLICKS
    assert set(trial.components_ms) == {"table", "form", "svg", "list"}
    assert {len(values) for values in trial.components_ms.values()} == {REPEATS}
    assert {len(values) for values in trial.steps_ms.values()} == {REPEATS}
    assert bool(trial.runs_ms) == (condition != "idle")
    assert bool(trial.step_runs_ms) == (condition != "idle")
    for runs_ms, over_ms, duty in (
        (trial.runs_ms, trial.runs_over_ms, trial.duty),
        (trial.step_runs_ms, trial.step_runs_over_ms, trial.step_duty),
    ):
        assert over_ms is not None
        assert 0 < over_ms <= trial.load.wall_ms
        assert sum(runs_ms) <= duty * over_ms * CLOCKS, "the model rests as long as it is to, or longer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Anew:
    """A page that was felt twice, for a core became slow beside the first time."""

    trial: FeltTrial
    kept_waiting: list[str]
    """What the page was asked later than it should have been: to listen."""
    looks_left: list[tuple[float, ...]]
    told: list[float]
    """For how long it had waited, ms."""


@pytest.fixture(scope="module")
def anew(guard: Guard, model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Anew:
    """What cores do cannot be planted: they are seen slow, fast, slow after it, and fast from then on. Clicks
    would come before the page listens, if nobody waited for that."""
    call, kept_waiting, told = Connection.call, list[str](), list[float]()
    looks = [(190.0,), (100.0,), (180.0,), (101.0,), (102.0,)]

    async def late(self: Connection, method: str, params: Params | None = None, **how: Any) -> Params:
        asked = str((params or {}).get("expression", ""))
        if 'runTask({"kind":"clicked"' in asked:
            kept_waiting.append(asked)
            await asyncio.sleep(LATE_S)
        return await call(self, method, params, **how)

    wanted = CoreSpeed(fastest_us=(100.0,), longest_wait_ms=60_000.0)
    job = on(job_in(tmp_path_factory.mktemp("anew"), model_folder), where="main", pacing="paced")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Connection, "call", late)
        for name, value in {"WATCH_MS": 200.0, "REPEATS": 1, "CLICKS": CLICKS_TO_COME}.items():
            patch.setattr(visits, name, value)
        patch.setattr(fast_cores, "work_us", lambda *_, **__: looks.pop(0))
        patch.setattr(cores_used, "core_of", lambda *_: 0)
        patch.setattr(cores_used, "cores", lambda: (0,))
        visiting = dataclasses.replace(
            feeling_with(BACKEND.open(Settings(), guard), guard), waiting=told.append
        )
        trial = visiting.felt(replace(job, core_speed=wanted), "idle")
    assert isinstance(trial, FeltTrial), trial
    return Anew(trial=trial, kept_waiting=kept_waiting, looks_left=looks, told=told)


def test_no_click_is_made_before_the_page_listens(anew: Anew) -> None:
    assert len(anew.kept_waiting) == 2
    assert len(anew.trial.events_ms) == CLICKS_TO_COME


def test_cores_that_become_slow_have_the_page_felt_anew(anew: Anew) -> None:
    work = anew.trial.load.core_work
    assert work is not None
    assert anew.looks_left == []
    assert (work.before_us, work.after_us, work.used) == ((101.0,), (102.0,), (0,))
    (discarded_ms,) = work.discarded_ms
    assert 0 < discarded_ms < work.waited_ms, "a component of the first time"
    slow_ms, anew_ms = anew.told
    assert slow_ms < anew_ms <= work.waited_ms


def test_both_sides_answer_a_stream_alike(feeling: Feeling, job: Job, tmp_path: Path) -> None:
    """With the file as it is and the runtimes' own options, in a worker, as that page deploys it."""
    random = np.random.default_rng(0)
    with np.load(job.inputs_path) as arrays:
        shape = arrays["x"].shape
    scenes = [{"x": random.standard_normal(shape).astype(np.float32)} for _ in range(8)]
    deployed = replace(on(job, where="worker"), optimise=True)
    stream = turning(scenes, frames=32, seed=0)
    told = answered(feeling, stream, native=deployed, page=deployed, scratch=tmp_path)
    assert told.output == "", "a matrix has no classes"
    assert (told.native_graph, told.web_graph, told.web_where) == ("own", "own", "worker")
    assert max(one.max_relative_difference for one in told.answers) < 1e-4
    assert min(one.cosine for one in told.answers) > 0.9999
    assert len(told.web_runs_ms) == len(told.native_runs_ms) == len(told.answers) == 32
    assert min(told.web_runs_ms) > 0
    assert {one.native_nearest for one in told.answers} == set(range(8))
    assert [one.web_nearest for one in told.answers] == [one.native_nearest for one in told.answers]
    assert [told.answers[number].native_nearest for number in stream.still] == list(range(8))
