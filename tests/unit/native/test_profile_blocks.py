"""Whose runs are profiled and whose are not, and how many sessions there are at a time."""

import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from gapprof.native import profile_blocks
from gapprof.native.opened import Opened
from gapprof.native.profile_blocks import made_by
from gapprof.native.profile_counts import OneSession, SessionPerBlock
from gapprof.native.runtime import Runtime
from gapprof.native.wire import Request
from gapprof.records.job import Job
from gapprof.records.trial import PROFILE_BLOCKS

RUNTIME = Runtime(module=None, errors=(), cold_ms={}, ceiling_hits=None)
NODE = '{"cat" : "Node","pid" :1,"tid" :1,"dur" :%d,"ts" :1,"ph" : "X","name" :"n_kernel_time","args" : {}}'
RUN = '{"cat" : "Session","pid" :1,"tid" :1,"dur" :%d,"ts" :1,"ph" : "X","name" :"model_run","args" : {}}'


@dataclass(slots=True, kw_only=True, weakref_slot=True, eq=False)
class FakeSession:
    """The number of a run is how long it took by the profile, in microseconds."""

    name: str
    profile: Path | None = None
    runs: int = 0

    def run(self, _outputs: Sequence[str], _feed: Mapping[str, Any]) -> list[Any]:
        self.runs += 1
        return []

    def get_inputs(self) -> Sequence[Any]:
        return ()

    def get_outputs(self) -> Sequence[Any]:
        return ()

    def get_providers(self) -> Sequence[str]:
        return ()

    def end_profiling(self) -> str:
        assert self.profile is not None
        events = (event % number for number in range(1, self.runs + 1) for event in (NODE, RUN))
        self.profile.write_text("[\n" + ",\n".join(events) + "\n]\n")
        return str(self.profile)


@dataclass(slots=True)
class Sessions:
    """All that were opened, and how many lived at once."""

    names: list[str] = field(default_factory=list)
    most: int = 0
    _living: "weakref.WeakSet[FakeSession]" = field(default_factory=weakref.WeakSet)

    def opened(self, name: str, profile: Path | None = None) -> FakeSession:
        session = FakeSession(name=name, profile=profile)
        self.names.append(name)
        self._living.add(session)
        self.most = max(self.most, len(self._living))
        return session


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sessions]:
    found = Sessions()

    def profiled(*_model: object, profile_prefix: str, **_options: object) -> FakeSession:
        return found.opened("profiled", Path(profile_prefix))

    monkeypatch.setattr(profile_blocks, "open_session", profiled)
    monkeypatch.setattr(profile_blocks, "plain_session", lambda *_: found.opened("plain"))
    return found


@pytest.fixture
def opened(sessions: Sessions) -> Opened:
    session = sessions.opened("timed")
    return Opened(
        runtime=RUNTIME,
        session=session,
        run=lambda held=session: held.run((), {}),
        feed={},
        threads=1,
        cold_ms={},
        warmup_ms=[],
    )


@pytest.fixture
def asked(job: Job, tmp_path: Path) -> Request:
    return Request(
        task="profiled",
        job=replace(job, nodes=20_000),
        cache_folder=None,
        scratch_folder=str(tmp_path),
        memory_limit_bytes=None,
        sentinel_model=b"",
    )


def test_one_session_has_all_profiled_runs_beside_the_one_that_was_timed(
    asked: Request, opened: Opened, sessions: Sessions
) -> None:
    blocks = made_by(OneSession(runs=2), asked, opened)
    assert sessions.names == ["timed", "profiled"]
    assert len(blocks.unprofiled_ms) == len(blocks.profiled_ms) == PROFILE_BLOCKS * 2
    took_us = [run.model_run_us for run in blocks.profiled_runs()]
    assert took_us == [5, 6, 8, 9, 11, 12, 14, 15], "three warm up, and one before each block"


def test_sessions_of_their_own_come_one_at_a_time(asked: Request, opened: Opened, sessions: Sessions) -> None:
    """The one that was timed goes before them."""
    blocks = made_by(SessionPerBlock(runs=2, warmup_runs=1), asked, opened)
    assert sessions.most == 1
    assert sessions.names == ["timed", *("plain", "profiled", "profiled", "plain") * 2]
    assert len(blocks.unprofiled_ms) == len(blocks.profiled_ms) == PROFILE_BLOCKS * 2
    took_us = [run.model_run_us for run in blocks.profiled_runs()]
    assert took_us == [2, 3] * PROFILE_BLOCKS, "one warms up"
    assert len(set(blocks.files)) == PROFILE_BLOCKS
