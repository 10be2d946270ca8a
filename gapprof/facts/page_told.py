"""What was seen of each part of the page's own work, in sentences. Pure."""

from collections.abc import Iterator, Mapping
from statistics import fmean, median

from gapprof.facts.balance import Balance, balances, mean_balance, shared_out, traces_that_tell
from gapprof.facts.case import Case
from gapprof.facts.contention import DEPLOYED
from gapprof.facts.core_holders import GROUPS, TITLES, Held, main_thread_ms, on_the_cores
from gapprof.facts.holding import holders
from gapprof.facts.kinds import Kind, kind_of
from gapprof.facts.ladder import target
from gapprof.facts.oversubscription import oversubscription_evidence
from gapprof.facts.page_parts import PartId, traced
from gapprof.records.gpu_waits import GPU_WAITS
from gapprof.records.report import Evidence
from gapprof.records.settings import ASKING_WORKER
from gapprof.records.trial import Trace, TraceSlice
from gapprof.text import numbers
from gapprof.text.names import harmless

_LEAST_MS = 0.05
_LEAST_SHARE = 0.02
_MOST_SOURCES = 3
_WAITS = frozenset(GPU_WAITS.values())
"""Kinds of what a thread is at that is on no core meanwhile."""
_HOLDERS: Mapping[PartId, tuple[str, str]] = {
    "main-thread-work": ("main", "the page's main thread and its workers"),
    "gc": ("helpers", "V8's helpers collecting garbage"),
    "browser-threads": ("browser", "the compositor, the GPU process and the browser's other threads"),
    "other-tabs": ("tabs", "other tabs and frames with a process of their own"),
    "oversubscription": ("crew", "the model's own threads beyond the number of cores"),
}
"""Part → who holds cores in its name."""


def part_evidence(case: Case, part: PartId) -> tuple[Evidence, ...]:
    """Of the page as deployed."""
    if part == "slower-runs":
        return tuple(_balance(case))
    more = oversubscription_evidence(case) if part == "oversubscription" else ()
    return (*_held(case, part), *_on_the_cores(case, part), *more)


def present(case: Case, part: PartId) -> bool:
    """Whether anybody was seen who could hold a core in the name of that part."""
    return part not in _HOLDERS or holder_shares(case, DEPLOYED).get(_HOLDERS[part][0], 0.0) >= _LEAST_SHARE


def mean_of(case: Case, rung: str) -> Balance | None:
    """Over the rounds of a rung; None where the kernel told nothing of threads."""
    found = balances(case, rung)
    return mean_balance(found.values()) if found else None


def held_ms(case: Case, rung: str) -> dict[Kind, float]:
    """What requests wait for on the main thread, ms per request, by kind; means of traced passes."""
    passes = traced(case, rung).values()
    kinds = sorted({kind for one in passes for kind in one.held_ms})
    found = {kind: fmean(one.held_ms.get(kind, 0.0) for one in passes) for kind in kinds}
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def holder_shares(case: Case, rung: str) -> dict[str, float]:
    """Who was on the cores beside the model, by share of their CPU time; medians of rounds."""
    rounds = holders(case, rung).values()
    names = sorted({name for one in rounds for name in one})
    return {name: median(one.get(name, 0.0) for one in rounds) for name in names}


def _held(case: Case, part: PartId) -> Iterator[Evidence]:
    if part not in ("main-thread-work", "gc"):
        return
    collecting = part == "gc"
    found = {
        kind: ms
        for kind, ms in held_ms(case, DEPLOYED).items()
        if (kind == "garbage collection") == collecting and ms >= _LEAST_MS
    }
    if found:
        told = ", ".join(f"{numbers.ms(ms)} {kind}" for kind, ms in found.items())
        yield Evidence(
            kind="trace",
            text=f"While a request waits, {_asker(case)} is at: {told}.",
            value=sum(found.values()),
        )
    if collecting:
        yield from _collected(case)
    else:
        yield from _sources(case)


def _asker(case: Case) -> str:
    asks_itself = case.recording.begin.settings.where == ASKING_WORKER
    return "the worker, which asks by itself," if asks_itself else "the page's main thread"


def _collected(case: Case) -> Iterator[Evidence]:
    passes = traced(case, DEPLOYED).values()
    inside, beside = fmean(one.collecting_ms for one in passes), fmean(one.beside_ms for one in passes)
    if inside >= _LEAST_MS:
        text = f"Garbage is collected for {numbers.ms(inside)} inside of each run."
        yield Evidence(kind="trace", text=text, value=inside)
    if beside >= _LEAST_MS:
        text = (
            f"The page's own workers collect garbage for {numbers.ms(beside)} during each run; no run waits "
            "for that."
        )
        yield Evidence(kind="trace", text=text, value=beside)


def _sources(case: Case) -> Iterator[Evidence]:
    """The functions that requests wait for, those for which they wait longest first."""
    shared = target(case, DEPLOYED)
    traces = [one for one in case.recording.of(Trace) if one.rung == shared and one.held and one.runs_ms]
    sums: dict[str, list[float]] = {}
    for trace in traces:
        for piece in trace.held:
            if piece.detail and _is_work(piece):
                sums.setdefault(piece.detail, []).append(piece.wall_ms / len(trace.runs_ms))
    means = {source: sum(found) / len(traces) for source, found in sums.items()}
    for source in sorted(means, key=lambda one: -means[one])[:_MOST_SOURCES]:
        if means[source] >= _LEAST_MS:
            text = f"{numbers.ms(means[source])} of it per request in {harmless(source, 120)}."
            yield Evidence(kind="trace", text=text, value=means[source])


def _is_work(piece: TraceSlice) -> bool:
    return kind_of(piece.name, piece.detail) not in (None, "garbage collection")


def _on_the_cores(case: Case, part: PartId) -> Iterator[Evidence]:
    group, who = _HOLDERS[part]
    share = holder_shares(case, DEPLOYED).get(group, 0.0)
    if share < _LEAST_SHARE:
        return
    text = f"Of the CPU time that others than the model took meanwhile, {who} had {numbers.percent(share)}."
    yield Evidence(kind="scheduler", text=text, value=share)
    # Helpers that collect garbage stand with it, and no thread's name tells which these are.
    told = on_the_cores(case, DEPLOYED) if group != "helpers" else ()
    for one in told:
        if GROUPS[one.holder] == group and one.share >= _LEAST_SHARE:
            text = (
                f"{TITLES[one.holder]} had {numbers.percent(one.share)} of it, {_per_inference(case, one)}."
            )
            yield Evidence(kind="scheduler", text=text[0].upper() + text[1:], value=one.ms)


def _per_inference(case: Case, one: Held) -> str:
    text = f"{numbers.ms(one.ms)} per inference"
    if one.holder == "main-thread":
        on_a_core = {kind: ms for kind, ms in main_thread_ms(case, DEPLOYED).items() if kind not in _WAITS}
        work = {kind: ms for kind, ms in on_a_core.items() if ms >= _LEAST_MS}
        told = ", ".join(f"{numbers.ms(ms)} {kind}" for kind, ms in work.items())
        text += f" (traced: {told})" if told else ""
    return text


def _balance(case: Case) -> Iterator[Evidence]:
    one = mean_of(case, DEPLOYED)
    if one is not None:
        text = (
            f"A request takes {numbers.ms(one.request_ms)}: it waits {numbers.ms(one.late_ms)} for the page "
            f"and runs {numbers.ms(one.run_ms)}, of which {numbers.ms(one.on_cpu_ms)} on a core, "
            f"{numbers.ms(one.run_queue_ms)} waiting for one, {numbers.ms(max(0.0, one.blocked_ms))} blocked"
            f"{_teller(case)}."
        )
        yield Evidence(kind="scheduler", text=text, value=one.request_ms)


def _teller(case: Case) -> str:
    """By what, where it is not the kernel's figures of the timed requests alone."""
    if traces_that_tell(case, DEPLOYED):
        return " (by thread times of the trace)"
    return " (estimated by the requests behind the timed ones)" if shared_out(case, DEPLOYED) else ""
