"""The node that native onnxruntime dies of: found by halves, within its time, or not named at all."""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import onnx
import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine
from gapprof.measure.culprit import LONGEST_SEARCH_S, Shown, deadly_node, fewest_deadly
from gapprof.records.death import Death
from gapprof.records.job import Job
from gapprof.records.trial import Failure, Trial
from tests.unit.native.models import plain_job
from tests.unit.subject.drawing import drawn, relu, saved

NODES = 9
DEATH = Death(by="SIGABRT", last_words="Assertion 'true' failed")
FIRST_LOOKS = 2
"""At all of the nodes and at none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """What was looked at, and what it shows: death from so many nodes on."""

    deadly_from: int
    unclear: frozenset[int] = frozenset()
    seen: list[int] = field(default_factory=list)

    def __call__(self, count: int) -> Shown:
        self.seen.append(count)
        if count in self.unclear:
            return "neither"
        return "dies" if count >= self.deadly_from else "runs"


@pytest.mark.parametrize(("count", "deadly"), [(n, d) for n in (1, 2, 3, 10) for d in range(1, n + 1)])
def test_the_fewest_that_kill_are_found_wherever_the_node_is(count: int, deadly: int) -> None:
    assert fewest_deadly(count, Looks(deadly_from=deadly)) == deadly


def test_it_takes_a_look_for_each_halving() -> None:
    looks = Looks(deadly_from=7_777)
    assert fewest_deadly(20_000, looks) == 7_777
    assert len(looks.seen) <= FIRST_LOOKS + math.ceil(math.log2(20_000))


def test_what_kills_only_as_the_file_is_is_not_in_the_nodes() -> None:
    looks = Looks(deadly_from=11)
    assert fewest_deadly(10, looks) is None
    assert looks.seen == [10]


def test_what_kills_without_any_node_is_in_none() -> None:
    looks = Looks(deadly_from=0)
    assert fewest_deadly(10, looks) is None
    assert sorted(looks.seen) == [0, 10]


@pytest.mark.parametrize("unclear", [0, 5, 6, 10])
def test_after_a_look_that_shows_nothing_nothing_is_said(unclear: int) -> None:
    looks = Looks(deadly_from=6, unclear=frozenset({unclear}))
    assert fewest_deadly(10, looks) is None
    assert looks.seen[-1] == unclear


@dataclass(frozen=True, slots=True, kw_only=True)
class Native(Machine):
    """Dies of models that hold a node; keeps what it was asked to run."""

    deadly: str = ""
    of_parts: Death = DEATH
    """What it dies of where not all nodes are there."""
    phase_of_parts: str = "create"
    jobs: list[Job] = field(default_factory=list)

    def timed(self, job: Job) -> Trial | Failure:
        """Reads the model as it finds it."""
        self.jobs.append(job)
        nodes = onnx.load(job.model_path).graph.node
        if self.deadly not in {node.name for node in nodes}:
            return Machine.timed(self, job)
        return Failure(
            rung=job.rung,
            round=job.round,
            started_s=0.0,
            ended_s=1.0,
            phase="create" if len(nodes) == NODES else self.phase_of_parts,
            kind="crash",
            message="killed",
            death=DEATH if len(nodes) == NODES else self.of_parts,
        )


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """Of a chain of nodes."""
    ends = ["x", *(f"t{place}" for place in range(1, NODES)), "y"]
    nodes = [relu(f"n{place}", *pair) for place, pair in enumerate(itertools.pairwise(ends), start=1)]
    job = replace(plain_job(tmp_path), rung="native", outputs_path="")
    saved(drawn(nodes), Path(job.model_path))
    return job


def searched(native: Native, job: Job, *, now_s: Callable[[], float] = lambda: 0.0) -> str | None:
    died = native.timed(job)
    assert isinstance(died, Failure)
    native.jobs.clear()
    found = deadly_node(job, died, timed=native.timed, now_s=now_s)
    return None if found is None else f"{found.name} ({found.op_type})"


@pytest.mark.parametrize("place", [1, 4, NODES])
def test_the_node_is_named_after_short_visits_that_leave_nothing(place: int, job: Job) -> None:
    folder = Path(job.model_path).parent
    before = sorted(folder.iterdir())
    native = Native(deadly=f"n{place}")
    assert searched(native, job) == f"n{place} (Relu)"
    assert len(native.jobs) <= FIRST_LOOKS + math.ceil(math.log2(NODES))
    paces = {(one.pace.samples, one.pace.batch, one.pace.warmup_runs) for one in native.jobs}
    assert paces == {(1, 1, 1)}
    assert {Path(one.model_path).parent for one in native.jobs} == {folder}
    assert sorted(folder.iterdir()) == before


def test_parts_that_die_of_something_else_name_no_node(job: Job) -> None:
    assert searched(Native(deadly="n4", of_parts=Death(by="SIGSEGV")), job) is None


def test_parts_that_die_at_another_moment_name_no_node(job: Job) -> None:
    assert searched(Native(deadly="n4", phase_of_parts="warmup"), job) is None


def test_a_failure_that_is_no_death_names_no_node(job: Job) -> None:
    native = Native(deadly="n4")
    died = native.timed(job)
    assert isinstance(died, Failure)
    assert deadly_node(job, replace(died, death=None), timed=native.timed, now_s=lambda: 0.0) is None


def test_a_visit_has_what_is_left_of_the_time_and_there_is_none_after_it(job: Job) -> None:
    native = Native(deadly="n4")
    each_s = LONGEST_SEARCH_S / 4
    moments = itertools.count()
    assert searched(native, job, now_s=lambda: each_s * next(moments)) is None
    deadlines = [one.pace.deadline_s for one in native.jobs]
    assert deadlines == [LONGEST_SEARCH_S - each_s * number for number in range(1, 4)]


def test_who_died_before_a_node_was_read_died_of_none(job: Job) -> None:
    native = Native(deadly="n4")
    died = native.timed(job)
    assert isinstance(died, Failure)
    native.jobs.clear()
    assert deadly_node(job, replace(died, phase="start"), timed=native.timed, now_s=lambda: 0.0) is None
    assert native.jobs == []


def test_without_the_file_nothing_is_said(job: Job) -> None:
    native = Native(deadly="n4")
    died = native.timed(job)
    assert isinstance(died, Failure)
    Path(job.model_path).unlink()
    assert deadly_node(job, died, timed=native.timed, now_s=lambda: 0.0) is None
