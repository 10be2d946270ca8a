"""What a trace tells of V8's compilers, on events made up for it."""

from collections.abc import Iterator

from gapprof.browser.tracing import Event
from gapprof.cold.compiling import code_cached, compiled, compilers, optimised_ms

PAGE, MAIN, POOL, OTHER = 7, 1, 2, 8


def span(name: str, at_ms: float, took_ms: float, *, pid: int = PAGE, tid: int = MAIN) -> Event:
    return {"name": name, "ph": "X", "pid": pid, "tid": tid, "ts": at_ms * 1e3, "dur": took_ms * 1e3}


def stage(name: str, at_ms: float, until_ms: float) -> Iterator[Event]:
    for sign, moment in (("b", at_ms), ("e", until_ms)):
        yield {"name": f"gapprof:stage:{name}", "ph": sign, "pid": PAGE, "tid": MAIN, "ts": moment * 1e3}


STAGES = (*stage("import", 0, 10), *stage("session", 10, 100), *stage("first-run", 100, 150))


def test_functions_are_counted_where_they_are_compiled_and_on_the_models_thread_alone() -> None:
    events = [
        *STAGES,
        span("wasm.CompileLazy", 20, 3),
        span("wasm.CompileBaseline", 20.5, 2),
        span("wasm.CompileLazy", 30, 4),
        span("wasm.CompileLazy", 120, 5),
        span("wasm.CompileLazy", 40, 9, tid=POOL),
        span("wasm.CompileLazy", 40, 9, pid=OTHER),
        span("wasm.CompileLazy", 200, 9),
    ]
    found = {one.stage: (one.functions, one.compile_ms) for one in compiled(events)}
    assert found == {"session": (2, 7.0), "first-run": (1, 5.0)}


def test_the_optimising_tier_counts_on_all_threads_of_the_page() -> None:
    events = [
        *STAGES,
        span("wasm.TopTierCompilation", 20, 30, tid=POOL),
        span("wasm.TopTierCompilation", 300, 10, tid=POOL),
        span("wasm.TopTierCompilation", 20, 99, pid=OTHER),
    ]
    assert optimised_ms(events) == (30.0, 10.0)


def named(tid: int, name: str) -> Event:
    return {"name": "thread_name", "ph": "M", "pid": PAGE, "tid": tid, "args": {"name": name}}


def test_each_compiler_is_counted_by_threads_and_baseline_within_lazy_apart() -> None:
    events = [
        *STAGES,
        named(MAIN, "CrRendererMain"),
        named(POOL, "ThreadPool"),
        span("wasm.CompileLazy", 20, 3),
        span("wasm.CompileBaseline", 20.5, 2),
        span("wasm.CompileLazy", 30, 4),
        span("wasm.CompileBaseline", 31, 1),
        span("wasm.CompileBaseline", 50, 5),
        span("wasm.CompileBaseline", 20.5, 2, tid=POOL),
        span("wasm.TopTierCompilation", 60, 30, tid=POOL),
        span("wasm.TopTierCompilation", 60, 30, pid=OTHER),
    ]
    found = [
        (one.compiler, one.thread, one.functions, one.compile_ms, one.lazy_ms) for one in compilers(events)
    ]
    assert found == [
        ("lazy", "CrRendererMain", 2, 7.0, 0.0),
        ("baseline", "CrRendererMain", 3, 8.0, 3.0),
        ("baseline", "ThreadPool", 1, 2.0, 0.0),
        ("optimising", "ThreadPool", 1, 30.0, 0.0),
    ]


def test_a_hit_of_the_code_cache_is_seen() -> None:
    assert not code_cached(STAGES)
    assert code_cached([*STAGES, span("v8.wasm.moduleCacheHit", 12, 0)])


def test_a_trace_without_marks_tells_nothing() -> None:
    events = [span("wasm.CompileLazy", 20, 3), span("wasm.TopTierCompilation", 20, 3)]
    assert compiled(events) == ()
    assert optimised_ms(events) == ()
    assert compilers(events) == ()
