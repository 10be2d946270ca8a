"""What a page is like while a model runs in it, and what the model answers there; in real Chromium."""

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from gapprof import assets
from gapprof.backends.chromium import Chromium
from gapprof.browser.cdp import Connection, Params
from gapprof.browser.visit import Equipment
from gapprof.guard import Guard
from gapprof.qoe import visits
from gapprof.qoe.answers import answered
from gapprof.qoe.stream import turning
from gapprof.qoe.visits import BETWEEN_CLICKS_S, CLICKS, REPEATS, Feeling
from gapprof.records.job import Job
from gapprof.records.qoe import Condition, FeltTrial
from tests.browser.conftest import on

CLICKS_TO_COME = 2
LATE_S = 2 * CLICKS_TO_COME * max(BETWEEN_CLICKS_S)
"""Longer than all of them take."""


@pytest.fixture
def feeling(chromium: Chromium, guard: Guard) -> Feeling:
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


def test_no_click_is_made_before_the_page_listens(
    feeling: Feeling, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page is asked to listen later than it should be: clicks would have come before."""
    call, kept_waiting = Connection.call, list[str]()

    async def late(self: Connection, method: str, params: Params | None = None, **how: Any) -> Params:
        asked = str((params or {}).get("expression", ""))
        if 'runTask({"kind":"clicked"' in asked:
            kept_waiting.append(asked)
            await asyncio.sleep(LATE_S)
        return await call(self, method, params, **how)

    monkeypatch.setattr(Connection, "call", late)
    for name, value in {"WATCH_MS": 200.0, "REPEATS": 1, "CLICKS": CLICKS_TO_COME}.items():
        monkeypatch.setattr(visits, name, value)
    trial = feeling.felt(on(job, where="main", pacing="paced"), "idle")
    assert isinstance(trial, FeltTrial), trial
    assert kept_waiting
    assert len(trial.events_ms) == CLICKS_TO_COME


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
