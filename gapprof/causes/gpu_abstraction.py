"""Time lost between WebGPU and the GPU's own interface; a wasm backend has no such thing."""

from dataclasses import replace

from gapprof.facts.case import Case
from gapprof.facts.claim import Cause, Claim, Span
from gapprof.facts.crossing import crossing_told
from gapprof.facts.gpu_children import of_the_boundary
from gapprof.facts.gpu_legs import calls_told
from gapprof.facts.gpu_told import compiled, counted, waiting_told
from gapprof.facts.steps import part
from gapprof.facts.told import resolved_by_side_rungs
from gapprof.records.report import Evidence

_RESTS = Evidence(
    kind="caveat",
    text=(
        "Without a browser a wait for the GPU may end 0.2 ms late: Dawn for Node looks without a pause and "
        "is made to rest, or it would take a core. Of runs of a few ms the browser's part is told too small."
    ),
    value=0.2,
)
_UNSAFE, _NATIVE, _WEB = "replay-native-unsafe", "replay-native", "replay-web"


def _claim(case: Case) -> Claim:
    """The very calls that the library made, replayed: only what stands between them and the GPU differs."""
    safety = part(
        case,
        _UNSAFE,
        _NATIVE,
        child="wgsl-safety",
        title="What keeps shaders safe: zeroed memory, clamped indices, validation",
        phrase="comes with what keeps shaders safe",
        advice="Kernels with less workgroup memory, and indices whose bounds the compiler sees, pay less.",
    )
    boundary = part(
        case,
        _NATIVE,
        _WEB,
        child="browser-boundary",
        title="The way from the page to the GPU: another process, and its queue",
        phrase="comes with the way through the browser to the GPU",
        advice="Fewer, larger dispatches, and fewer readbacks, cross it less often.",
    )
    boundary = replace(boundary, children=tuple(of_the_boundary(case)), evidence=tuple(crossing_told(case)))
    caveat = (_RESTS,) if boundary.steps else ()
    told = (*counted(case), *waiting_told(case), *calls_told(case), *compiled(case))
    return Claim(parts=(safety, boundary), evidence=(*caveat, *told, *resolved_by_side_rungs(case, CAUSE.id)))


def _on_webgl(_case: Case) -> Claim:
    return Claim(why="nothing replays WebGL's calls: what lies below them is in what onnxruntime-web takes")


CAUSE = Cause(
    id="gpu-abstraction",
    title="The browser's layer above the GPU",
    owner="browser",
    advice="Nothing in your page changes this layer; fewer, larger operators cross it less often.",
    phrase="comes with the browser's GPU layer",
    spans=(
        Span(source=_UNSAFE, to=_NATIVE, name="gpu-abstraction/safety"),
        Span(source=_NATIVE, to=_WEB, name="gpu-abstraction/browser"),
    ),
    claims={"webgpu": _claim, "webgl": _on_webgl},
    elsewhere="the wasm backend runs on the CPU alone",
)
