"""The start-up by stages, kept apart from the steady gap."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Literal

from gapprof.facts.adapters import is_software
from gapprof.facts.case import Case
from gapprof.facts.contention import trials_of
from gapprof.facts.gpu import adapter
from gapprof.facts.ladder import ends
from gapprof.facts.started import (
    Creation,
    compile_share,
    compiled_functions,
    compilers,
    creation,
    kept_share,
    made_on_gpu,
    observer_ratio,
    read_bytes,
    settled,
    stages_ms,
    stages_over_observed,
    starts,
    steady_waits_ms,
    to_first_result_ms,
    traced_starts,
    visits,
    web_starts,
)
from gapprof.records.cold import EVERY_CACHE, EVERY_WEB_STAGE, NATIVE_CACHES, Cache, Start
from gapprof.records.sections.cold import (
    Cold,
    ColdRow,
    ColdStage,
    ColdStart,
    CompilerRow,
    CreationRow,
    GpuStage,
)

_ORDER = ("process", "browser", "page", "import", "fetch", "compile", "create", "first_run")
_FIRST = "first_run"
_STAGES = ("process", *EVERY_WEB_STAGE)
_TITLES: Mapping[str, str] = {
    "process": "process",
    "page": "page",
    "worker": "worker",
    "import": "library",
    "fetch": "model fetched",
    "glue": "glue and threads",
    "wasm-fetch": "wasm fetched",
    "wasm-compile": "wasm compiled",
    "setup": "library set up",
    "adapter": "GPU adapter",
    "device": "GPU device",
    "session": "session created",
    "inputs": "tensors made",
    "first-run": "first run",
}


def cold(case: Case) -> Cold:
    """Rows by the ladder's trials; starts where they were taken apart."""
    found = tuple(start for cache in EVERY_CACHE if (start := _start(case, cache)) is not None)
    seen, gpu = case.get(visits), adapter(case)
    return Cold(
        rows=_rows(case),
        starts=found,
        creation=_creation(case),
        closure=max(
            map(stages_over_observed, web_starts(case)), key=lambda ratio: abs(ratio - 1), default=None
        ),
        observer_ratio=observer_ratio(case),
        code_cache=_code_cache(case),
        gpu_cache=_gpu_cache(case),
        software=bool(found) and gpu is not None and is_software(gpu),
        starts_counting=seen.counting,
        starts_disturbed=seen.disturbed,
        starts_repeated=seen.struck,
        why="" if found else Cold(rows=()).why,
    )


def _code_cache(case: Case) -> str:
    """Empty where nobody looked."""
    cold_starts = [one for one in starts(case, "web", "cold") if one.code_kept is not None]
    if not cold_starts:
        return ""
    kept = sum(one.code_kept is True for one in cold_starts)
    by_itself = (
        f"after {kept} of {len(cold_starts)} cold starts V8 had left compiled wasm in the code cache by "
        "itself: by its own rule it waits for 1 MB of optimised code, or for 2 s in which nothing more is "
        "compiled"
    )
    cached = starts(case, "web", "code-cached")
    if any(one.gpu_made for one in cold_starts):
        return by_itself
    if not cached:
        return f"{by_itself}; told to keep what it had, it left none either"
    flags = " ".join(dict.fromkeys(flag for one in cached for flag in one.v8_flags))
    return f"{by_itself}; for the starts with a full code cache it was told to keep what it had ({flags})"


def _gpu_cache(case: Case) -> str:
    """Empty on the processor."""
    found = starts(case, "web", "gpu-cached")
    if not found:
        return ""
    known = [one.gpu_kept for one in found if one.gpu_kept is not None]
    if not known:
        return "what the browser keeps of shaders and pipelines is in a form that gapprof does not know"
    if not any(known):
        return "the browser had left nothing in its cache of shaders and pipelines"
    return (
        f"a start before had left {median(known):.0f} entries in the browser's cache of shaders and pipelines"
    )


def _rows(case: Case) -> tuple[ColdRow, ...]:
    """One row per stage that either side names, in order of time; medians over trials of native and web."""
    native, web = (_stages(case, rung) for rung in case.get(ends))
    stages = sorted({*native, *web}, key=lambda stage: (_place(stage), stage))
    return tuple(
        ColdRow(
            stage=stage,
            native_ms=native.get(stage),
            web_ms=web.get(stage),
            why="" if stage in native and stage in web else _why(stage, native, web),
        )
        for stage in stages
    )


def _start(case: Case, cache: Cache) -> ColdStart | None:
    web, native, traced = (
        starts(case, "web", cache),
        starts(case, "native", cache),
        traced_starts(case, cache),
    )
    if not web and not native:
        return None
    in_page, natively = settled(web), settled(native)
    missing = [
        name
        for name, some in (("the browser", web), ("native", native))
        if not some and (name != "native" or cache in NATIVE_CACHES)
    ]
    return ColdStart(
        cache=cache,
        rows=_stage_rows(web, native, traced),
        web_ms=to_first_result_ms(web),
        native_ms=to_first_result_ms(native),
        fetched_bytes=_bytes(web, from_cache=False),
        cached_bytes=_bytes(web, from_cache=True),
        code_cached=any(one.code_cached for one in traced) if traced else None,
        compiled_functions=compiled_functions(traced),
        compilers=tuple(
            CompilerRow(
                compiler=one.compiler,
                thread=one.thread,
                functions=one.functions,
                compile_ms=one.compile_ms,
                lazy_ms=one.lazy_ms,
            )
            for one in compilers(traced)
        ),
        optimised_ms=_middle([one.optimised_ms for one in traced]),
        web_runs_until_steady=in_page.runs if in_page else None,
        web_until_steady_ms=in_page.ms if in_page else None,
        native_runs_until_steady=natively.runs if natively else None,
        native_until_steady_ms=natively.ms if natively else None,
        gpu=tuple(
            GpuStage(
                stage=one.stage,
                title=_TITLES[one.stage],
                shaders=one.shaders,
                shaders_ms=one.shaders_ms,
                pipelines=one.pipelines,
                pipelines_ms=one.pipelines_ms,
                submits=one.submits,
                waits_ms=one.waits_ms,
            )
            for one in made_on_gpu(web)
        ),
        gpu_steady_waits_ms=steady_waits_ms(web),
        why=f"{' and '.join(missing)} was not started" if missing else "" if traced else "nothing was traced",
    )


def _stage_rows(
    web: Sequence[Start], native: Sequence[Start], traced: Sequence[Start]
) -> tuple[ColdStage, ...]:
    in_page, natively = stages_ms(web), stages_ms(native)
    return tuple(
        ColdStage(
            stage=stage,
            title=_TITLES[stage],
            web_ms=in_page.get(stage),
            native_ms=natively.get(stage),
            compile_share=compile_share(traced, stage),
            native_read_bytes=read_bytes(native, stage),
            native_kept_share=kept_share(native, stage),
            why="" if stage in in_page and stage in natively else _why(stage, natively, in_page),
        )
        for stage in _STAGES
        if stage in in_page or stage in natively
    )


def _creation(case: Case) -> tuple[CreationRow, ...]:
    web, native = creation(case, "web"), creation(case, "native")
    if web is None and native is None:
        return ()
    steps: Sequence[tuple[Literal["parse", "optimise", "prepack", "rest", "whole"], str]] = (
        ("parse", "model read"),
        ("optimise", "graph optimised"),
        ("prepack", "weights prepacked"),
        ("rest", "all else"),
        ("whole", "all of it"),
    )
    return tuple(
        CreationRow(step=step, title=title, web_ms=_of(web, step), native_ms=_of(native, step))
        for step, title in steps
    )


def _of(one: Creation | None, step: str) -> float | None:
    if one is None:
        return None
    return {
        "parse": one.parse_ms,
        "optimise": one.optimise_ms,
        "prepack": one.prepack_ms,
        "rest": one.rest_ms,
        "whole": one.usual_ms,
    }[step]


def _bytes(web: Sequence[Start], *, from_cache: bool) -> float | None:
    if not web:
        return None
    return median(sum(f.size_bytes for f in one.files if f.from_cache == from_cache) for one in web)


def _middle(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _why(stage: str, native: Mapping[str, float], web: Mapping[str, float]) -> str:
    missing = " and ".join(
        side for side, stages in (("native", native), ("the browser", web)) if stage not in stages
    )
    return f"{missing} has no such stage, or was not measured"


def _stages(case: Case, rung: str) -> Mapping[str, float]:
    found: dict[str, list[float]] = {}
    for trial in trials_of(case, rung):
        stages = dict(trial.cold_ms)
        if trial.warmup_ms:
            stages.setdefault(_FIRST, trial.warmup_ms[0])
        for stage, ms in stages.items():
            found.setdefault(stage, []).append(ms)
    return {stage: median(values) for stage, values in found.items()}


def _place(stage: str) -> int:
    return _ORDER.index(stage) if stage in _ORDER else len(_ORDER) - 1
