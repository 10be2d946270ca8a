"""Blocks of runs without and with onnxruntime's profiler, the sides in turn.

A session of its own has the profiler, so each side's runs come in blocks: two sessions that take turns run by
run evict each other's weights, which made a decoder of 1.9 ms take 3.8. The first run of a block brings the
caches back and is not counted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from gapprof.native.given_back import give_memory_back
from gapprof.native.opened import Opened, plain_session
from gapprof.native.profile_counts import Counts, OneSession, SessionPerBlock
from gapprof.native.profile_file import ProfiledRun, runs_of
from gapprof.native.runtime import Session, open_session, run_of
from gapprof.native.stopwatch import elapsed_ms
from gapprof.native.wire import Request
from gapprof.records.trial import PROFILE_BLOCKS


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """All runs that count, block after block."""

    counts: Counts
    unprofiled_ms: tuple[float, ...]
    """Wall time of single runs."""
    profiled_ms: tuple[float, ...]
    files: tuple[Path, ...]
    """The profiles, in the order of their runs."""

    def profiled_runs(self) -> tuple[ProfiledRun, ...]:
        """What the profiler says of the runs that count. Raises ProfileError."""
        counts = self.counts
        match counts:
            case OneSession(runs=runs):
                in_blocks = PROFILE_BLOCKS * (1 + runs)
                (file,) = self.files
                last = runs_of(file, made=counts.made, wanted=in_blocks)
                return tuple(run for number, run in enumerate(last) if number % (1 + runs))
            case SessionPerBlock(runs=runs):
                read = (runs_of(file, made=counts.made, wanted=runs) for file in self.files)
                return tuple(run for block in read for run in block)


def made_by(counts: Counts, request: Request, opened: Opened) -> Blocks:
    """Raises what onnxruntime raises. With a session for each block that of `opened` is gone afterwards."""
    match counts:
        case OneSession():
            return _by_one_session(counts, request, opened)
        case SessionPerBlock():
            return _by_sessions_of_their_own(counts, request, opened)


def _by_one_session(counts: OneSession, request: Request, opened: Opened) -> Blocks:
    session = _profiled_session(request, opened, "profile")
    run = run_of(session, opened.feed)
    for _ in range(counts.warmup_runs):
        run()
    unprofiled_ms, profiled_ms = _in_turn(
        partial(_block, opened.run, before=1, counted=counts.runs),
        partial(_block, run, before=1, counted=counts.runs),
    )
    file = Path(session.end_profiling())
    return Blocks(counts=counts, unprofiled_ms=unprofiled_ms, profiled_ms=profiled_ms, files=(file,))


def _by_sessions_of_their_own(counts: SessionPerBlock, request: Request, opened: Opened) -> Blocks:
    """One at a time: of a graph with tens of thousands of nodes each takes as much as a run's events do."""
    opened.let_go()
    files: list[Path] = []

    def block(session: Session) -> list[float]:
        return _block(run_of(session, opened.feed), before=counts.warmup_runs, counted=counts.runs)

    def unprofiled() -> list[float]:
        return block(plain_session(opened.runtime, request))

    def profiled() -> list[float]:
        session = _profiled_session(request, opened, f"profile-{len(files)}")
        times_ms = block(session)
        files.append(Path(session.end_profiling()))
        return times_ms

    unprofiled_ms, profiled_ms = _in_turn(unprofiled, profiled)
    give_memory_back()
    return Blocks(counts=counts, unprofiled_ms=unprofiled_ms, profiled_ms=profiled_ms, files=tuple(files))


def _in_turn(
    unprofiled: Callable[[], Sequence[float]], profiled: Callable[[], Sequence[float]]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """What the blocks of both took; every second pair of blocks the other way round."""
    unprofiled_ms: list[float] = []
    profiled_ms: list[float] = []
    sides = [(unprofiled, unprofiled_ms), (profiled, profiled_ms)]
    for _ in range(PROFILE_BLOCKS):
        for block, times_ms in sides:
            times_ms += block()
        sides.reverse()
    return tuple(unprofiled_ms), tuple(profiled_ms)


def _block(run: Callable[[], object], *, before: int, counted: int) -> list[float]:
    for _ in range(before):
        run()
    return [elapsed_ms(run) for _ in range(counted)]


def _profiled_session(request: Request, opened: Opened, prefix: str) -> Session:
    job = request.job
    return open_session(
        opened.runtime,
        job.model_path,
        threads=job.setting.threads,
        optimise=job.optimise,
        profile_prefix=str(Path(request.scratch_folder) / prefix),
    )
