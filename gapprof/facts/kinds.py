"""What a page's main thread does, in the words of its owner. Pure."""

from typing import Literal

from gapprof.records.gpu_waits import GPU_WAITS
from gapprof.records.trial import IDLE

Kind = Literal[
    "timers",
    "animation",
    "script",
    "style and layout",
    "paint",
    "garbage collection",
    "reading pixels back from the GPU",
    "waiting for the GPU",
    "other work",
]

_OUR_MARKS = "gapprof:"
"""Names of time that the probe marked as a run of the model."""
_MARKING = "UserTiming"
"""Setting those marks."""
_OUR_FOLDERS = ("ort/", "probes_web/")
_BUSY_PAGE = "probes_web/pages/"
_OUR_SLEEP = ("globalThis.scheduler.postTask.", "AbortSignal.timeout.addEventLi")
"""Functions without a name in `probes_web/turns.mjs`, as the engine calls them."""
_RUNTIME_FILES = ("/ort.", "ort-wasm")
"""onnxruntime-web wherever a page of the user's keeps it."""
_BY_NAME: dict[str, Kind] = {
    "TimerFire": "timers",
    "FireAnimationFrame": "animation",
    "PageAnimator::serviceScriptedAnimations": "animation",
    "UpdateLayoutTree": "style and layout",
    "RecalculateStyles": "style and layout",
    "Layout": "style and layout",
    "HitTest": "style and layout",
    "ParseHTML": "style and layout",
    "ParseAuthorStyleSheet": "style and layout",
    "Paint": "paint",
    "PrePaint": "paint",
    "Layerize": "paint",
    "Commit": "paint",
    "UpdateLayer": "paint",
    "UpdateLayerTree": "paint",
    "CompositeLayers": "paint",
    "PaintImage": "paint",
    "Decode Image": "paint",
    **GPU_WAITS,
}
_COLLECTING = ("V8.GC", "MinorGC", "MajorGC", "CppGC", "BlinkGC", "LiveObjectVisitor")
_NAMED = ("TimerFire", "FireAnimationFrame")
"""Without a function these are what our own waiting costs."""
_OVERHEAD = ("ThreadControllerImpl::RunTask", "BlinkScheduler_PerformMicrotaskCheckpoint", "RunTask")
"""Of every task, whoever's it is; quiet pages have it as well."""
_SCRIPT = (
    "EventDispatch",
    "FunctionCall",
    "EvaluateScript",
    "HandlePostMessage",
    "RunMicrotasks",
    "RunPostTaskCallback",
    "FireIdleCallback",
    "v8.",
    "V8.",
)


def kind_of(name: str, detail: str) -> Kind | None:
    """None for what is not the page's: the model, this program, and idle time."""
    if name == IDLE or is_the_model_or_us(name, detail):
        return None
    if name.startswith(_COLLECTING):
        return "garbage collection"
    if name in _OVERHEAD or (name in _NAMED and not detail):
        return None
    if name in _BY_NAME:
        return _BY_NAME[name]
    return ("script" if detail else None) if name.startswith(_SCRIPT) else "other work"


def is_the_model_or_us(name: str, detail: str) -> bool:
    """In a trace of the main thread the model itself is work too; it is no evidence against the page."""
    place = detail.rpartition("(")[2]
    ours = place.startswith(_OUR_FOLDERS) and not place.startswith(_BUSY_PAGE)
    ours = ours or detail.startswith(_OUR_SLEEP)
    return ours or name.startswith((_OUR_MARKS, _MARKING)) or any(sign in place for sign in _RUNTIME_FILES)
