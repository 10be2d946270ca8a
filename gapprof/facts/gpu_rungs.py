"""What a replayed run, or the library's own, takes with one part after the other, or without one. They stand
beside the chain, which knows the whole steps."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from gapprof.facts.case import Case
from gapprof.facts.cells import complete_rounds, measured, standing
from gapprof.facts.computed_rung import ComputedRung
from gapprof.facts.gpu_calls import steady_run
from gapprof.facts.gpu_runs import (
    GPU_PARTS,
    REPLAY_NATIVE,
    REPLAY_WEB,
    SESSION,
    UNSAFE,
    GpuPart,
    course_ms,
    parts_ms,
)
from gapprof.stats.lmdi import log_mean

BOUNDARY_RUNGS: Mapping[GpuPart, str] = MappingProxyType({part: f"boundary-{part}" for part in GPU_PARTS})
"""Between the replay without a browser and the one in it: with all parts up to this one."""
BEFORE, GAPS = "session-before", "session-gaps"
"""Between the replay in the browser and the library: until the first submit, and between submits."""
WITHOUT: Mapping[tuple[str, GpuPart], str] = MappingProxyType(
    {
        (UNSAFE, "inner-reads"): "native-unsafe-unbroken",
        (UNSAFE, "pipelines"): "native-unsafe-compiled-once",
        **{(REPLAY_WEB, part): f"web-replay-without-{part}" for part in GPU_PARTS},
    }
)
"""A replay less one of its parts."""
GPU_RUNGS = frozenset({*BOUNDARY_RUNGS.values(), BEFORE, GAPS, *WITHOUT.values()})
WORDS: Mapping[GpuPart, str] = MappingProxyType(
    {
        "upload": "what runs upload",
        "submission": "making their commands",
        "inner-reads": "reading back within runs",
        "pipelines": "making pipelines within runs",
        "read-back": "the way back of what runs read at their end",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    rung: str
    words: str
    by_round_ms: Mapping[int, float]


def gpu_rungs(case: Case) -> Iterator[ComputedRung]:
    """None where a part is not known for every round."""
    yield from _boundary(case)
    yield from _session(case)
    for (source, part), rung in WITHOUT.items():
        if part in present(case):
            yield from _less(case, source, part, rung)


def present(case: Case) -> tuple[GpuPart, ...]:
    """Parts that runs of this model have at all."""
    run = case.get(steady_run)
    absent = set[GpuPart]()
    if run is None or not run.inner_reads:
        absent.add("inner-reads")
    if run is None or not run.pipelines:
        absent.add("pipelines")
    return tuple(part for part in GPU_PARTS if part not in absent)


def _boundary(case: Case) -> Iterator[ComputedRung]:
    web, native = parts_ms(case, REPLAY_WEB), parts_ms(case, REPLAY_NATIVE)
    both = web.keys() & native.keys()
    parts = [
        _Part(
            rung=BOUNDARY_RUNGS[part],
            words=WORDS[part],
            by_round_ms={number: web[number][part] - native[number][part] for number in both},
        )
        for part in present(case)
    ]
    yield from _one_after_the_other(case, REPLAY_NATIVE, REPLAY_WEB, parts)


def _session(case: Case) -> Iterator[ComputedRung]:
    """The library's own runs, less what the same calls alone spend there."""
    before = _difference(
        course_ms(case, SESSION, lambda one: one.before_ms),
        course_ms(case, REPLAY_WEB, lambda one: one.before_ms),
    )
    between = _difference(
        course_ms(case, SESSION, lambda one: one.between_ms),
        course_ms(case, REPLAY_WEB, lambda one: one.between_ms),
    )
    parts = (
        _Part(rung=BEFORE, words="the library's work before the first submit", by_round_ms=before),
        _Part(rung=GAPS, words="its work between submits", by_round_ms=between),
    )
    yield from _one_after_the_other(case, REPLAY_WEB, SESSION, parts)


def _one_after_the_other(case: Case, source: str, to: str, parts: Sequence[_Part]) -> Iterator[ComputedRung]:
    """ms over the logarithmic mean of both ends: parts add up whatever their order; see `stats.lmdi`."""
    rounds = set(case.get(complete_rounds))
    if not {source, to} <= case.get(standing) or not all(rounds <= one.by_round_ms.keys() for one in parts):
        return
    cells = case.get(measured)
    so_far, below = dict.fromkeys(sorted(rounds), 0.0), source
    for part in parts:
        for number in so_far:
            mean_ms = log_mean(cells[to][number], cells[source][number])
            so_far[number] += part.by_round_ms[number] / mean_ms
        yield ComputedRung(
            id=part.rung,
            title=f"… with {part.words}",
            changes=f"computed: {below}, and what {part.words} takes longer than on {source}",
            derived_from=below,
            by_round_ms={number: cells[source][number] * math.exp(ln) for number, ln in so_far.items()},
        )
        below = part.rung


def _less(case: Case, source: str, part: GpuPart, rung: str) -> Iterator[ComputedRung]:
    """None where nothing would be left."""
    found, rounds = parts_ms(case, source), set(case.get(complete_rounds))
    if source not in case.get(standing) or not rounds or not rounds <= found.keys():
        return
    cells = case.get(measured)[source]
    by_round_ms = {number: cells[number] - found[number][part] for number in sorted(rounds)}
    if min(by_round_ms.values()) > 0:
        yield ComputedRung(
            id=rung,
            title=f"… without {WORDS[part]}",
            changes=f"computed: {source} minus {WORDS[part]}",
            derived_from=source,
            by_round_ms=by_round_ms,
        )


def _difference(some: Mapping[int, float], others: Mapping[int, float]) -> Mapping[int, float]:
    return {number: some[number] - others[number] for number in sorted(some.keys() & others.keys())}
