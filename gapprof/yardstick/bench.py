"""Where twins are tuned and timed: a page of the user's browser, and a process for each instruction set."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray

from gapprof.browser.visit import Equipment
from gapprof.errors import EnvironmentUnusable
from gapprof.kernels.family import Tile
from gapprof.measure.journal import Journal
from gapprof.records.job import Job, Pace
from gapprof.records.recording import PlannedRung
from gapprof.records.subject import NativeRefusal, Subject
from gapprof.records.twins import Schedule, TwinPlan, TwinRun, TwinTime, TwinTrial
from gapprof.text import numbers
from gapprof.yardstick import native_side
from gapprof.yardstick.alive import alive_bytes
from gapprof.yardstick.buffers import Memory, memory_for
from gapprof.yardstick.cover import covered
from gapprof.yardstick.peaks import peaks
from gapprof.yardstick.priorities import in_order, likely_s
from gapprof.yardstick.program import Program
from gapprof.yardstick.shapes import described
from gapprof.yardstick.tuning import Tuned, batches, best, likely
from gapprof.yardstick.web_side import Candidate, Page, Samples
from gapprof.yardstick.wish import PROGRAM, TIMING, TUNING, Wanted, need_of

TUNING_ROUND = -1
TUNING_S = 30.0
"""For all shapes of a model, launches of the browser included."""
DEADLINE_S = 600.0
_SHAPES_AT_ONCE = 32
"""In one visit to a page, after which its schedules are written down and kept."""
_SHORTEST_S = 3.0
"""Of a visit: with less time than that, launching the browser would take most of it."""
_ENDING_S = 1.0
"""That a browser takes to end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Everything that all rounds share."""

    journal: Journal
    page: Page
    memory: Memory
    shapes: tuple[str, ...]
    """In the order in which they are tuned."""
    web_targets: tuple[str, ...]
    native_targets: tuple[str, ...]
    threads: int
    """That share a nest's work while it is timed."""
    seed: int
    scratch: Path

    def tuned(self, settled: Tuned, keep: Callable[[Tuned], None]) -> Tuned:
        """The best schedules: those that a database settles, and those that are found in time.

        `keep` gets what was found whenever there is more of it, an interruption not excepted. A shape that
        the time did not suffice for has a likely schedule, which is not kept; a note says so.
        """
        found: dict[str, dict[str, Tile]] = {target: {} for target in self.web_targets}
        wanted = self.untuned(settled)
        until_s = self.journal.now_s() + TUNING_S
        done = 0
        for at in range(0, len(wanted), _SHAPES_AT_ONCE):
            left_s = until_s - _ENDING_S - self.journal.now_s()
            if done < at or left_s < _SHORTEST_S:
                break
            done += self._tune(wanted[at : at + _SHAPES_AT_ONCE], found, keep, left_s)
        if done < len(wanted):
            self._note_untuned([batch[0].wanted.shape for batch in wanted[done:]], len(wanted))
        known = {target: {**settled.get(target, {}), **found[target]} for target in self.web_targets}
        return {
            target: {shape: tiles.get(shape) or likely(shape, target, tiles) for shape in self.shapes}
            for target, tiles in known.items()
        }

    def _tune(
        self,
        group: Sequence[Sequence[Candidate]],
        found: dict[str, dict[str, Tile]],
        keep: Callable[[Tuned], None],
        left_s: float,
    ) -> int:
        """One visit, which adds to `found`; for how many shapes the time sufficed."""
        began_s = self.journal.now_s()
        timed: list[tuple[Sequence[Candidate], Samples]] = []

        def tell(batch: Sequence[Candidate], samples_us: Samples) -> None:
            timed.append((batch, samples_us))
            for one in best(batch, samples_us):
                found[one.target][one.wanted.shape] = one.wanted.tile

        try:
            browser = self.page.tuned(
                group, TUNING, tell, seed=self.seed, budget_s=left_s, deadline_s=DEADLINE_S
            )
        finally:
            if timed:
                keep(found)
        candidates = [one for batch, _ in timed for one in batch]
        samples_us = [one for _, samples in timed for one in samples]
        self.write(TUNING_ROUND, candidates, samples_us, browser, began_s)
        return len(timed)

    def _note_untuned(self, shapes: Sequence[str], of: int) -> None:
        """The first of them is where most was likely to be won."""
        self.journal.note(
            "report",
            f"{len(shapes)} of {of} shapes were not tuned, as {numbers.duration(TUNING_S)} were over; the "
            f"largest of them: {described(shapes[:1])}. Each was timed with the schedule that is best for "
            "most of its kind, or with an untried one where none of its kind was tuned; the next run with "
            "the same database goes on from here.",
        )

    def untuned(self, settled: Tuned) -> list[list[Candidate]]:
        """What would be tuned."""
        return batches(self.shapes, settled, self.web_targets)

    def time_in_page(self, tuned: Tuned, number: int) -> None:
        """All shapes of all targets of the web's side, in one fresh browser."""
        candidates = [
            Candidate(target=target, wanted=Wanted(shape=shape, tile=tuned[target][shape]))
            for shape in self.shapes
            for target in self.web_targets
        ]
        began_s = self.journal.now_s()
        samples, browser = self.page.timed(
            candidates, TIMING, threads=self.threads, seed=self.seed + number, deadline_s=DEADLINE_S
        )
        self.write(number, candidates, samples, browser, began_s)

    def run_program(self, program: Program, native: Path, number: int) -> None:
        """The whole model in one fresh browser; `native` holds what it must give, as an .npz."""
        began_s = self.journal.now_s()
        ran = self.page.run(program, PROGRAM, deadline_s=DEADLINE_S)
        with np.load(native) as wanted:
            error = _error(ran.outputs, wanted)
        self.journal.write(
            TwinRun(
                round=number,
                samples_us=ran.samples_us,
                copies_us=ran.copies_us,
                error=error,
                engine=ran.browser,
                started_s=began_s,
                ended_s=self.journal.now_s(),
            )
        )

    def write(
        self,
        number: int,
        candidates: Sequence[Candidate],
        samples_us: Sequence[Sequence[float]],
        engine: str,
        began_s: float,
    ) -> None:
        """One entry per target."""
        ended_s = self.journal.now_s()
        for target in dict.fromkeys(one.target for one in candidates):
            times = tuple(
                TwinTime(shape=one.wanted.shape, schedule=_schedule(one.wanted.tile), samples_us=tuple(took))
                for one, took in zip(candidates, samples_us, strict=True)
                if one.target == target
            )
            self.journal.write(
                TwinTrial(
                    target=target,
                    round=number,
                    threads=1 if number == TUNING_ROUND else self.threads,
                    times=times,
                    engine=engine,
                    started_s=began_s,
                    ended_s=ended_s,
                )
            )


def prepared(
    journal: Journal,
    subject: Subject,
    step: PlannedRung,
    pace: Pace,
    equipment: Equipment,
    *,
    web_targets: Iterable[str],
    native_targets: Iterable[str],
    threads: int,
    seed: int,
    scratch: Path,
) -> Bench:
    """Which nodes have twins, and the memory that these take turns in; `step` says what page it is.

    `native_targets` that this machine has not are left out. ValueError for a subject without a common graph.
    """
    if isinstance(subject.common, NativeRefusal):
        raise ValueError(f"there is no common graph: {subject.common.message}")
    graph = onnx.load(str(subject.common.path), load_external_data=False).graph
    nodes = covered(graph, subject.facts.inputs, subject.facts.nodes)
    shapes = tuple(dict.fromkeys(part for node in nodes for part in node.parts))
    footprint = 4 * subject.facts.parameters
    alive = alive_bytes(graph, subject.facts)
    best = peaks(subject.facts.nodes, shapes) if shapes else ()
    memory = memory_for(
        [need_of(shape) for shape in shapes],
        footprint_bytes=footprint,
        alive_bytes=alive,
        alone=[need_of(peak.shape) for peak in best],
    )
    journal.write(TwinPlan(nodes=nodes, footprint_bytes=footprint, alive_bytes=alive, peaks=best))
    wanted = set(native_targets)
    return Bench(
        journal=journal,
        page=Page(job=_job(step, pace), equipment=equipment, memory=memory),
        memory=memory,
        shapes=in_order((*(peak.shape for peak in best), *shapes), likely_s(nodes, subject.facts.nodes)),
        web_targets=tuple(web_targets),
        native_targets=tuple(one for one in _native_targets(journal) if one in wanted),
        threads=threads,
        seed=seed,
        scratch=scratch,
    )


def _error(
    found: Mapping[str, NDArray[np.float32]], wanted: Mapping[str, NDArray[np.generic]]
) -> float | None:
    """The largest difference, over the largest output; None where sizes differ, or for what is no number."""
    errors = []
    for name, array in found.items():
        native = np.asarray(wanted[name], np.float64).ravel()
        if native.size != array.size or not (np.isfinite(native).all() and np.isfinite(array).all()):
            return None
        if native.size:
            largest = max(float(np.abs(native).max()), 1e-30)
            errors.append(float(np.abs(array.ravel() - native).max()) / largest)
    return max(errors, default=0.0)


def _native_targets(journal: Journal) -> tuple[str, ...]:
    """None without llvmlite: then the engine and the library are not told apart, and the report says so."""
    try:
        return tuple(target.id for target in native_side.targets())
    except EnvironmentUnusable as error:
        journal.note("report", f"{error.message}. {error.hint}")
        return ()


def _job(step: PlannedRung, pace: Pace) -> Job:
    """A visit to a quiet page, without a model."""
    if step.setting is None:
        raise ValueError(f"{step.rung.id} has no setting")
    return Job(
        rung=step.rung.id,
        round=0,
        seed=0,
        setting=step.setting,
        model_path="",
        external_data=(),
        optimise=False,
        inputs_path="",
        outputs_path="",
        pace=pace,
    )


def _schedule(tile: Tile) -> Schedule:
    return tile.rows, tile.vectors, tile.unroll, tile.depth
