"""Times by round out of a recording: of kernels from profiles, of their twins from twin trials. Pure."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from gapprof.facts.case import Case
from gapprof.facts.profiles import profile_of
from gapprof.records.twins import Schedule, TwinNode, TwinPeak, TwinPlan, TwinTrial
from gapprof.stats.undisturbed import undisturbed

ByRound = Mapping[int, float]
"""Round → ms."""
WEB_TARGETS = ("wasm", "wasm-relaxed")
WASM, AVX, SSE = "wasm", "avx128", "sse41"
AVX_AS_SSE = "avx128-as-sse41"
"""AVX encoding with the schedules that are the best as SSE code. The other one has those of the browser; in
recordings without this one SSE code had them too."""
WIDEST = ("avx512", "avx2", "fma128", "neon")
"""Native targets by what their vectors hold; a machine has been asked for the first that it has."""
ENGINE = ((WASM, AVX), (WASM, "neon-mul-add"))
"""The twins that differ in the engine alone: 128-bit lanes, multiply and add, three-operand code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Twins:
    """What twin trials say."""

    nodes: tuple[TwinNode, ...]
    ms: Mapping[str, Mapping[str, ByRound]]
    """Target → shape → round → ms of one call, its work shared without loss by the threads that there are."""
    undisturbed_ms: Mapping[str, Mapping[str, ByRound]]
    """The same without neighbours on the core: for ratios of twins alone, not beside a kernel's own time."""
    schedules: Mapping[str, Mapping[str, Schedule]]
    """Target → shape → the schedule that was timed."""
    browser: str
    tuning_s: float
    """In the browser."""
    native_tuning_s: float
    peaks: tuple[TwinPeak, ...]

    def shared_rounds(self, targets: Iterable[str], *profiled: ByRound) -> tuple[int, ...]:
        """In which twins of all these targets were timed, and the model was profiled."""
        looks = [
            {number for by_round in self.ms.get(target, {}).values() for number in by_round}
            for target in targets
        ]
        return tuple(sorted(set.intersection(*looks, *(set(one) for one in profiled))))

    def node_ms(self, node: TwinNode, target: str) -> ByRound:
        """All loop nests of a node one after the other, in the rounds that have them all."""
        return summed(self.ms.get(target, {}).get(part, {}) for part in node.parts)

    def node_undisturbed_ms(self, node: TwinNode, target: str) -> ByRound:
        """Likewise."""
        return summed(self.undisturbed_ms.get(target, {}).get(part, {}) for part in node.parts)


def twins(case: Case) -> Twins | None:
    """None where no twin was planned."""
    plan = next(case.recording.of(TwinPlan), None)
    if plan is None:
        return None
    ms: dict[str, dict[str, dict[int, float]]] = {}
    alone_ms: dict[str, dict[str, dict[int, float]]] = {}
    schedules: dict[str, dict[str, Schedule]] = {}
    browser = ""
    tuning, native_tuning = set[tuple[float, float]](), set[tuple[float, float]]()
    for trial in case.recording.of(TwinTrial):
        if trial.target in WEB_TARGETS:
            browser = trial.engine
        if trial.round < 0:
            visits = tuning if trial.target in WEB_TARGETS else native_tuning
            visits.add((trial.started_s, trial.ended_s))
            continue
        for one in trial.times:
            for table, typical in ((ms, median), (alone_ms, undisturbed)):
                by_round = table.setdefault(trial.target, {}).setdefault(one.shape, {})
                by_round[trial.round] = typical(one.samples_us) / 1e3 / trial.threads
            schedules.setdefault(trial.target, {})[one.shape] = one.schedule
    return Twins(
        nodes=plan.nodes,
        peaks=plan.peaks,
        ms=ms,
        undisturbed_ms=alone_ms,
        schedules=schedules,
        browser=browser,
        tuning_s=math.fsum(ended - started for started, ended in tuning),
        native_tuning_s=math.fsum(ended - started for started, ended in native_tuning),
    )


def kernels_ms(case: Case, rung: str) -> Mapping[str, ByRound]:
    """Node → round → ms by the profiler, without what it adds."""
    merged = profile_of(case, rung)
    return {name: node.by_pass_ms for name, node in merged.nodes.items()} if merged else {}


def summed(columns: Iterable[ByRound]) -> dict[int, float]:
    """Sums over the rounds that all columns have."""
    found = list(columns)
    if not found:
        return {}
    shared = set.intersection(*(set(one) for one in found))
    return {number: math.fsum(one[number] for one in found) for number in sorted(shared)}
