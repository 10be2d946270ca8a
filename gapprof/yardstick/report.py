"""From a recording of twins to the table of kernels. Pure."""

import math
from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from gapprof.explain.recorded import ending, model_of
from gapprof.facts.case import Case
from gapprof.facts.coverage import coverage
from gapprof.facts.estimates import geometric_mean_ms
from gapprof.facts.profiles import CAPPED, NATIVE, WEB, RungProfile, profile_of
from gapprof.facts.twins import (
    AVX,
    AVX_AS_SSE,
    ENGINE,
    SSE,
    WEB_TARGETS,
    WIDEST,
    ByRound,
    Twins,
    kernels_ms,
    summed,
    twins,
)
from gapprof.records.estimate import Estimate
from gapprof.records.recording import Note, Recording, RoundStarted
from gapprof.records.report import Tool
from gapprof.records.trial import Profile
from gapprof.records.twins import Schedule, TwinNode, TwinRun
from gapprof.records.yardstick import KernelRow, Kernels, KernelSummary
from gapprof.text import numbers
from gapprof.yardstick.predicted import expected_ms, library_ms
from gapprof.yardstick.ratios import middle, ratio
from gapprof.yardstick.shapes import described

PROGRAM = "program"
"""What notes about the whole model concern."""
_TOLERANCE = 1e-4
"""Of the largest output: f32 sums in another order differ by a hundredth of it (1e-6 on the zoo)."""

Times = Mapping[str, Mapping[str, ByRound]]
"""Rung → node → round → ms."""


def kernels_of(recording: Recording) -> Kernels:
    """Every kernel of the model beside its twins; no row where the run did not get so far."""
    case = Case(recording)
    found, end, begin = case.get(twins), recording.end, recording.begin
    times = {rung: kernels_ms(case, rung) for rung in (NATIVE, CAPPED, WEB)}
    web = profile_of(case, WEB)
    rows = _rows(found, times, web.least_told_ms if web else 0.0) if found else ()
    return Kernels(
        status=ending(recording),
        why=end.text if end else "",
        tool=Tool(version=begin.gapprof_version, argv=begin.argv),
        machine=begin.machine,
        model=model_of(begin),
        browser=found.browser if found else "",
        rounds=sum(1 for _ in recording.of(RoundStarted)),
        took_s=end.at_s if end else 0.0,
        tuning_s=found.tuning_s if found else 0.0,
        native_tuning_s=found.native_tuning_s if found else 0.0,
        summary=_summary(case, found, times, rows, web.unprofiled_ms, _around_ms(web, times))
        if found and web and web.unprofiled_ms
        else None,
        rows=rows,
        notes=tuple(note.text for note in recording.of(Note) if note.concerns != PROGRAM),
    )


def _rows(found: Twins, times: Times, least_ms: float) -> tuple[KernelRow, ...]:
    """Nodes of one operator and shape in one row, the largest first; those that no profile shows are not."""
    groups: dict[tuple[str, tuple[str, ...], str], list[TwinNode]] = {}
    for node in found.nodes:
        if node.name in times[WEB]:
            groups.setdefault((node.op_type, node.parts, node.why), []).append(node)
    rows = [_row(found, times, nodes, least_ms) for nodes in groups.values()]
    return tuple(sorted(rows, key=lambda row: -row.web_ms))


def _row(found: Twins, times: Times, nodes: Sequence[TwinNode], least_ms: float) -> KernelRow:
    first = nodes[0]
    web = _of_all(times[WEB], nodes)
    web_ms = middle(web) or 0.0
    lost = web_ms < least_ms * len(nodes)
    by_target = {target: summed(found.node_ms(node, target) for node in nodes) for target in found.ms}
    by_target = {target: by_round for target, by_round in by_target.items() if by_round}
    best = _best(by_target)
    return KernelRow(
        op_type=first.op_type,
        what=described(first.parts),
        nodes=tuple(node.name for node in nodes),
        native_ms=middle(_of_all(times[NATIVE], nodes)),
        native_128_ms=middle(_of_all(times[CAPPED], nodes)),
        web_ms=web_ms,
        twins_ms={target: middle(by_round) or 0.0 for target, by_round in sorted(by_target.items())},
        tuned_ms=middle(by_target[best]) if best else None,
        schedule=_schedule(found, best, first),
        available=ratio(web, by_target[best]) if best and not lost else None,
        engine=_engine(by_target),
        why=first.why,
        too_small_to_tell=lost,
    )


def _summary(
    case: Case,
    found: Twins,
    times: Times,
    rows: Sequence[KernelRow],
    unprofiled_ms: float,
    around_ms: float,
) -> KernelSummary:
    recording, covered_by_twins = case.recording, case.get(coverage)
    runs = tuple(recording.of(TwinRun))
    whole = {run.round: median(run.samples_us) / 1e3 for run in runs}
    errors = [run.error for run in runs if run.error is not None]
    error = max(errors, default=None)
    exact = error is not None and error <= _TOLERANCE and len(errors) == len(runs)
    copies = {run.round: median(run.copies_us) / 1e3 for run in runs if run.copies_us}
    expected = expected_ms(found, copies) if exact else {}
    web_runs = {
        one.round: median(one.unprofiled_ms)
        for one in recording.of(Profile)
        if one.rung == WEB and one.unprofiled_ms
    }
    told = [row for row in rows if not row.too_small_to_tell]
    names = {name for row in told for name in row.nodes}
    covered = [node for node in found.nodes if node.parts and node.name in names]
    sums = {target: summed(found.node_ms(node, target) for node in covered) for target in found.ms}
    tuned = summed(_tuned(found, node) for node in covered)
    web = _of_all(times[WEB], covered)
    widest = next((target for target in WIDEST if sums.get(target)), "")
    narrow = AVX_AS_SSE if sums.get(AVX_AS_SSE) else AVX
    total = sum(max(row.web_ms, 0.0) for row in rows)
    reachable_ms = sum(map(_reachable_ms, rows))
    reachable = library_ms(web_runs, around_ms, _rivals(found, times, rows)) if exact else {}
    left = (around_ms + reachable_ms) / (around_ms + total) if around_ms + total > 0 else 1.0
    return KernelSummary(
        width=ratio(sums.get(narrow, {}), sums.get(widest, {})),
        encoding=ratio(sums.get(SSE, {}), sums.get(narrow, {})),
        engine=_engine(sums),
        library=ratio(web, tuned),
        native_library=ratio(sums.get(widest, {}), _of_all(times[NATIVE], covered)),
        coverage=covered_by_twins.share if covered_by_twins else 0.0,
        web_ms=unprofiled_ms,
        predicted_ms=unprofiled_ms * left,
        program_ms=middle(whole) if exact else None,
        program=ratio(web_runs, whole) if exact else None,
        program_error=error,
        program_why="" if exact else _why_no_program(recording, runs, error),
        program_copies_ms=middle(copies) if exact else None,
        program_predicted=_typical(expected),
        program_over_predicted=ratio(whole, expected),
        library_predicted=_typical(reachable),
        program_over_library_predicted=ratio(whole, reachable),
        tuned_natively=bool(sums.get(AVX_AS_SSE)),
        suited=ratio(sums.get(AVX, {}), sums.get(AVX_AS_SSE, {})) if sums.get(AVX_AS_SSE) else None,
    )


def _typical(by_round: ByRound) -> Estimate | None:
    """None below two rounds, which have no interval."""
    if len(by_round) < 2:
        return None
    return geometric_mean_ms({number: math.log(ms) for number, ms in by_round.items()})


def _rivals(found: Twins, times: Times, rows: Sequence[KernelRow]) -> Iterator[tuple[ByRound, ...]]:
    """Of each row the library's kernels, and the twins that a prediction counts on."""
    nodes = {node.name: node for node in found.nodes}
    for row in rows:
        of_row = [nodes[name] for name in row.nodes]
        told = row.tuned_ms is not None and not row.too_small_to_tell
        ours = (summed(found.node_ms(node, target) for node in of_row) for target in WEB_TARGETS if told)
        yield _of_all(times[WEB], of_row), *(by_round for by_round in ours if by_round)


def _around_ms(web: RungProfile, times: Times) -> float:
    """What a run takes beside its kernels; where nobody knows its parts, what kernels leave of a run."""
    if web.marshalling_ms is not None and web.dispatch_ms is not None:
        return web.marshalling_ms + web.dispatch_ms
    kernels = sum(middle(by_round) or 0.0 for by_round in times[WEB].values())
    return max(0.0, (web.unprofiled_ms or 0.0) - kernels)


def _reachable_ms(row: KernelRow) -> float:
    """As the tuned twin, where that is known to be faster."""
    if row.tuned_ms is None or row.too_small_to_tell:
        return max(row.web_ms, 0.0)
    return min(row.web_ms, row.tuned_ms)


def _why_no_program(recording: Recording, runs: Sequence[TwinRun], error: float | None) -> str:
    if error is not None and error > _TOLERANCE:
        return f"its outputs differ from native's by {numbers.scientific(error)} of the largest"
    if runs:
        return "its outputs cannot be compared with native's"
    return next((one.text for one in recording.of(Note) if one.concerns == PROGRAM), "it was not run")


def _of_all(times: Mapping[str, ByRound], nodes: Sequence[TwinNode]) -> ByRound:
    return summed(times.get(node.name, {}) for node in nodes)


def _tuned(found: Twins, node: TwinNode) -> ByRound:
    """The better of the web's two twins, by their medians over all rounds."""
    by_target = {target: found.node_ms(node, target) for target in WEB_TARGETS}
    best = _best(by_target)
    return by_target[best] if best else {}


def _best(by_target: Mapping[str, ByRound]) -> str | None:
    known = {one: middle(by_target.get(one, {})) for one in WEB_TARGETS}
    timed = {one: ms for one, ms in known.items() if ms is not None}
    return min(timed, key=lambda one: timed[one]) if timed else None


def _engine(by_target: Mapping[str, ByRound]) -> Estimate | None:
    for web, native in ENGINE:
        if by_target.get(web) and by_target.get(native):
            return ratio(by_target[web], by_target[native])
    return None


def _schedule(found: Twins, target: str | None, node: TwinNode) -> Schedule | None:
    """Of the last loop nest, which does the work that the others prepare."""
    if target is None or not node.parts:
        return None
    return found.schedules.get(target, {}).get(node.parts[-1])
