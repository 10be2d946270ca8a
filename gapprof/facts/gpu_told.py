"""What was seen of the way to the GPU, in sentences: counts of recorded calls, and times of runs without a
recorder. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from gapprof.facts.case import Case
from gapprof.facts.estimates import mean_difference_ms, mean_time_ms
from gapprof.facts.gpu_calls import copies, elsewhere, is_copy, recorded, steady_run
from gapprof.facts.gpu_runs import (
    REPLAY_NATIVE,
    REPLAY_WEB,
    SESSION,
    compiling_ms,
    course_ms,
    held_up_ms,
    waits_ms,
)
from gapprof.records.calls import NativePlacement
from gapprof.records.estimate import Estimate
from gapprof.records.gpu import PlacedNode
from gapprof.records.report import Evidence
from gapprof.text import numbers
from gapprof.text.names import harmless

_MOST_NAMES = 5
PLACES = {REPLAY_WEB: "in the browser", REPLAY_NATIVE: "without one"}


def mean_ms(by_round: Mapping[int, float]) -> Estimate | None:
    """Of a time, over rounds; None without any."""
    return mean_time_ms(list(by_round.values())) if by_round else None


def counted(case: Case) -> Iterator[Evidence]:
    """What a run asks of the GPU."""
    run = case.get(steady_run)
    if run is not None:
        text = (
            f"Each run makes {numbers.many(run.dispatches, 'dispatch', 'dispatches')} in "
            f"{numbers.many(run.submits, 'submit')}, writes {numbers.size(run.uploaded_bytes)} and reads "
            f"{numbers.size(run.read_bytes)} back."
        )
        yield Evidence(kind="calls", text=text, value=float(run.dispatches))


def compiled(case: Case) -> Iterator[Evidence]:
    """Pipelines and shaders of the start, never part of a steady run."""
    calls = case.get(recorded)
    if calls is None or not calls.summary.runs:
        return
    summary, first = calls.summary, calls.summary.runs[0]
    text = (
        f"Cold: {numbers.many(summary.setup_pipelines, 'pipeline')} of "
        f"{numbers.many(summary.setup_shaders, 'shader')} made before the first run, "
        f"{numbers.many(first.pipelines, 'pipeline')} of {numbers.many(first.shaders, 'shader')} within it"
    )
    waited_ms = summary.setup_compile_ms + first.compile_ms
    if waited_ms:
        text += (
            f", for which the page waited {numbers.ms(summary.setup_compile_ms)} and "
            f"{numbers.ms(first.compile_ms)} while it was recorded"
        )
    yield Evidence(kind="cold", text=f"{text}.", value=float(summary.setup_pipelines + first.pipelines))
    told = [
        f"{numbers.ms_with_interval(waits)} {where}"
        for rung, where in PLACES.items()
        if (waits := mean_ms(compiling_ms(case, rung))) is not None
    ]
    if told:
        whole = mean_ms(compiling_ms(case, REPLAY_WEB)) or mean_ms(compiling_ms(case, REPLAY_NATIVE))
        text = f"Cold: a replay waits for its pipelines {', '.join(told)}."
        yield Evidence(kind="cold", text=text, value=whole.point if whole else None)


def waiting_told(case: Case) -> Iterator[Evidence]:
    """A read-back waits for whatever the queue holds: that is told apart from the way back."""
    found = waits_ms(case, REPLAY_WEB)
    if not found:
        return
    whole_ms, alone_ms = zip(*found.values(), strict=True)
    wait, alone = mean_time_ms(whole_ms), mean_time_ms(alone_ms)
    queued = mean_difference_ms([whole - alone for whole, alone in found.values()])
    if queued.low > 0:
        text = (
            f"A run's wait for what it reads at its end, {numbers.ms_with_interval(wait)}, is queued GPU "
            f"work, {numbers.ms_with_interval(queued)}, and the way back, {numbers.ms_with_interval(alone)}: "
            "that is what the same read-back takes from an idle queue."
        )
        yield Evidence(kind="replay", text=text, value=queued.point)


def placed_told(case: Case) -> Iterator[Evidence]:
    """Operators that the GPU does not run, and what is copied for them."""
    found, (to_processor, to_gpu) = elsewhere(case), copies(case)
    if found:
        named = list(found.items())[:_MOST_NAMES]
        names = [f"{harmless(name, 40)} ({numbers.many(count, 'node')})" for name, count in named]
        if len(found) > len(named):
            names.append(numbers.many(len(found) - len(named), "more operator"))
        text = f"Not on the GPU: {', '.join(names)}."
        yield Evidence(kind="placement", text=text, value=float(sum(found.values())))
    if to_processor or to_gpu:
        text = (
            "Tensors are copied between processors in each run: "
            f"{numbers.many(to_processor, 'copy', 'copies')} from the GPU, {to_gpu} to it."
        )
        yield Evidence(kind="placement", text=text, value=float(to_processor + to_gpu))


def placed_natively_told(case: Case) -> Iterator[Evidence]:
    """Who ran what in native sessions for a GPU: one may leave nodes to the processor without a word."""
    for one in case.recording.of(NativePlacement):
        if not one.nodes:
            text = f"Who ran which node of {one.rung} natively is not known: {harmless(one.why)}."
            yield Evidence(kind="placement", text=text, value=None)
            continue
        own = [node for node in one.nodes if not is_copy(node)]
        left: dict[str, list[str]] = {}
        for node in own:
            if node.provider != one.provider:
                left.setdefault(node.op_type, []).append(node.name)
        count = sum(map(len, left.values()))
        where = f"Natively ({one.rung}, {harmless(one.provider, 40)})"
        if not count:
            text = f"{where} every node ran on the GPU: {numbers.many(len(own), 'node')}."
        else:
            text = (
                f"{where} {numbers.many(count, 'node')} of {len(own)} ran on the processor: {_named(left)}"
                f"{_copied(one.nodes)}."
            )
        yield Evidence(kind="placement", text=text, value=float(count))


def _named(left: Mapping[str, Sequence[str]]) -> str:
    """Operators with their nodes, most first."""
    by_count = sorted(left.items(), key=lambda item: (-len(item[1]), item[0]))
    told = []
    for operator, nodes in by_count[:_MOST_NAMES]:
        names = [harmless(name, 40) for name in nodes[:_MOST_NAMES]]
        if len(nodes) > len(names):
            names.append(f"{len(nodes) - len(names)} more")
        told.append(f"{harmless(operator, 40)} ({', '.join(names)})")
    if len(by_count) > len(told):
        told.append(numbers.many(len(by_count) - len(told), "more operator"))
    return ", ".join(told)


def _copied(nodes: Sequence[PlacedNode]) -> str:
    copied = sum(map(is_copy, nodes))
    return f", with {numbers.many(copied, 'copy', 'copies')} between the processors" if copied else ""


def anew_told(case: Case) -> Iterator[Evidence]:
    """Pipelines that steady runs make."""
    run = case.get(steady_run)
    if run is not None and run.pipelines:
        names = ", ".join(harmless(label, 40) for label in run.labels[:_MOST_NAMES] if label)
        text = (
            f"Every run makes {numbers.many(run.pipelines, 'pipeline')} anew{f': {names}' if names else ''}. "
            "A shader that was new to the page is new to each replayed run as well; for any other a cache "
            "may answer, as in the page."
        )
        yield Evidence(kind="calls", text=text, value=float(run.pipelines))


def held_up_told(case: Case) -> Iterator[Evidence]:
    """In a browser the thread that asks for pipelines goes on, and another process compiles them."""
    web, native = (mean_ms(held_up_ms(case, rung)) for rung in (REPLAY_WEB, REPLAY_NATIVE))
    if web is not None and native is not None:
        text = (
            f"The thread that asks for pipelines is held up {numbers.ms_with_interval(web)} of a run in the "
            f"browser, where another process compiles, and {numbers.ms_with_interval(native)} without one."
        )
        yield Evidence(kind="replay", text=text, value=web.point)


def course_told(case: Case, rung: str) -> Iterator[Evidence]:
    """When runs of a rung submit, beside the same calls replayed alone."""
    last = mean_ms(course_ms(case, rung, lambda one: one.until_last_submit_ms))
    alone = mean_ms(course_ms(case, REPLAY_WEB, lambda one: one.until_last_submit_ms))
    if last is None:
        return
    beside = f"; the same calls alone, replayed, {numbers.ms_with_interval(alone)}" if alone else ""
    yield Evidence(
        kind="submits",
        text=(
            f"From its begin to its last submit a run of onnxruntime-web takes "
            f"{numbers.ms_with_interval(last)}, waits for the GPU left out{beside} (runs listened to after "
            "the timed ones)."
        ),
        value=last.point,
    )
    yield from gaps_told(case, rung)


def gaps_told(case: Case, rung: str) -> Iterator[Evidence]:
    """What a rung's thread does between submits."""
    between = mean_ms(course_ms(case, rung, lambda one: one.between_ms))
    largest = mean_ms(course_ms(case, rung, lambda one: one.largest_ms))
    submits = mean_ms(course_ms(case, rung, lambda one: one.submits))
    if between is None or largest is None or submits is None or submits.point < 2:
        return
    where = "" if rung == SESSION else "On your page: "
    alone = mean_ms(course_ms(case, REPLAY_WEB, lambda one: one.largest_ms))
    beside = f" ({numbers.ms_with_interval(alone)} in a replay)" if alone else ""
    text = (
        f"{where}between a run's submits its thread makes calls or does something else for "
        f"{numbers.ms_with_interval(between)}, at one stretch for {numbers.ms_with_interval(largest)}"
        f"{beside}."
    )
    yield Evidence(kind="submits", text=text[0].upper() + text[1:], value=largest.point)
