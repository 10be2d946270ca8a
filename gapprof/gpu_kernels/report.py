"""From a recording of shaders to the table. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from gapprof.explain.recorded import ending, model_of
from gapprof.facts.adapters import SOFTWARE_SENTENCE, is_software, titled
from gapprof.facts.agreement import agrees, difference
from gapprof.facts.gpu_operators import GpuRun, is_dispatch_bound, run_of
from gapprof.facts.gpu_programs import may_launch_nothing
from gapprof.facts.twins import ByRound, summed
from gapprof.gpu_kernels.judged import is_right, took_ms, was_run
from gapprof.gpu_kernels.refused import Judged, judged, titled_round
from gapprof.gpu_kernels.shapes import described
from gapprof.records.calls import RecordedCalls
from gapprof.records.gpu import AdapterIdentity
from gapprof.records.gpu_kernels import (
    GpuChoice,
    GpuKernelNode,
    GpuKernelPlan,
    GpuKernelTime,
    GpuKernelTrial,
    LibraryDispatches,
)
from gapprof.records.gpu_yardstick import GpuKernelRow, GpuKernels, GpuKernelSummary
from gapprof.records.recording import Note, Recording
from gapprof.records.report import Tool
from gapprof.records.trial import OutputCheck
from gapprof.stats.contrast import Contrast
from gapprof.stats.interval import contrast_interval
from gapprof.stats.verdict import simultaneous_level, verdict
from gapprof.yardstick.ratios import log_ratio, middle, ratio

_SHARED = "its dispatches cannot be told from those of other nodes"
_NOTHING = "it launches nothing: it gives a tensor another name or shape"
_UNTOLD = "none of the dispatches could be told to be its own"
_WRONG = "what our shader gives is not what numpy gives"
_DIFFERS = "what the library gives is not what native gives"
_UNCOMPARED = "what the library gives was not compared with what native gives"
_FEW = "fewer than two rounds have both"
_NO_TIME = "by the GPU's clock it took no time"
_NO_CLOCK = "the GPU's clock told no time of our shader"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What all rows are made of; times in ms by round."""

    library: Mapping[str, ByRound]
    """By node."""
    dispatches: Mapping[str, int]
    """By node that has some of its own."""
    shared: frozenset[str]
    """Nodes whose dispatches may be those of others."""
    all: ByRound
    """Of all dispatches."""
    ours: Mapping[str, ByRound]
    """Of a dispatch, by shape; of shapes that were always right."""
    wrong: frozenset[str]
    untried: Mapping[str, str]
    """Why, by shape."""
    choices: Mapping[str, GpuChoice]
    refused: str
    """Why some trials do not count; empty: all do."""
    empty_ms: float
    no_verdict: str
    """On anything; empty: there may be one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A row, and what its figures are of."""

    row: GpuKernelRow
    library: ByRound
    ours: ByRound

    @property
    def slower(self) -> Contrast | None:
        """ln of how many times slower the library is; None where nothing is said of it."""
        return log_ratio(self.library, self.ours) if self.row.available is not None else None


def kernels_of(recording: Recording) -> GpuKernels:
    """Every operator on the GPU beside shaders of ours; no row where the run did not get so far."""
    end, begin = recording.end, recording.begin
    plan = next(recording.of(GpuKernelPlan), None)
    adapter = _adapter(recording)
    every = tuple(recording.of(GpuKernelTrial))
    told = judged(every, adapter)
    trials = told.used
    tuning = [trial for trial in trials if trial.round < 0]
    runs = _runs(recording)
    found = _found(recording, told, runs, adapter) if plan is not None and runs else None
    lines = _lines(plan.nodes, found) if plan is not None and found is not None else ()
    tried = [time for trial in tuning for time in trial.times if was_run(time)]
    return GpuKernels(
        status=ending(recording),
        why=end.text if end else "",
        tool=Tool(version=begin.gapprof_version, argv=begin.argv),
        machine=begin.machine,
        model=model_of(begin),
        browser=every[-1].engine_version if every else "",
        adapter=titled(adapter) if adapter is not None else "",
        software=adapter is not None and is_software(adapter),
        rounds=len({number for line in lines for number in line.library.keys() & line.ours.keys()}),
        took_s=end.at_s if end else 0.0,
        tuning_s=sum(trial.took_s for trial in tuning),
        written=sum(len(trial.times) for trial in tuning),
        tried=len(tried),
        wrong=sum(not is_right(time) for time in tried),
        unmeasured=len(_unmeasured(plan, trials)) if plan is not None else 0,
        summary=_summary(found, lines) if found is not None else None,
        rows=tuple(line.row for line in lines),
        notes=tuple(_notes(recording, told)),
    )


def _adapter(recording: Recording) -> AdapterIdentity | None:
    calls = next(recording.of(RecordedCalls), None)
    return calls.summary.adapter if calls is not None else None


def _runs(recording: Recording) -> dict[int, GpuRun]:
    """Round → the library's steady runs in it."""
    calls = next(recording.of(RecordedCalls), None)
    nodes = calls.placed if calls is not None else ()
    found = ((one.round, run_of(one.timed, nodes)) for one in recording.of(LibraryDispatches))
    return {number: run for number, run in found if run is not None}


def _found(
    recording: Recording,
    told: Judged,
    runs: Mapping[int, GpuRun],
    adapter: AdapterIdentity | None,
) -> _Found:
    library: dict[str, dict[int, float]] = {}
    dispatches: dict[str, int] = {}
    shared: set[str] = set()
    for number, run in runs.items():
        for one in run.join.joined:
            if len(one.nodes) > 1:
                shared |= {node.name for node in one.nodes}
            elif one.dispatches:
                library.setdefault(one.nodes[0].name, {})[number] = median(run.ms(one.dispatches))
                dispatches[one.nodes[0].name] = len(one.dispatches)
    timed = [(trial.round, time) for trial in told.used if trial.round >= 0 for time in trial.times]
    tried = [time for trial in told.used for time in trial.times]
    right = {time.shape for time in tried if is_right(time)}
    wrong = {time.shape for _, time in timed if was_run(time) and not is_right(time)}
    wrong |= {time.shape for time in tried if was_run(time)} - right
    ours: dict[str, dict[int, float]] = {}
    for number, time in timed:
        ms = took_ms(time)
        if ms is not None and time.shape not in wrong:
            ours.setdefault(time.shape, {})[number] = ms
    return _Found(
        library=library,
        dispatches=dispatches,
        shared=frozenset(shared),
        all={number: median(run.ms(run.all)) for number, run in runs.items()},
        ours=ours,
        wrong=frozenset(wrong),
        untried=_untried([time for time in tried if time.shape not in right])
        | _untried([time for _, time in timed if time.shape not in ours]),
        choices={time.shape: time.choice for _, time in timed},
        refused=next((why for _, why in told.refused), ""),
        empty_ms=median(run.empty_ms for run in runs.values()),
        no_verdict=_why_no_verdict_at_all(recording, adapter),
    )


def _untried(times: Sequence[GpuKernelTime]) -> dict[str, str]:
    """Why, by shape."""
    return {time.shape: time.why for time in times if time.why}


def _why_no_verdict_at_all(recording: Recording, adapter: AdapterIdentity | None) -> str:
    if adapter is None or is_software(adapter):
        return SOFTWARE_SENTENCE
    checks = tuple(recording.of(OutputCheck))
    if not checks:
        return _UNCOMPARED
    return "" if all(map(agrees, checks)) else _DIFFERS


def _lines(nodes: Sequence[GpuKernelNode], found: _Found) -> tuple[_Line, ...]:
    """Nodes of one operator and shape in one row, the largest first."""
    groups: dict[tuple[str, tuple[str, ...], str], list[GpuKernelNode]] = {}
    for node in nodes:
        untold = "" if node.name in found.library else _untold(node, found)
        why = untold if untold == _NOTHING else node.why or untold
        groups.setdefault((node.op_type, node.parts, why), []).append(node)
    lines = [_line(group, why, found) for (_, _, why), group in groups.items()]
    return tuple(sorted(lines, key=lambda line: -(line.row.library_ms or 0.0)))


def _untold(node: GpuKernelNode, found: _Found) -> str:
    """Why no dispatch is this node's own."""
    if node.name in found.shared:
        return _SHARED
    return _NOTHING if may_launch_nothing(node.op_type) and not node.parts else _UNTOLD


def _line(nodes: Sequence[GpuKernelNode], why: str, found: _Found) -> _Line:
    parts = nodes[0].parts
    library = _library(nodes, found)
    ours = _ours(nodes, found)
    library_ms, all_ms = middle(library), middle(found.all)
    count = sum(found.dispatches.get(node.name, 0) for node in nodes)
    small = library_ms is not None and is_dispatch_bound(library_ms, count, found.empty_ms)
    why = why or _why_no_time(parts, found) or _why_no_verdict(found, small=small)
    available = None if why else ratio(library, ours)
    if available is None and not why:
        why = _NO_TIME if len(library.keys() & ours.keys()) > 1 else _FEW
    row = GpuKernelRow(
        op_type=nodes[0].op_type,
        what=described(parts),
        nodes=tuple(node.name for node in nodes),
        library_ms=library_ms,
        share=library_ms / all_ms if library_ms is not None and all_ms else None,
        tuned_ms=middle(ours),
        choices=tuple(found.choices[part] for part in parts) if ours else (),
        available=available,
        too_small_to_tell=small,
        why=why,
    )
    return _Line(row=row, library=library, ours=ours)


def _why_no_time(parts: Sequence[str], found: _Found) -> str:
    """Of ours; empty: it has one."""
    if any(part in found.wrong for part in parts):
        return _WRONG
    otherwise = found.refused or _NO_CLOCK
    return next((found.untried.get(part, otherwise) for part in parts if part not in found.ours), "")


def _why_no_verdict(found: _Found, *, small: bool) -> str:
    if found.no_verdict:
        return found.no_verdict
    return "each takes less than twice what a dispatch takes that does nothing" if small else ""


def _library(nodes: Sequence[GpuKernelNode], found: _Found) -> ByRound:
    """Of all of them together."""
    return summed(found.library.get(node.name, {}) for node in nodes)


def _ours(nodes: Sequence[GpuKernelNode], found: _Found) -> ByRound:
    """For as many nodes as the library's times are of."""
    if not nodes[0].parts or not all(node.name in found.library for node in nodes):
        return {}
    one = summed(found.ours.get(part, {}) for part in nodes[0].parts)
    return {number: len(nodes) * ms for number, ms in one.items()}


def _summary(found: _Found, lines: Sequence[_Line]) -> GpuKernelSummary:
    beside = [line for line in lines if line.ours]
    gpu_ms = middle(found.all) or 0.0
    library, ours = summed(line.library for line in beside), summed(line.ours for line in beside)
    told = not found.no_verdict
    saved = ((line.row.library_ms or 0.0) - (line.row.tuned_ms or 0.0) for line in _beaten(lines))
    return GpuKernelSummary(
        gpu_ms=gpu_ms,
        covered=(middle(library) or 0.0) / gpu_ms if gpu_ms else 0.0,
        tuned_ms=middle(ours) or 0.0,
        available=ratio(library, ours) if told else None,
        reachable_ms=gpu_ms - sum(saved) if told else None,
        empty_dispatch_ms=found.empty_ms,
    )


def _beaten(lines: Sequence[_Line]) -> list[_Line]:
    """By ours: beyond doubt for all rows together, as the luckiest of many rows looks beaten at 95 %."""
    told = [(line, slower) for line in lines if (slower := line.slower) is not None]
    level = simultaneous_level(len(told))
    return [line for line, slower in told if verdict(contrast_interval(slower, level)) == "costs"]


def _unmeasured(plan: GpuKernelPlan, trials: Sequence[GpuKernelTrial]) -> set[str]:
    """Shapes that have shaders, none of which was run."""
    run = {time.shape for trial in trials for time in trial.times if was_run(time)}
    return {part for node in plan.nodes for part in node.parts} - run


def _notes(recording: Recording, told: Judged) -> Iterator[str]:
    checks = tuple(recording.of(OutputCheck))
    if not checks and told.used:
        yield f"{_UNCOMPARED.capitalize()}: no verdict is given."
    for check in checks:
        if not agrees(check):
            yield f"{difference(check)}: no verdict is given."
    whys = dict.fromkeys(one.timed.why for one in recording.of(LibraryDispatches) if one.timed.why)
    yield from (f"The library's dispatches were not timed: {why}." for why in whys)
    yield from dict.fromkeys(f"{titled_round(number)}: {why}." for number, why in told.refused)
    yield from (note.text for note in recording.of(Note))
