"""What a trace tells of V8's compilers during a start. Pure."""

from collections.abc import Iterator, Sequence

from gapprof.browser.slices import complete, marked
from gapprof.browser.tracing import Event
from gapprof.records.cold import WEB_STAGES, Compiled

CATEGORIES = ("v8.wasm", "disabled-by-default-devtools.timeline")
"""`wasm.CompileLazy` and `wasm.TopTierCompilation` are in the first; what came from a cache in the second.
More would say more of single functions, and slow them down."""
_LAZY, _OPTIMISING = "wasm.CompileLazy", "wasm.TopTierCompilation"
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
    for stage in WEB_STAGES:
        for begin, end in marked(events, f"{_STAGE}{stage}"):
            inside = [ms for at, ms in spans if begin <= at < end]
            if inside:
                found.append(Compiled(stage=stage, functions=len(inside), compile_ms=sum(inside)))
    return tuple(found)


def optimised_ms(events: Sequence[Event]) -> tuple[float, ...]:
    """Of each piece of work of the optimising tier, on whatever thread, in processes that mark stages."""
    pids = {event["pid"] for event in events if _marks_a_stage(event)}
    return tuple(_durations(events, _OPTIMISING, pids))


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
