"""The way to a first result: the rows and sentences that every format shows."""

from collections.abc import Iterator
from dataclasses import dataclass

from gapprof.facts.adapters import SOFTWARE_SENTENCE
from gapprof.records.cold import STAGES_CLOSE
from gapprof.records.sections.cold import Cold, ColdStage, ColdStart
from gapprof.text import numbers

HEADINGS = {
    "cold": "Cold start, ms",
    "warm": "Warm start, ms",
    "code-cached": "Code cached, ms",
    "gpu-cached": "Shaders cached, ms",
}
GPU_HEADINGS = {"cold": "GPU, cold", "warm": "GPU, warm", "gpu-cached": "GPU, cached"}
GPU_COLUMNS = ("pipes", "pipes ms", "waits ms")
"""Pipelines, what they are waited for, what else is waited for on the GPU."""
COMPILERS = "V8's compilers"
COMPILER_COLUMNS = ("functions", "ms", "of lazy")
"""What is within `lazy` is a part of that."""
COLUMNS = ("browser", "compiling", "native")
"""Compiling is a part of what the browser takes."""
CREATION = "A session anew, ms"
KEPT = 0.05
"""A native row is cold where at most so much of its files was in memory."""
_MARK = "*"
_CACHED = {
    "warm": "Of a warm start's files",
    "code-cached": "With a full code cache",
    "gpu-cached": "With shaders and pipelines cached",
}
_FINDS = {"code-cached": "compiled code", "gpu-cached": "shaders and pipelines"}
_THREADS = (
    ("CrRendererMain", "main thread"),
    ("DedicatedWorker", "worker"),
    ("ThreadPool", "background"),
)
"""What the browser calls its threads, by how the name begins."""
_NETWORKS_MBIT_PER_S = (10, 50, 200)
"""For what loopback does not show."""


@dataclass(frozen=True, slots=True)
class StageCells:
    """One stage; cells as `COLUMNS` say."""

    title: str
    cells: tuple[str, str, str]
    begins: float
    """As a share of the browser's whole way ..."""
    takes: float
    """... and so is this."""


def stage_rows(start: ColdStart) -> tuple[StageCells, ...]:
    """The stages in order, and all of them together."""
    found, begun_ms = [], 0.0
    whole_ms = sum(row.web_ms or 0.0 for row in start.rows) or 1.0
    for row in start.rows:
        takes_ms = row.web_ms or 0.0
        share = row.compile_share
        compiling = "" if not share or row.web_ms is None else numbers.bare_ms(share * row.web_ms)
        found.append(
            StageCells(
                title=row.title,
                cells=(_ms(row.web_ms), compiling, _ms(row.native_ms) + (_MARK if _was_kept(row) else "")),
                begins=begun_ms / whole_ms,
                takes=takes_ms / whole_ms,
            )
        )
        begun_ms += takes_ms
    whole = (_ms(start.web_ms), "", _ms(start.native_ms))
    return (*found, StageCells(title="to the first result", cells=whole, begins=0.0, takes=0.0))


def compiler_rows(cold: Cold) -> tuple[tuple[str, tuple[str, str, str]], ...]:
    """Of cold starts: compiler and threads, and cells as `COMPILER_COLUMNS` say."""
    return tuple(
        (
            f"{row.compiler}, {_thread(row.thread)}",
            (
                numbers.plain(row.functions, 0),
                numbers.bare_ms(row.compile_ms),
                numbers.bare_ms(row.lazy_ms) if row.lazy_ms else "",
            ),
        )
        for start in cold.starts
        if start.cache == "cold"
        for row in start.compilers
    )


def _thread(name: str) -> str:
    return next((title for prefix, title in _THREADS if name.startswith(prefix)), name)


def gpu_rows(start: ColdStart) -> tuple[tuple[str, tuple[str, str, str]], ...]:
    """Stages that make pipelines or wait for the GPU; cells as `GPU_COLUMNS` say."""
    return tuple(
        (
            row.title,
            (
                numbers.plain(row.pipelines, 0) if row.pipelines else "",
                numbers.bare_ms(row.pipelines_ms) if row.pipelines else "",
                numbers.bare_ms(row.waits_ms) if row.waits_ms else "",
            ),
        )
        for row in start.gpu
        if row.pipelines or row.waits_ms
    )


def creation_rows(cold: Cold) -> tuple[tuple[str, str, str], ...]:
    """Step, browser, native."""
    return tuple((row.title, _ms(row.web_ms), _ms(row.native_ms)) for row in cold.creation)


def cold_sentences(cold: Cold) -> Iterator[str]:
    """What the stages do not say: the network, the compilers, the runs after the first, how true it is."""
    if cold.software:
        yield f"{SOFTWARE_SENTENCE[0].upper()}{SOFTWARE_SENTENCE[1:]}."
    for start in cold.starts:
        yield from _fetched(start)
        if start.cache == "cold":
            yield from _made_on_gpu(start)
            yield from _compiled(start)
            yield from _steady(start)
            yield from _from_disk(start)
        if start.why:
            yield f"Not all is told of the {start.cache} start: {start.why}."
    yield from _spared(cold)
    if cold.code_cache:
        yield f"{cold.code_cache[0].upper()}{cold.code_cache[1:]}."
    if cold.gpu_cache:
        yield f"{cold.gpu_cache[0].upper()}{cold.gpu_cache[1:]}."
    yield from _disturbed(cold)
    if cold.closure is not None:
        apart = abs(cold.closure - 1)
        yield (
            f"The stages add up to what was seen from outside within {numbers.percent(apart)}"
            + (", more than the 3 % that they should." if apart > STAGES_CLOSE else ".")
        )
    if cold.observer_ratio is not None:
        yield (
            "What is compiled when is told by starts of their own, under the browser's tracing, which take "
            f"{numbers.factor(cold.observer_ratio)} as long."
        )


def _was_kept(row: ColdStage) -> bool:
    return row.native_kept_share is not None and row.native_kept_share > KEPT


def _from_disk(start: ColdStart) -> Iterator[str]:
    """Whether what is natively called cold was."""
    known = [row.native_read_bytes for row in start.rows if row.native_read_bytes is not None]
    if not known:
        return
    kept = [
        f"{numbers.percent(row.native_kept_share)} of those of {row.title}"
        for row in start.rows
        if row.native_kept_share is not None and _was_kept(row)
    ]
    yield (
        f"Natively a cold start has {numbers.size(sum(known))} read from the disk"
        + (
            f"; {_MARK} of its files the system kept in memory {' and '.join(kept)}, though it was asked to "
            "forget them: running programs use them."
            if kept
            else "; of its files nothing worth speaking of was left in memory."
        )
    )


def _disturbed(cold: Cold) -> Iterator[str]:
    if cold.starts_disturbed or cold.starts_repeated:
        yield (
            f"Other programs were at work during {cold.starts_disturbed} of the {cold.starts_counting} "
            f"starts that count; {cold.starts_repeated} more were made again for that and do not."
        )


def _fetched(start: ColdStart) -> Iterator[str]:
    if start.cache == "cold" and start.fetched_bytes:
        seconds = ", ".join(
            f"{numbers.plain(start.fetched_bytes * 8 / (speed * 1e6), 1)} s at {speed} Mbit/s"
            for speed in _NETWORKS_MBIT_PER_S
        )
        yield (
            f"{numbers.size(start.fetched_bytes)} come over loopback here; over a network they would take "
            f"{seconds}."
        )
    if start.cache != "cold" and start.cached_bytes:
        found = {True: "compiled code too", False: "no compiled code", None: ""}[start.code_cached]
        name = _CACHED[start.cache]
        yield (
            f"{name} {numbers.size(start.cached_bytes)} come out of the browser's cache"
            + (f", {found}." if found else ".")
            + (f" {numbers.size(start.fetched_bytes)} are fetched again." if start.fetched_bytes else "")
        )


def _compiled(start: ColdStart) -> Iterator[str]:
    if start.compiled_functions:
        optimised = ""
        if start.optimised_ms:
            took = numbers.ms(start.optimised_ms)
            optimised = f"; beside it V8's optimising tier works {took} on threads of its own"
        yield (
            f"{numbers.plain(start.compiled_functions, 0)} functions are compiled when they are first called"
            f"{optimised}."
        )


def _steady(start: ColdStart) -> Iterator[str]:
    if start.web_runs_until_steady is None or start.web_until_steady_ms is None:
        return
    if not start.web_runs_until_steady:
        yield "Behind the first run no change is seen in what runs take in the browser."
        return
    natively = start.native_runs_until_steady
    beside = "" if natively is None else f"; natively after {_runs(natively)}"
    yield (
        f"Behind the first run, runs take what they go on to take after "
        f"{_runs(start.web_runs_until_steady)} ({numbers.ms(start.web_until_steady_ms)}){beside}."
    )


def _made_on_gpu(start: ColdStart) -> Iterator[str]:
    if not start.gpu:
        return
    shaders, pipelines = sum(row.shaders for row in start.gpu), sum(row.pipelines for row in start.gpu)
    took_ms = sum(row.pipelines_ms for row in start.gpu)
    yield (
        f"On the way to its first result the page has {_counted(shaders, 'shader')} and "
        f"{_counted(pipelines, 'pipeline')} made, for {numbers.ms(took_ms)} of which at least one pipeline "
        "is not ready."
    )
    first = next((row for row in start.gpu if row.stage == "first-run"), None)
    if first is not None and start.gpu_steady_waits_ms is not None:
        yield (
            f"The first run waits {numbers.ms(first.waits_ms)} for the GPU, at times while it waits for a "
            f"pipeline as well; a steady one waits {numbers.ms(start.gpu_steady_waits_ms)}: what is compiled "
            "only when it is used first is in the difference."
        )


def _spared(cold: Cold) -> Iterator[str]:
    in_browser: dict[str, float | None] = {start.cache: start.web_ms for start in cold.starts}
    before = in_browser.get("cold")
    if not before:
        return
    warm = in_browser.get("warm")
    if warm is not None:
        yield f"A warm start takes {numbers.factor(warm / before)} what a cold one takes in the browser."
    for cache, finds in _FINDS.items():
        found = in_browser.get(cache)
        if found is not None:
            yield f"One that finds {finds} as well takes {numbers.factor(found / before)}."


def _counted(count: float, what: str) -> str:
    return f"{numbers.plain(count, 0)} {what}{'' if count == 1 else 's'}"


def _runs(count: float) -> str:
    return "none" if count == 0 else f"{numbers.plain(count, 0)} more"


def _ms(value: float | None) -> str:
    return "" if value is None else numbers.bare_ms(value)
