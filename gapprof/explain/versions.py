"""Which programs the figures are of, in their own words: what a second run must have alike to compare."""

from gapprof.facts.adapters import titled
from gapprof.facts.case import Case
from gapprof.facts.cells import counting
from gapprof.facts.gpu import adapter
from gapprof.facts.gpu_build import served
from gapprof.facts.ladder import planned
from gapprof.records.trial import Seen
from gapprof.text.names import harmless

_DIGEST = 12
_WORD = 240


def versions(case: Case) -> dict[str, str]:
    """Program → version, of both sides' first trials; a side without trials says nothing.

    Where the model ran on a GPU, which GPU it was and the driver's own words count as programs do.
    """
    native, web = _seen(case, "native"), _seen(case, "chromium")
    build, on = case.get(served), adapter(case)
    found = {
        "onnxruntime": native.runtime_version if native else None,
        "onnxruntime-web": web.runtime_version if web else None,
        "wasm": web.wasm_sha256[:_DIGEST] if web and web.wasm_sha256 else None,
        "browser": web.engine_version if web else None,
        "build": build.build if build else None,
        "adapter": titled(on) if on else None,
        "driver": on.driver if on else None,
    }
    return {program: harmless(version, _WORD) for program, version in found.items() if version}


def _seen(case: Case, backend: str) -> Seen | None:
    """Side rungs that serve another build of onnxruntime-web are not what the report is of."""
    steps = case.get(planned)
    for trial in case.get(counting):
        step = steps.get(trial.rung)
        if step is not None:
            asked = step.rung.environment
            if asked.backend == backend and asked.build == "served":
                return trial.seen
    return None
