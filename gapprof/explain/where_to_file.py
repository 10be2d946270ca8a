"""To whom a report of slow runs belongs: library, browser or driver, by what was measured apart."""

import math
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Literal

from gapprof.explain.headline import CARRIES
from gapprof.facts.adapters import SOFTWARE_SENTENCE, is_software, titled
from gapprof.facts.case import Case
from gapprof.facts.estimates import latency_ms
from gapprof.facts.gpu import adapter, apart
from gapprof.facts.gpu_runs import REPLAY_NATIVE, REPLAY_WEB, SESSION, compiling_ms, course_ms
from gapprof.facts.gpu_told import mean_ms
from gapprof.records.estimate import Estimate
from gapprof.records.gpu import AdapterIdentity
from gapprof.records.report import CauseRow, with_descendants
from gapprof.records.sections.gpu import WhereToFile
from gapprof.stats.verdict import SMALLEST_EFFECT
from gapprof.text import numbers

Project = Literal["library", "browser", "driver"]
_WHO: Mapping[Project, str] = MappingProxyType(
    {
        "library": "onnxruntime (github.com/microsoft/onnxruntime)",
        "browser": "the browser (for Chromium crbug.com, component Blink>WebGPU, which Dawn belongs to)",
        "driver": "the vendor of the graphics driver",
    }
)
_WHOSE: Mapping[str, Project] = MappingProxyType(
    {
        "kernels": "library",
        "library-work": "library",
        "wgsl-safety": "browser",
        "browser-boundary": "browser",
    }
)
"""Part of a cause → who could mend it."""
_MOST_OF = 0.8
"""Of a run: so much of it the GPU is at work for where it alone sets the pace."""
_COLD = 10.0
"""Times a steady run: making pipelines takes so much longer where it is worth a report of its own."""
_YARDSTICK = (
    "How far its kernels are from what this GPU can do no run tells: "
    "`gapprof kernels MODEL --backend webgpu` measures that."
)


def where_to_file(case: Case, causes: Sequence[CauseRow], busy_ms: Estimate | None) -> WhereToFile | None:
    """None where no page named an adapter. `busy_ms`: a run's dispatches together, by the GPU's own clock;
    a GPU that waits between two of them is not at work."""
    on = case.get(adapter)
    if on is None:
        return None
    run_ms = latency_ms(case, SESSION)
    web, native = (mean_ms(compiling_ms(case, rung)) for rung in (REPLAY_WEB, REPLAY_NATIVE))
    why_not = _nothing_to_go_by(case, on)
    project, text = (
        (None, f"Nothing can be filed from this: {why_not}.")
        if why_not
        else _verdict(causes, run_ms, busy_ms, web, native)
    )
    return WhereToFile(
        adapter=titled(on),
        vendor=on.vendor,
        architecture=on.architecture,
        fallback=on.is_fallback,
        run_ms=run_ms,
        submitting_ms=mean_ms(course_ms(case, SESSION, lambda one: one.until_last_submit_ms)),
        gpu_busy_ms=busy_ms,
        compiling_ms=web,
        compiling_native_ms=native,
        project=project,
        text=text,
    )


def _nothing_to_go_by(case: Case, on: AdapterIdentity) -> str:
    """Empty where figures are a GPU's, and one GPU's."""
    if is_software(on):
        return SOFTWARE_SENTENCE
    return "not everything ran on the page's adapter" if case.get(apart) else ""


def _verdict(
    causes: Sequence[CauseRow],
    run_ms: Estimate | None,
    busy_ms: Estimate | None,
    web: Estimate | None,
    native: Estimate | None,
) -> tuple[Project | None, str]:
    """The largest part of a steady run that costs beyond doubt; else a start that is as slow natively."""
    costs = sorted(_costs(causes), key=lambda found: -found[0].point)
    if costs:
        factor, row = costs[0]
        who = _WHOSE[row.id]
        told = numbers.factor_with_interval(factor)
        return who, f'File it with {_WHO[who]}: "{row.title}" makes a run {told} as long.'
    run_ms, busy_ms, web, native = map(_decisive, (run_ms, busy_ms, web, native))
    if run_ms is not None and web is not None and native is not None and _as_slow(web, native, run_ms):
        told = numbers.ms_with_interval(native)
        return "driver", (
            f"File the start with {_WHO['driver']}: pipelines take {told} without a browser as well, which "
            "is what the driver makes of their shaders; no step of a steady run costs beyond doubt."
        )
    if run_ms is not None and busy_ms is not None and busy_ms.low > _MOST_OF * run_ms.high:
        return _where_it_is_busy(causes)
    return None, "No part of a run costs beyond doubt: there is nothing to file yet."


def _where_it_is_busy(causes: Sequence[CauseRow]) -> tuple[Project | None, str]:
    """Of a GPU that is at work for nearly all of a run: whether another maker's kernels take less there."""
    kernels = next((row.factor for row in with_descendants(causes) if row.id == "kernels"), None)
    if kernels is None:
        return None, (
            "The GPU is at work for nearly all of a run: that is onnxruntime's kernels or the driver, and a "
            f"native provider for this GPU (--native-python) tells which. {_YARDSTICK}"
        )
    if kernels.rounds < 2 or math.log(kernels.high) > SMALLEST_EFFECT:
        return None, (
            "The GPU is at work for nearly all of a run: that is onnxruntime's kernels or the driver, and "
            "which of them cannot be told: onnxruntime-web's kernels take "
            f"{numbers.factor_with_interval(kernels)} what the best native ones take. {_YARDSTICK}"
        )
    return "driver", (
        f"File it, if at all, with {_WHO['driver']}: the GPU is at work for nearly all of a run, and the "
        "best native kernels take no less there."
    )


def _costs(causes: Sequence[CauseRow]) -> Iterator[tuple[Estimate, CauseRow]]:
    """Parts that somebody could mend, each with what it costs beyond doubt."""
    for cause in causes:
        for part in cause.children:
            cost = _cost(part, cause) if part.id in _WHOSE else None
            if cost is not None:
                yield cost, part


def _cost(part: CauseRow, cause: CauseRow) -> Estimate | None:
    """The part's factor, or its cause's where that alone is beyond doubt and the part nearly all of it."""
    factor = _decisive(part.factor)
    if factor is None or part.verdict == "costs":
        return factor
    if cause.factor is None or cause.verdict != "costs":
        return None
    of_it = math.log(factor.point) / math.log(cause.factor.point)
    return cause.factor if CARRIES <= of_it <= 1 / CARRIES else None


def _decisive(found: Estimate | None) -> Estimate | None:
    """None of a single round: its bounds are its point, and that is no certainty."""
    return found if found is not None and found.rounds > 1 else None


def _as_slow(web: Estimate, native: Estimate, run_ms: Estimate) -> bool:
    """Whether pipelines take far longer than a run, and no shorter where there is no browser."""
    return native.low > _COLD * run_ms.high and native.high >= web.low
