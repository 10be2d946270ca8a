"""Checks of ourselves: what would make a number wrong if we had done it. A failed one condemns the report."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from statistics import fmean, median
from typing import Literal

from gapprof.explain.strikes import core_speed, ours_flags, outside_load
from gapprof.facts.adapters import SOFTWARE_SENTENCE, differences, foreign_to, is_software, titled
from gapprof.facts.case import Case
from gapprof.facts.cells import counting
from gapprof.facts.gpu import adapter, apart
from gapprof.facts.gpu_build import WORDS, recorded_otherwise, served
from gapprof.facts.held import HEAPS_AGREE, heap_closure, memory_trials
from gapprof.facts.ladder import planned
from gapprof.records.environment import Setting
from gapprof.records.gpu import AdapterIdentity
from gapprof.records.report import CheckRow
from gapprof.records.trial import Trial
from gapprof.stats.steady import FEWEST_SAMPLES, still_drifting
from gapprof.text import numbers
from gapprof.text.names import harmless

COARSEST_STEP = 0.01
"""Largest timer step as a part of one sample."""
SLOWER_SENTINEL = 0.8
"""A ceiling that works takes more than this from the rate of a fixed GEMM (measured: 0.5 and less)."""
_WORD = 120
Measured = Mapping[str, tuple[Setting, list[Trial]]]
Check = Callable[[Measured], Iterator[tuple[str, str]]]
"""Yields (rung, what is wrong with it)."""


def harness_checks(case: Case) -> tuple[CheckRow, ...]:
    """One row per check, whether it passed, failed, or nothing was there to look at."""
    rungs = _measured(case)
    rows = [
        _row(check, _seen_by(check, rungs), concerns, _passing(check, passed, rungs), find)
        for check, concerns, passed, find in _CHECKS
    ]
    return (
        *rows,
        ours_flags(case),
        outside_load(case),
        *core_speed(case),
        *_wasm_heap(case),
        *_same_adapter(case, rungs),
        *_build(case),
    )


def _wasm_heap(case: Case) -> Iterator[CheckRow]:
    """Where memory was looked at: what the page says of its wasm heap against what the kernel has of it."""
    apart = [
        abs(heap_closure(trial, one) - 1)
        for trial in memory_trials(case, "web")
        for one in trial.stages
        if one.wasm_heap_bytes and one.wasm_mapped_bytes is not None
    ]
    if not apart:
        return
    told = f"the page's wasm heap and the kernel's figure for it differ by {numbers.percent(max(apart))}"
    status: Literal["pass", "fail"] = "pass" if max(apart) <= HEAPS_AGREE else "fail"
    yield CheckRow(id="wasm-heap", kind="harness", status=status, text=f"{told} at most", concerns="report")


def _same_adapter(case: Case, rungs: Measured) -> Iterator[CheckRow]:
    """Where something ran on a GPU."""
    page = case.get(adapter)
    if page is not None:
        find = partial(_adapter, page, case.get(apart))
        yield _row("adapter-same", rungs, "gpu-abstraction", "every rung on a GPU had the same one", find)


def _build(case: Case) -> Iterator[CheckRow]:
    """Where one of the builds for GPUs ran: which, and whether the recorded calls are that one's."""
    found = case.get(served)
    if found is None:
        return
    file = f" ({harmless(found.file, 80)})" if found.file else ""
    text = f"onnxruntime-web ran its {found.build} build{file}: {WORDS[found.build]}"
    other = recorded_otherwise(case)
    if other:
        text = f"{text}; but the calls that are replayed were recorded of {harmless(other, 80)}"
    yield CheckRow(
        id="gpu-build",
        kind="harness",
        status="fail" if other else "pass",
        text=text,
        concerns="gpu-abstraction",
    )


def _row(check: str, rungs: Measured, concerns: str, passed: str, find: Check) -> CheckRow:
    faults = list(find(rungs))
    if faults:
        rung, text = faults[0]
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        return CheckRow(id=check, kind="harness", status="fail", text=f"{rung}: {text}{more}", concerns=rung)
    status: Literal["pass", "unknown"] = "pass" if rungs else "unknown"
    text = passed if rungs else _NOTHING_TO_SEE.get(check, "nothing was measured")
    return CheckRow(id=check, kind="harness", status=status, text=text, concerns=concerns)


def _passing(check: str, passed: str, rungs: Measured) -> str:
    """The sentence, with the rungs that it does not hold of because they are about that."""
    debugged = [rung for rung, (step, _) in rungs.items() if check == "debugger" and step.debugger]
    return f"{passed}, but for {', '.join(debugged)}, which is about it" if debugged else passed


def _seen_by(check: str, rungs: Measured) -> Measured:
    """All rungs, or none where none has what the check looks at: then it is unknown, never passed."""
    sees = _SEES.get(check)
    if sees is None or any(sees(step, trials) for step, trials in rungs.values()):
        return rungs
    return {}


def _ceiling(rungs: Measured) -> Iterator[tuple[str, str]]:
    for rung, (step, trials) in rungs.items():
        if step.backend != "native" or step.isa == "full":
            continue
        if any(not trial.seen.ceiling_hits for trial in trials):
            yield rung, "the instruction ceiling answered no CPUID, so it was installed too late"
        full, capped = _full_rate(rungs, step.threads), _rate(trials)
        # Between AVX2 and AVX a matrix product may hardly move; between 128 bits and full width it must.
        if step.isa == "128" and full and capped and capped > SLOWER_SENTINEL * full:
            yield rung, "a fixed matrix product is as fast under the ceiling as without"


def _full_rate(rungs: Measured, threads: int) -> float | None:
    return _rate(
        trial
        for step, trials in rungs.values()
        if step.backend == "native" and step.isa == "full" and step.threads == threads
        for trial in trials
    )


def _rate(trials: Iterable[Trial]) -> float | None:
    rates = [trial.seen.sentinel_gflops for trial in trials if trial.seen.sentinel_gflops is not None]
    return median(rates) if rates else None


def _debugger(rungs: Measured) -> Iterator[tuple[str, str]]:
    for rung, (step, trials) in rungs.items():
        domains = [trial.seen.debugger_domain for trial in trials]
        if any(domains) and not step.debugger:
            yield rung, "the Debugger domain was on, with which wasm is slower"
        if step.debugger and not all(domains):
            yield rung, "the Debugger domain was off, where it was to be on"


def _timer(rungs: Measured) -> Iterator[tuple[str, str]]:
    for rung, (step, trials) in rungs.items():
        for trial in trials:
            # Without isolation every browser's clock is coarse: that is the user's page, not our fault.
            if trial.seen.isolated is False and not step.isolated:
                continue
            step_ms, span_ms = trial.seen.timer_step_us / 1000, _resolved_ms(trial)
            if step_ms > COARSEST_STEP * span_ms:
                tick, span = numbers.ms(step_ms), numbers.ms(span_ms)
                yield rung, f"its timer moves in steps of {tick}, too coarse for what it timed, {span}"
                break


def _resolved_ms(trial: Trial) -> float:
    """What one timer step is compared with. A paced trial's figure is a mean, so steps average out."""
    if trial.requests_ms:
        return fmean(trial.requests_ms) * len(trial.requests_ms)
    return median(trial.samples_ms) * trial.batch


def _wasm(rungs: Measured) -> Iterator[tuple[str, str]]:
    first: str | None = None
    for rung, (step, trials) in rungs.items():
        if step.build != "served" or step.backend == "native":
            continue
        for digest in dict.fromkeys(t.seen.wasm_sha256 for t in trials if t.seen.wasm_sha256):
            first = first or digest
            if digest != first:
                yield rung, "it was served another wasm file than the other rungs"


def _cores(rungs: Measured) -> Iterator[tuple[str, str]]:
    first: tuple[int, ...] | None = None
    for rung, (_, trials) in rungs.items():
        for cores in dict.fromkeys(t.seen.cpus_allowed for t in trials if t.seen.cpus_allowed):
            first = first or cores
            if cores != first:
                yield rung, f"it may use {len(cores)} cores, others {len(first)}, or other ones"


def _adapter(
    page: AdapterIdentity, others: Mapping[str, AdapterIdentity], rungs: Measured
) -> Iterator[tuple[str, str]]:
    """Replays prove something about the adapter of the page only where they ran on the same one."""
    for rung in rungs:
        if (other := others.get(rung)) is not None:
            told = harmless("; ".join(differences(page, other)), _WORD)
            yield rung, f"its adapter is not the page's: {told}{_plumbing(other)}"
    for rung, (_, trials) in rungs.items():
        for provider in dict.fromkeys(t.seen.provider for t in trials if t.seen.provider):
            if foreign_to(provider, page):
                told = f"which is {harmless(titled(page), _WORD)}{_plumbing(page)}"
                yield rung, f"{harmless(provider, _WORD)} does not run on the page's adapter, {told}"


def _plumbing(one: AdapterIdentity) -> str:
    return f" ({SOFTWARE_SENTENCE})" if is_software(one) else ""


def _threads(rungs: Measured) -> Iterator[tuple[str, str]]:
    for rung, (step, trials) in rungs.items():
        for count in dict.fromkeys(trial.seen.threads for trial in trials):
            if count != step.threads:
                yield rung, f"{step.threads} threads were planned, {count} obtained"


def _steady(rungs: Measured) -> Iterator[tuple[str, str]]:
    for rung, (_, trials) in rungs.items():
        if still_drifting([trial.samples_ms for trial in trials if trial.samples_ms]):
            yield rung, "its samples drift in every trial alike: it was not warmed up"


def _measured(case: Case) -> Measured:
    """Rungs with trials of their own that count, in the ladder's order."""
    steps = case.get(planned)
    found: dict[str, list[Trial]] = {}
    for trial in case.get(counting):
        found.setdefault(trial.rung, []).append(trial)
    return {
        rung: (step.setting, found[rung])
        for rung, step in steps.items()
        if rung in found and step.setting is not None
    }


def _capped(step: Setting, _: list[Trial]) -> bool:
    return step.backend == "native" and step.isa != "full"


def _long_enough(_: Setting, trials: list[Trial]) -> bool:
    return any(len(trial.samples_ms) >= FEWEST_SAMPLES for trial in trials)


def _read_wasm(_: Setting, trials: list[Trial]) -> bool:
    return any(trial.seen.wasm_sha256 for trial in trials)


def _read_debugger(_: Setting, trials: list[Trial]) -> bool:
    return any(trial.seen.debugger_domain is not None for trial in trials)


def _read_cores(_: Setting, trials: list[Trial]) -> bool:
    return any(trial.seen.cpus_allowed for trial in trials)


_SEES: Mapping[str, Callable[[Setting, list[Trial]], bool]] = {
    "ceiling": _capped,
    "debugger": _read_debugger,
    "wasm-served": _read_wasm,
    "cores": _read_cores,
    "steady": _long_enough,
}
_NOTHING_TO_SEE: Mapping[str, str] = {
    "ceiling": "nothing ran under an instruction ceiling",
    "debugger": "no browser said whether its Debugger domain was on",
    "wasm-served": "no rung said which wasm it was served",
    "cores": "this system does not say which cores a program may use",
    "steady": f"no trial has the {FEWEST_SAMPLES} samples that a drift is looked for in",
}
_CHECKS: tuple[tuple[str, str, str, Check], ...] = (
    ("ceiling", "simd", "every instruction ceiling was in place and changed the kernels", _ceiling),
    ("debugger", "runtime", "the Debugger domain was off", _debugger),
    ("timer", "report", "one timer step is at most 1 % of every figure", _timer),
    ("wasm-served", "runtime", "every rung of the browser ran the same wasm", _wasm),
    ("cores", "report", "native and browser may use the same cores", _cores),
    ("threads", "threads", "every rung had the threads that were planned", _threads),
    ("steady", "report", "no rung was still getting faster or slower while it was timed", _steady),
)
