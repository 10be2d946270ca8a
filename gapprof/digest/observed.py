"""What a page did by itself, and under which conditions a latency comes about: sentences for every format."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from gapprof.digest.own_work import own_work_sentences
from gapprof.records.report import Report
from gapprof.records.sections.observed import ObservedPage, Reproduced, Reproduction, SessionOptionRow
from gapprof.text import numbers
from gapprof.text.names import harmless

HEADING = "What the page does by itself"
_NAME, _FRAME, _REASON = 60, 80, 160
_USUAL_LEVEL = "all"
_OWN_RULE = "onnxruntime-web's own rule"
_PROVIDERS = {"webgpu": frozenset({"WebGPU", "JS"})}
"""Backend → what the library's sessions of it append, by build."""


def observed_sentences(report: Report) -> Iterator[str]:
    """Empty where a model was given."""
    page = report.observed
    if page is None:
        return
    yield _runs(page)
    if page.version:
        yield _library(page)
    yield f"{_threads(page)}{_thread_workers(page)}"
    yield from _unread(page)
    yield from own_work_sentences(page)
    if page.times_deployed is not None:
        yield (
            "Inside the library a run of the page takes "
            f"{numbers.factor_with_interval(page.times_deployed)} what the same model takes in a loop on a "
            "quiet page, in the same place and with the same threads."
        )
    if not page.fed:
        yield "The page's own inputs could not be read; what is measured below ran on seeded ones."
    ours = report.versions.get("onnxruntime-web", "")
    if page.version != ours:
        version = page.version or "a version that gapprof does not recognise"
        yield (
            f"The page has onnxruntime-web {version}, and what is below was measured with "
            f"{ours or 'another'}: --web-dist takes a build of your own."
        )
    elif page.wasm_sha256 and not page.wasm_sha256.startswith(report.versions.get("wasm", "")):
        yield "It is another build of that version than what is below was measured with."
    yield from _session(page)
    yield from _provider(page, report.settings.backend)
    if page.sessions > 1:
        yield f"It has {page.sessions} sessions; this one took most of the time."
    if page.failed_runs:
        yield f"{page.failed_runs} of its runs failed."
    for trouble in page.troubles:
        yield f"Something was not heard: {harmless(trouble, _FRAME)}."


def _runs(page: ObservedPage) -> str:
    where = "in a worker" if page.where == "worker" else "on its main thread"
    file = harmless(page.model_url.partition("?")[0].rpartition("/")[2], _NAME) or "a model"
    level = f", optimised at level {page.optimisation}" if page.optimisation else ""
    text = (
        f"It runs {file} ({numbers.size(page.model_bytes)}) with onnxruntime-web "
        f"{page.version or 'of unknown version'}, {where}{level}: {numbers.many(page.runs, 'run')}"
    )
    if page.first_run_ms is None:
        return f"{text}."
    text += f", the first {numbers.ms(page.first_run_ms)}"
    if page.run_ms is None:
        return f"{text}."
    text += f", the later ones {numbers.ms(page.run_ms)}"
    if page.run_low_ms is not None and page.run_high_ms is not None:
        text += (
            f" (median; half of them between {numbers.bare_ms(page.run_low_ms)} and "
            f"{numbers.ms(page.run_high_ms)})"
        )
    both_ms = numbers.ms(page.create_ms + page.first_run_ms)
    created = f"Once the wasm was there, creating the session took {numbers.ms(page.create_ms)}"
    return f"{text}. {created}, {both_ms} with the first run."


def _library(page: ObservedPage) -> str:
    simd = {True: " with SIMD", False: " without SIMD", None: ""}[page.simd]
    build = f"the {page.build} build" if page.build else "a build"
    memory = "shared memory" if page.shared_memory else "a memory that is not shared"
    hashed = page.wasm_sha256[:12]
    known = {
        "hash": f" Version and build are known by its hash, {hashed}: gapprof has the same file.",
        "texts": f" Both are read off the texts in it; gapprof has no file with its hash, {hashed}.",
        "": "",
    }[page.known_by]
    return f"Its wasm is {build} of onnxruntime-web {page.version}{simd}, on {memory}.{known}"


def _provider(page: ObservedPage, backend: str) -> Iterator[str]:
    """Where the ladder's session asks for another one; and what a run is whose outputs stay on a GPU."""
    asked = harmless(", ".join(page.providers), _NAME)
    if set(page.providers) - _PROVIDERS.get(backend, frozenset()):
        yield f"Its session asks for {asked}; what is below is about the {backend} backend."
    elif not page.providers and backend != "wasm":
        yield f"Its session asks for no GPU; what is below is about the {backend} backend."
    if page.bound:
        yield (
            "Its outputs stay on the GPU: its runs end when their work is submitted, and are not held "
            "against those below, which end when their outputs are back."
        )


def _session(page: ObservedPage) -> Iterator[str]:
    """What of its session's options is not onnxruntime-web's default, and what of that is measured below."""
    if not page.session_options:
        if page.optimisation and page.optimisation != _USUAL_LEVEL:
            yield (
                f"Its session optimises the graph at level {page.optimisation}; what is below was measured "
                "with onnxruntime-web's own options."
            )
        return
    own = [one for one in page.session_options if one.value != one.default]
    if not own:
        yield "Its session has onnxruntime-web's default options."
        return
    yield f"Options of its session that are not onnxruntime-web's defaults: {'; '.join(map(_option, own))}."
    kept_back = "; ".join(f"{harmless(one.name, _NAME)} ({one.why_not})" for one in own if not one.fed)
    if any(one.fed for one in own):
        but_for = f", but for {kept_back}" if kept_back else ""
        yield f"What is measured below of the file as it is, in the browser, has them too{but_for}."
    elif kept_back:
        yield f"Not taken over: {kept_back}."
    reset = [
        harmless(one.name, _NAME) for one in page.session_options if one.value == one.default and not one.fed
    ]
    if reset:
        yield f"Measured below with another value, as asked for: {', '.join(reset)}."


def _option(one: SessionOptionRow) -> str:
    usual = f" (default {one.default})" if one.default else ""
    return f"{harmless(one.name, _NAME)} {harmless(one.value, _NAME) or 'empty'}{usual}"


def _threads(page: ObservedPage) -> str:
    isolated = (
        "It is cross-origin isolated" if page.isolated else "It is not cross-origin isolated: one thread"
    )
    by = f" (set at {harmless(page.threads_by[0], _FRAME)})" if page.threads_by else ""
    if page.threads_asked is None:
        count = f"; {_OWN_RULE} gave it {_count(page.threads)}" if page.isolated else " is all it can have"
        return f"{isolated}{count}."
    asked = f"the page asks for {_count(page.threads_asked)}{by}"
    if not page.isolated and page.threads_asked > 1:
        return f"{isolated} is all it gets, although {asked}."
    return f"{isolated}; {asked}." if page.isolated else f"{isolated} is all it can have, and {asked}."


def _thread_workers(page: ObservedPage) -> str:
    """What came of the number that it was started with, where that is something else."""
    if page.threads is None or page.thread_workers in (None, page.threads - 1):
        return ""
    wanted, seen = page.threads - 1, page.thread_workers
    return (
        f" Started with {_count(page.threads)}, the library has {numbers.many(wanted, 'worker')} of its own "
        f"to start; {seen or 'none'} {'was' if seen == 1 else 'were'} seen."
    )


def _unread(page: ObservedPage) -> Iterator[str]:
    for one in page.unread_options:
        option = f"{harmless(one.name, _NAME)} {harmless(one.value, _NAME) or 'empty'}"
        ignored = f"Its session's {option} is ignored on the web: onnxruntime-web never reads it"
        if one.instead:
            alone = "" if page.isolated else ", on a page with COOP and COEP"
            yield (
                f"{ignored}. All sessions share the threads that the library starts with; set {one.instead} "
                f"before the first session is created{alone}."
            )
        else:
            yield f"{ignored}, and runs one operator after the other whatever it says."


def _count(threads: int | None) -> str:
    if threads is None:
        return "an unknown number of threads"
    return "one thread" if threads == 1 else f"{threads} threads"


@dataclass(frozen=True, slots=True)
class ReproductionRow:
    """One combination of conditions."""

    conditions: str
    ms: str
    seen: str
    holds: bool


def reproduction_rows(found: Reproduction) -> tuple[ReproductionRow, ...]:
    """All of them; below a combination that was made, what it was measured to take."""
    return tuple(row for one in found.rows for row in _rows(one))


def _rows(one: Reproduced) -> Iterator[ReproductionRow]:
    several = " (predicted)" if len(one.conditions) > 1 else ""
    yield ReproductionRow(
        conditions=f"{_named(one)}{several}",
        ms=numbers.ms_with_interval(one.ms),
        seen=numbers.factor(one.times),
        holds=_final(one) == "holds" and one.measured_ms is None,
    )
    if one.measured_ms is not None and one.measured_times is not None:
        yield ReproductionRow(
            conditions="the same, all at once (measured)",
            ms=numbers.ms_with_interval(one.measured_ms),
            seen=numbers.factor(one.measured_times),
            holds=_final(one) == "holds",
        )


def reproduction_sentences(found: Reproduction) -> Iterator[str]:
    """What reproduces it, what may, or that nothing does; how a prediction came out; what nobody knows of."""
    seen = numbers.ms(found.observed_ms)
    holding = [one for one in found.rows if _final(one) == "holds"]
    maybe = [one for one in found.rows if _final(one) == "unclear"]
    if holding:
        predicted = any(len(one.conditions) > 1 and one.measured_ms is None for one in holding)
        how = "; factors of several conditions are multiplied, not measured together" if predicted else ""
        yield f"{seen} comes about: {'; or '.join(map(_named, holding))}{how}."
    elif maybe:
        names = "; or ".join(map(_named, maybe))
        yield f"{seen} may come about: {names}. The intervals are too wide to tell; measure longer."
    else:
        nearest = min(found.rows, key=_distance)
        yield (
            f"No condition that was measured here gives {seen}, nor do up to three of them together; nearest "
            f"is {_named(nearest)}, {numbers.ms((nearest.measured_ms or nearest.ms).point)}."
        )
    for one in found.rows:
        if one.measured_ms is not None:
            yield (
                f"{_named(one)}, all at once: predicted {numbers.ms_with_interval(one.ms)}, measured "
                f"{numbers.ms_with_interval(one.measured_ms)}, observed {seen}. {_OUTCOMES[_final(one)]}"
            )
        elif one.why_not_measured:
            why = harmless(one.why_not_measured, _REASON)
            yield f"{_named(one)} could not be measured all at once: {why}."
    if found.not_measured:
        yield f"Not measured here: {'; '.join(found.not_measured)}."


_OUTCOMES = {
    "holds": "Together they give it.",
    "no": "Together they do not give it.",
    "unclear": "The interval is too wide to tell.",
}


def _final(one: Reproduced) -> Literal["holds", "no", "unclear"]:
    """By what was measured of several conditions, where it was."""
    return one.measured_verdict or one.verdict


def _distance(one: Reproduced) -> float:
    times = one.measured_times or one.times
    return max(times, 1 / times)


def _named(one: Reproduced) -> str:
    return " + ".join(one.conditions) or "as deployed, warm"
