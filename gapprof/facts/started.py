"""The way to a first result by stages, with cold caches and with warm ones; and what making a session is made
of. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from statistics import fmean, median
from typing import Literal

from gapprof.facts.case import Case
from gapprof.facts.disturbance import disturbed
from gapprof.records.cold import EVERY_CACHE, Cache, Compiler, Creations, Start
from gapprof.records.gpu_runs import GpuMade
from gapprof.stats.change_points import settled_after

Side = Literal["native", "web"]
PAGE = "page"
FIRST_RUN = "first-run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """How long runs still become faster, after the first one."""

    runs: float
    ms: float
    """That they take together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Creation:
    """What making a session takes where all code is warm, and by how much less without one step."""

    usual_ms: float
    parse_ms: float
    optimise_ms: float
    prepack_ms: float

    @property
    def rest_ms(self) -> float:
        """What none of these claims; of either sign, for differences are noisy."""
        return self.usual_ms - self.parse_ms - self.optimise_ms - self.prepack_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """Numbers of visits beyond the rounds."""

    counting: int
    disturbed: int
    """Of these."""
    struck: int
    """Beside these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompilerWork:
    """What one compiler did on threads of one name in a start, means."""

    compiler: Compiler
    thread: str
    functions: float
    compile_ms: float
    lazy_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeOnGpu:
    """What one stage made on the GPU, and waited for; means over starts."""

    stage: str
    shaders: float
    shaders_ms: float
    pipelines: float
    pipelines_ms: float
    submits: float
    waits_ms: float


def starts(case: Case, side: Side, cache: Cache) -> tuple[Start, ...]:
    """Of one side and state of the caches, untraced; those that count."""
    found = (one for one in case.recording.of(Start) if not one.struck)
    return tuple(one for one in found if (one.side, one.cache, one.traced) == (side, cache, False))


def traced_starts(case: Case, cache: Cache) -> tuple[Start, ...]:
    """Under the browser's tracing."""
    found = (one for one in case.recording.of(Start) if not one.struck)
    return tuple(one for one in found if one.cache == cache and one.traced)


def visits(case: Case) -> Visits:
    """How many starts count, of how many other programs disturbed, and how many were made again for that."""
    made = tuple(case.recording.of(Start))
    counting = [one for one in made if not one.struck]
    return Visits(
        counting=len(counting),
        disturbed=sum(disturbed(one.load) is not None for one in counting),
        struck=len(made) - len(counting),
    )


def stages_ms(found: Sequence[Start]) -> dict[str, float]:
    """Stage → ms, means, in the order of the stages: they add up to the mean of all."""
    names = dict.fromkeys(chain.from_iterable(one.stages_ms for one in found))
    return {name: fmean(one.stages_ms.get(name, 0.0) for one in found) for name in names}


def to_first_result_ms(found: Sequence[Start]) -> float | None:
    """All stages together, the page's loading too."""
    return fmean(sum(one.stages_ms.values()) for one in found) if found else None


def stages_over_observed(one: Start) -> float:
    """The stages' sum over what was seen from outside, less how late word of that came; both without the
    page's loading where that has no other clock than the driver's."""
    if one.whole_observed_ms is not None and one.pause_ms is not None:
        outside_ms = one.whole_observed_ms - one.pause_ms - (one.word_ms or 0.0)
        return _over(sum(one.stages_ms.values()), outside_ms)
    apart = one.page_observed_ms is not None
    inside = sum(ms for stage, ms in one.stages_ms.items() if apart or stage != PAGE)
    observed_ms = one.observed_ms + (one.page_observed_ms or 0.0)
    return _over(inside, observed_ms)


def _over(inside_ms: float, observed_ms: float) -> float:
    return inside_ms / observed_ms if observed_ms > 0 else 1.0


def web_starts(case: Case) -> tuple[Start, ...]:
    """Untraced ones in all states of the caches."""
    return tuple(chain.from_iterable(starts(case, "web", cache) for cache in EVERY_CACHE))


def settled(found: Sequence[Start]) -> Settled | None:
    """By the last change of level in the runs after the first one."""
    later = [one.runs_ms[1:] for one in found]
    places = [(runs, place) for runs in later if (place := settled_after(runs)) is not None]
    if not places:
        return None
    return Settled(
        runs=median(place for _, place in places),
        ms=median(sum(runs[:place]) for runs, place in places),
    )


def compile_share(found: Sequence[Start], stage: str) -> float | None:
    """Of a stage, what the thread with the model spent on compiling functions that it called first."""
    shares = [
        sum(one.compile_ms for one in start.compiled if one.stage == stage) / start.stages_ms[stage]
        for start in found
        if start.stages_ms.get(stage)
    ]
    return fmean(shares) if shares else None


def compiled_functions(found: Sequence[Start]) -> float | None:
    """How many these are, in all stages."""
    return median(sum(one.functions for one in start.compiled) for start in found) if found else None


def compilers(found: Sequence[Start]) -> tuple[CompilerWork, ...]:
    """In the order in which the starts name them."""
    keys = dict.fromkeys((one.compiler, one.thread) for start in found for one in start.compilers)
    by_key = {
        key: [one for start in found for one in start.compilers if (one.compiler, one.thread) == key]
        for key in keys
    }
    return tuple(
        CompilerWork(
            compiler=compiler,
            thread=thread,
            functions=sum(one.functions for one in work) / len(found),
            compile_ms=sum(one.compile_ms for one in work) / len(found),
            lazy_ms=sum(one.lazy_ms for one in work) / len(found),
        )
        for (compiler, thread), work in by_key.items()
    )


def made_on_gpu(found: Sequence[Start]) -> tuple[MadeOnGpu, ...]:
    """Stages that made something or waited for the GPU, in order; none on the processor."""
    by_stage: dict[str, list[GpuMade]] = {}
    for start in found:
        for made in start.gpu_made:
            by_stage.setdefault(made.stage, []).append(made)
    rows = (_mean_made(stage, made, len(found)) for stage, made in by_stage.items())
    return tuple(one for one in rows if one.shaders or one.pipelines or one.submits or one.waits_ms)


def _mean_made(stage: str, made: Sequence[GpuMade], count: int) -> MadeOnGpu:
    return MadeOnGpu(
        stage=stage,
        shaders=sum(one.shaders for one in made) / count,
        shaders_ms=sum(one.shaders_ms for one in made) / count,
        pipelines=sum(one.pipelines for one in made) / count,
        pipelines_ms=sum(one.pipelines_ms for one in made) / count,
        submits=sum(one.submits for one in made) / count,
        waits_ms=sum(one.waits_ms for one in made) / count,
    )


def steady_waits_ms(found: Sequence[Start]) -> float | None:
    """What a run waits for the GPU once runs are steady; the median of runs, the mean of starts."""
    waits = [median(one.gpu_waits_ms) for one in found if one.gpu_waits_ms]
    return fmean(waits) if waits else None


def read_bytes(found: Sequence[Start], stage: str) -> float | None:
    """What a native stage had the disk read, mean; None where the system does not say."""
    known = [one.read_bytes[stage] for one in found if stage in one.read_bytes]
    return fmean(known) if known else None


def kept_share(found: Sequence[Start], stage: str) -> float | None:
    """Of the files that a native stage reads, what was still in memory though it was to be forgotten."""
    kept = [one for start in found for one in start.kept_files if one.stage == stage and one.size_bytes]
    return fmean(one.kept_bytes / one.size_bytes for one in kept) if kept else None


def observer_ratio(case: Case) -> float | None:
    """A cold start under tracing over one without, until the first result."""
    with_it, without = traced_starts(case, "cold"), starts(case, "web", "cold")
    if not with_it or not without:
        return None
    return median(one.observed_ms for one in with_it) / median(one.observed_ms for one in without)


def creation(case: Case, side: Side) -> Creation | None:
    """None where nobody made sessions anew."""
    found = [one for one in case.recording.of(Creations) if one.side == side]
    kinds: Mapping[str, Callable[[Creations], Iterable[float]]] = {
        "usual": lambda one: one.usual_ms,
        "unoptimised": lambda one: one.unoptimised_ms,
        "unpacked": lambda one: one.unpacked_ms,
        "parse": lambda one: one.parse_ms,
    }
    values = {name: [ms for one in found for ms in of(one)] for name, of in kinds.items()}
    if not all(values.values()):
        return None
    middle = {name: median(ms) for name, ms in values.items()}
    return Creation(
        usual_ms=middle["usual"],
        parse_ms=middle["parse"],
        optimise_ms=middle["usual"] - middle["unoptimised"],
        prepack_ms=middle["usual"] - middle["unpacked"],
    )
