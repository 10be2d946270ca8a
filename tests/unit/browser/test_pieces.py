"""A page's timed stretch in pieces: which there are, which count, and what was used meanwhile."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from gapprof import cores_used
from gapprof.browser.pieces import pieces
from gapprof.core_speed import LOOK_S
from gapprof.records.job import Job
from gapprof.records.trial import Trial
from gapprof.records.wire.time import Timed, TimeTask
from tests.settings import QUIET
from tests.unit.backends.open_page import Browser
from tests.unit.browser.jobs import JOB as PLAIN
from tests.unit.planted_cores import FAST, SLOW, planted_looks, speed

TASK = TimeTask(batch=1, samples=0, requests=28, think_ms=(8.0, 24.0), seed=7)
JOB = replace(
    PLAIN,
    setting=replace(QUIET, where="worker", threads=1, pacing="paced"),
    external_data=(),
    pace=replace(PLAIN.pace, batch=1, samples=3, requests=28, think_ms=(8.0, 24.0), deadline_s=20.0),
)
COUNTED = (0, 28)
"""Asked for behind the stretch, for `Trial.counted`."""


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, ...]]:
    monkeypatch.setattr(cores_used, "core_of", lambda *_: 0)
    monkeypatch.setattr(cores_used, "cores", lambda: (0,))
    return planted_looks(monkeypatch)


class Page:
    """Its nth request takes n ms."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []
        """Number of the first request, and how many."""

    def carries_out(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        expression = str(asked["expression"])
        task = msgspec.convert(_task_in(expression), TimeTask)
        self.asked.append((task.first, task.requests))
        took_ms = tuple(float(1 + task.first + place) for place in range(task.requests))
        timed = Timed(
            samples_ms=(),
            requests_ms=took_ms,
            runs_ms=took_ms,
            ways=3,
            stretch_ms=sum(took_ms),
            busy_ms=sum(took_ms),
        )
        return {"result": {"value": msgspec.json.encode(timed).decode()}}


def _task_in(expression: str) -> Mapping[str, Any]:
    """As a page is given it: JSON, in a call."""
    begin = expression.index('{"kind":"time"')
    task, _ = json.JSONDecoder().raw_decode(expression, begin)
    assert isinstance(task, dict)
    return task


def visited(page: Page, folder: Path, job: Job) -> Trial:
    found = Browser(page.carries_out).visited(job, folder)
    assert isinstance(found, Trial), found
    return found


@pytest.mark.parametrize(
    ("run_ms", "requests", "sizes"),
    [(5.0, 28, [14, 14]), (12.0, 28, [9, 9, 10]), (0.3, 40, [20, 20]), (250.0, 20, [5, 5, 5, 5])],
)
def test_pieces_are_a_quarter_of_a_second_or_a_few_requests(
    run_ms: float, requests: int, sizes: list[int]
) -> None:
    """Together they are the whole stretch."""
    found = list(pieces(replace(TASK, requests=requests), run_ms=run_ms, looks=True))
    assert [one.requests for one in found] == sizes
    assert [one.first for one in found] == [sum(sizes[:place]) for place in range(len(sizes))]
    assert {replace(one, requests=28, first=0) for one in found} == {TASK}


@pytest.mark.parametrize(
    ("task", "run_ms", "looks"),
    [
        (TASK, 12.0, False),
        (replace(TASK, requests=6), 30_000.0, True),
        (replace(TASK, requests=0, samples=5), 12.0, True),
    ],
    ids=["nobody-looks", "few-requests", "back-to-back"],
)
def test_one_piece_is_the_stretch_itself(task: TimeTask, run_ms: float, looks: bool) -> None:
    assert list(pieces(task, run_ms=run_ms, looks=looks)) == [task]


def test_pieces_that_follow_one_another_are_one_stretch_and_one_window(
    looks: list[tuple[float, ...]], tmp_path: Path
) -> None:
    looks.append((FAST,))
    page = Page()
    trial = visited(page, tmp_path, replace(JOB, core_speed=speed(FAST)))
    assert page.asked == [(0, 14), (14, 14), COUNTED]
    assert trial.requests_ms == trial.runs_ms == tuple(map(float, range(1, 29)))
    assert trial.ways == 3
    assert trial.load.windows == 1


def test_of_requests_on_a_core_that_became_slow_neither_times_nor_load_remain(
    looks: list[tuple[float, ...]], tmp_path: Path
) -> None:
    """They are asked for again, by the same numbers."""
    looks += [(FAST,), (FAST,), (FAST,), (SLOW,), (FAST,), (FAST,)]
    page = Page()
    trial = visited(page, tmp_path, replace(JOB, core_speed=speed(FAST)))
    assert page.asked == [(0, 14), (14, 14), (14, 14), COUNTED]
    assert trial.requests_ms == tuple(map(float, range(1, 29)))
    assert trial.load.windows == 2
    work = trial.load.core_work
    assert work is not None
    assert work.discarded_ms == (21.5,)
    assert (work.before_us, work.after_us) == ((FAST,), (FAST,))


def test_a_wait_between_two_pieces_is_in_no_window(looks: list[tuple[float, ...]], tmp_path: Path) -> None:
    looks += [(FAST,), (FAST,), (SLOW,), (FAST,), (FAST,)]
    page = Page()
    trial = visited(page, tmp_path, replace(JOB, core_speed=speed(FAST)))
    assert page.asked == [(0, 14), (14, 14), COUNTED]
    assert trial.load.windows == 2
    work = trial.load.core_work
    assert work is not None
    assert work.waited_ms >= 1e3 * LOOK_S > trial.load.wall_ms


def test_where_nobody_looks_all_requests_are_asked_for_at_once(tmp_path: Path) -> None:
    page = Page()
    trial = visited(page, tmp_path, JOB)
    assert page.asked == [(0, 28), COUNTED]
    assert trial.load.windows == 1
    assert trial.load.core_work is None
