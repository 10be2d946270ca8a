"""Time lost between WebGPU or WebGL and the GPU's own interface; a wasm backend has no such thing."""

from gapprof.facts.case import Case
from gapprof.facts.claim import Cause, Claim


def _claim(case: Case) -> Claim:
    backend = case.recording.begin.settings.backend
    if backend == "wasm":
        return Claim(applicable=False, why="the wasm backend runs on the CPU alone")
    return Claim(why=f"no rung of this version reads it on {backend}")


CAUSE = Cause(
    id="gpu-abstraction",
    title="The browser's layer above the GPU",
    owner="browser",
    advice="Applies to WebGPU and WebGL alone.",
    phrase="comes with the browser's GPU layer",
    spans=(),
    claim=_claim,
)
