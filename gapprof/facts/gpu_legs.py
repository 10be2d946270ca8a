"""The same model, or its very calls, in the browser and without one: which leg is slower, in words. Pure."""

from collections.abc import Iterator

from gapprof.facts.case import Case
from gapprof.facts.cells import complete_rounds, counting, measured
from gapprof.facts.estimates import factor, mean_difference_ms
from gapprof.facts.gpu_operators import GpuRun, Joined, gpu_run
from gapprof.facts.gpu_runs import REPLAY_NATIVE, REPLAY_WEB, SESSION
from gapprof.facts.gpu_told import mean_ms
from gapprof.facts.readings import readable
from gapprof.records.estimate import Estimate
from gapprof.records.report import Evidence
from gapprof.text import numbers
from gapprof.text.names import harmless

NATIVE_WEBGPU = "native-webgpu"
_NAME = 60


def own_webgpu_told(case: Case) -> Iterator[Evidence]:
    """The library's WebGPU kernels without a browser, in another build, on an adapter of its choice."""
    apart = _factor(case, NATIVE_WEBGPU, SESSION)
    if apart is None:
        return
    version = next(trial.seen.runtime_version for trial in case.get(counting) if trial.rung == NATIVE_WEBGPU)
    text = (
        f"onnxruntime-web takes {numbers.factor_with_interval(apart)} what onnxruntime "
        f"{harmless(version, 40)} takes natively with its own WebGPU provider: another build, on the adapter "
        f"of its choice, so the two differ by more than the browser. {_slower_leg(case, apart)}"
    )
    known = apart.side_of_one != "unclear"
    yield Evidence(kind="side-rung", text=text, value=apart.point if known else None)


def _slower_leg(case: Case, apart: Estimate) -> str:
    """Which of the two, and of the browser's what: the library, or the way that its calls take."""
    if apart.rounds < 2:
        return "Which leg is slower one round alone does not tell."
    if apart.side_of_one == "below":
        return "Of the two legs the native one is slower: nothing that the browser adds explains it."
    if apart.side_of_one == "unclear":
        return "The native leg and the browser's cannot be told apart."
    calls, library = _factor(case, NATIVE_WEBGPU, REPLAY_WEB), _factor(case, REPLAY_WEB, SESSION)
    begin = "Only the browser's leg is slower"
    if calls is None or library is None:
        return f"{begin}."
    slower_calls = calls.side_of_one == "above"
    if library.side_of_one == "above":
        alone = numbers.factor_with_interval(library)
        also = f", which take {numbers.factor_with_interval(calls)} the native leg" if slower_calls else ""
        return f"{begin}: onnxruntime-web takes {alone} what its calls alone take there{also}."
    if slower_calls:
        return (
            f"{begin}: its calls alone, replayed there, take {numbers.factor_with_interval(calls)} the "
            "native leg, and onnxruntime-web adds nothing that can be told."
        )
    return f"{begin}, and neither its calls alone nor onnxruntime-web around them is beyond doubt."


def calls_told(case: Case) -> Iterator[Evidence]:
    """How much of what the calls take is the browser's, and how much they take without one as well."""
    cells, rounds = case.get(measured), case.get(complete_rounds)
    apart = _factor(case, REPLAY_NATIVE, REPLAY_WEB)
    if apart is None or not rounds:
        return
    native, web = ({number: cells[rung][number] for number in rounds} for rung in (REPLAY_NATIVE, REPLAY_WEB))
    with_browser, without = mean_ms(web), mean_ms(native)
    if with_browser is None or without is None:
        return
    takes = f"In the browser its calls alone take {numbers.ms(with_browser.point)}"
    if apart.side_of_one == "unclear":
        text = f"{takes}, without one {numbers.ms(without.point)}, and the two cannot be told apart"
        yield Evidence(kind="calls-parted", text=f"{text}{_kernels(case)}.")
        return
    more = mean_difference_ms([web[number] - native[number] for number in rounds])
    alone = numbers.ms_with_interval(without)
    if apart.side_of_one == "below":
        text = f"{takes}, less than without one, where they take {alone}"
    else:
        text = (
            f"{takes}: {numbers.ms_with_interval(more)} come with the browser and the Dawn in it, {alone} "
            "they take without one as well"
        )
    yield Evidence(kind="calls-parted", text=f"{text}{_kernels(case)}.", value=more.point)


def _kernels(case: Case) -> str:
    """What of it the GPU itself is at work for, and for which operator most of all."""
    run = case.get(gpu_run)
    if run is None:
        return ""
    told = f"; the GPU is at work for {numbers.ms(_mean(run.ms(run.all)))} of a run"
    most = max(run.join.joined, key=lambda one: _mean(run.ms(one.dispatches)), default=None)
    if most is None or not most.dispatches:
        return told
    return f"{told}, longest in {_called(run, most)}"


def _called(run: GpuRun, one: Joined) -> str:
    node = one.nodes[0]
    took = numbers.ms(_mean(run.ms(one.dispatches)))
    several = f" or {len(one.nodes) - 1} more" if len(one.nodes) > 1 else ""
    return f"{harmless(node.name, _NAME)} ({harmless(node.op_type, _NAME)}){several}, {took}"


def _mean(values: tuple[float, ...]) -> float:
    return sum(values) / len(values)


def _factor(case: Case, source: str, to: str) -> Estimate | None:
    """None where the two have no round in common."""
    return factor(case, source, to) if readable(case, source, to) else None
