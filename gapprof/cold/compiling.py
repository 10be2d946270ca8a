"""What a trace tells of V8's compilers during a start. Pure."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from gapprof.browser.slices import complete, marked, thread_names
from gapprof.browser.tracing import Event
from gapprof.records.cold import EVERY_WEB_STAGE, Compiled, Compiler, Compiling

CATEGORIES = (
    "v8.wasm",
    "disabled-by-default-v8.wasm.detailed",
    "disabled-by-default-devtools.timeline",
)
"""`wasm.CompileLazy` and `wasm.TopTierCompilation` are in the first, `wasm.CompileBaseline` in the second;
what came from a cache in the third."""
_LAZY, _OPTIMISING = "wasm.CompileLazy", "wasm.TopTierCompilation"
_COMPILERS: Mapping[str, Compiler] = {
    _LAZY: "lazy",
    "wasm.CompileBaseline": "baseline",
    _OPTIMISING: "optimising",
}
_CACHE_HIT = "v8.wasm.moduleCacheHit"
_STAGE = "gapprof:stage:"


def compiled(events: Sequence[Event]) -> tuple[Compiled, ...]:
    """Functions that the thread with the model compiled when it first called them, by stage."""
    threads = {(event["pid"], event["tid"]) for event in events if _marks_a_stage(event)}
    spans = [
        (float(event["ts"]), float(event["dur"]) / 1e3)
        for event in complete(events)
        if event["name"] == _LAZY and (event["pid"], event["tid"]) in threads
    ]
    found = []
    for stage in EVERY_WEB_STAGE:
        for begin, end in marked(events, f"{_STAGE}{stage}"):
            inside = [ms for at, ms in spans if begin <= at < end]
            if inside:
                found.append(Compiled(stage=stage, functions=len(inside), compile_ms=sum(inside)))
    return tuple(found)


def optimised_ms(events: Sequence[Event]) -> tuple[float, ...]:
    """Of each piece of work of the optimising tier, on whatever thread, in processes that mark stages."""
    pids = {event["pid"] for event in events if _marks_a_stage(event)}
    return tuple(_durations(events, _OPTIMISING, pids))


def compilers(events: Sequence[Event]) -> tuple[Compiling, ...]:
    """What each of V8's compilers did on which threads of the processes that mark stages, in the order of
    `_COMPILERS`."""
    pids, names = {event["pid"] for event in events if _marks_a_stage(event)}, thread_names(events)
    spans: dict[str, dict[tuple[int, int], list[tuple[float, float]]]] = {}
    for event in complete(events):
        if event["name"] in _COMPILERS and event["pid"] in pids:
            begin, thread = float(event["ts"]), (event["pid"], event["tid"])
            by_thread = spans.setdefault(event["name"], defaultdict(list))
            by_thread[thread].append((begin, begin + float(event["dur"])))
    found: dict[tuple[Compiler, str], Compiling] = {}
    for event_name, compiler in _COMPILERS.items():
        for thread, worked in spans.get(event_name, {}).items():
            key = (compiler, names.get(thread, "unnamed"))
            lazy = sorted(spans.get(_LAZY, {}).get(thread, ())) if compiler == "baseline" else []
            before = found.get(key)
            found[key] = Compiling(
                compiler=compiler,
                thread=key[1],
                functions=len(worked) + (before.functions if before else 0),
                compile_ms=_ms(worked) + (before.compile_ms if before else 0.0),
                lazy_ms=_ms([one for one in worked if _within(one, lazy)])
                + (before.lazy_ms if before else 0.0),
            )
    return tuple(found.values())


def _ms(spans: Sequence[tuple[float, float]]) -> float:
    return sum(end - begin for begin, end in spans) / 1e3


def _within(one: tuple[float, float], outer: Sequence[tuple[float, float]]) -> bool:
    """Whether it lies in one of these, which follow one another."""
    place = bisect_right(outer, one[0], key=lambda span: span[0]) - 1
    return place >= 0 and one[1] <= outer[place][1]


def code_cached(events: Sequence[Event]) -> bool:
    """Whether the browser had compiled code of the wasm in its cache."""
    return any(event.get("name") == _CACHE_HIT for event in events)


def _durations(events: Sequence[Event], name: str, pids: set[int]) -> Iterator[float]:
    return (
        float(event["dur"]) / 1e3
        for event in complete(events)
        if event["name"] == name and event["pid"] in pids
    )


def _marks_a_stage(event: Event) -> bool:
    return str(event.get("name", "")).startswith(_STAGE)
