"""Twins as native code: tuned for what stands for native's own kernels, and timed for every target."""

from collections.abc import Callable, Iterable, Sequence

from gapprof.errors import EnvironmentUnusable
from gapprof.facts.twins import AVX, AVX_AS_SSE, SSE, WIDEST
from gapprof.kernels.family import Tile
from gapprof.text import numbers
from gapprof.yardstick import native_side, native_tuning
from gapprof.yardstick.bench import DEADLINE_S, TUNING_ROUND, Bench
from gapprof.yardstick.machines import NATIVE_MACHINES
from gapprof.yardstick.shapes import described, family_of, shape_of
from gapprof.yardstick.tuning import Tuned, batches, best, single
from gapprof.yardstick.web_side import Candidate
from gapprof.yardstick.wish import NATIVE_TIMING, NATIVE_TUNING, Wanted

TUNING_S = 20.0
"""For all shapes of a target; the last one that is begun is also ended."""


def tuned_targets(there: Iterable[str]) -> tuple[str, ...]:
    """SSE code, as which onnxruntime's kernels run when held to 128 bits, and the widest that there is.

    The others have the schedules of the browser: that it is one loop on both sides is the point of them.
    """
    here = set(there)
    widest = [target for target in WIDEST if target in here][:1]
    return tuple(target for target in (SSE, *widest) if target in here)


def tuned_natively(bench: Bench, settled: Tuned, keep: Callable[[Tuned], None]) -> Tuned:
    """The best schedules that a database settles, or that are found in time, of `tuned_targets`.

    A shape that the time did not suffice for is not in it, nor is a target whose process failed: these have
    the browser's schedules, as a note says.
    """
    shapes = [shape for shape in bench.shapes if not family_of(shape_of(shape)).alone]
    found: dict[str, dict[str, Tile]] = {}
    for target in tuned_targets(bench.native_targets):
        known = dict(settled.get(target, {}))
        wanted = batches(shapes, {target: known}, (target,))
        try:
            new = _tuned(bench, target, wanted) if wanted else {}
        except EnvironmentUnusable as error:
            bench.journal.note("report", f"{error.message}; they have the browser's schedules.")
            continue
        if new:
            keep({target: new})
        found[target] = {**_alternativeless(shapes, target), **known, **new}
    return found


def _alternativeless(shapes: Iterable[str], target: str) -> dict[str, Tile]:
    return {shape: tile for shape in shapes if (tile := single(shape, target)) is not None}


def _tuned(bench: Bench, target: str, wanted: Sequence[Sequence[Candidate]]) -> dict[str, Tile]:
    began_s = bench.journal.now_s()
    asked = native_tuning.Asked(
        target=target,
        memory=bench.memory,
        batches=tuple(tuple(one.wanted for one in batch) for batch in wanted),
        effort=NATIVE_TUNING,
        seed=bench.seed,
        budget_s=TUNING_S,
    )
    answer = native_tuning.tuned(asked, scratch=bench.scratch, deadline_s=DEADLINE_S)
    timed = list(zip(wanted, answer.samples_us, strict=False))
    bench.write(
        TUNING_ROUND,
        [one for batch, _ in timed for one in batch],
        [one for _, samples in timed for one in samples],
        answer.engine,
        began_s,
    )
    left = [batch[0].wanted.shape for batch in wanted[len(timed) :]]
    if left:
        bench.journal.note(
            "report",
            f"{len(left)} of {len(wanted)} shapes were not tuned as {target} code, as "
            f"{numbers.duration(TUNING_S)} were over; the largest of them: {described(left[:1])}. Natively "
            "each was timed with the schedule that is the best in the browser.",
        )
    return {one.wanted.shape: one.wanted.tile for batch, samples in timed for one in best(batch, samples)}


def time_natively(bench: Bench, tuned: Tuned, target: str, number: int) -> None:
    """With schedules of its own where it was tuned, else with those of the page.

    AVX-encoded code of 128 bits is timed with those of SSE code as well, in the same process: so the encoding
    is told by one loop, and what schedules are worth natively by one encoding.
    """
    page = tuned["wasm-relaxed" if NATIVE_MACHINES[target].fused else "wasm"]
    schedules = {target: {**page, **tuned.get(target, {})}}
    if target == AVX and SSE in tuned:
        schedules[AVX_AS_SSE] = {**page, **tuned[SSE]}
    candidates = [
        Candidate(target=named, wanted=Wanted(shape=shape, tile=tiles[shape]))
        for named, tiles in schedules.items()
        for shape in bench.shapes
    ]
    wanted = tuple(dict.fromkeys(one.wanted for one in candidates))
    began_s = bench.journal.now_s()
    asked = native_side.Asked(
        target=target,
        memory=bench.memory,
        wanted=wanted,
        effort=NATIVE_TIMING,
        threads=bench.threads,
        seed=bench.seed + number,
    )
    answer = native_side.timed(asked, scratch=bench.scratch, deadline_s=DEADLINE_S)
    samples_us = dict(zip(wanted, answer.samples_us, strict=True))
    took_us = [samples_us[one.wanted] for one in candidates]
    bench.write(number, candidates, took_us, answer.engine, began_s)
