"""The start-up by stages, kept apart from the steady gap."""

from collections.abc import Mapping
from statistics import median

from gapprof.facts.case import Case
from gapprof.facts.cells import ENDS
from gapprof.facts.contention import trials_of
from gapprof.records.report import Cold, ColdRow

_ORDER = ("process", "browser", "page", "import", "fetch", "compile", "create", "first_run")
_FIRST = "first_run"


def cold(case: Case) -> Cold:
    """One row per stage that either side names, in order of time; medians over trials of native and web."""
    native, web = (_stages(case, rung) for rung in ENDS)
    stages = sorted({*native, *web}, key=lambda stage: (_place(stage), stage))
    return Cold(
        rows=tuple(
            ColdRow(
                stage=stage,
                native_ms=native.get(stage),
                web_ms=web.get(stage),
                why="" if stage in native and stage in web else _why(stage, native, web),
            )
            for stage in stages
        )
    )


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
