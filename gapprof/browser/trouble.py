"""What can go wrong on a visit to a page, and the `Failure` that says so."""

import contextlib
import re
import zlib
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from gapprof.records.environment import MOUNTLESS
from gapprof.records.job import Job
from gapprof.records.trial import Failure
from gapprof.records.wire.trouble import Broke
from gapprof.text.lacking import hint_of, lacking, lacking_in_118
from gapprof.text.refusals import readable

_MEMORY = re.compile(
    r"out of memory|\boom\b|bad_alloc|allocation failed|could not allocate memory|failed to allocate memory"
)
_ABORTS = ("aborted(", "runtimeerror: unreachable", "is out of bounds", "memory access out of bounds")
_MODEL = (
    "error_code",
    "error code",
    "can't create a session",
    "failed to load model",
    "no such file",
)
"""onnxruntime-web's own words: a code is in all that its wasm reports, of a creation and of a run."""


class _OfTheGpu(NamedTuple):
    """What a page throws where its GPU is at fault, and what that means."""

    words: tuple[str, ...]
    """In small letters, any of them."""
    said: str
    hint: str


_GPU = (
    _OfTheGpu(
        words=("failed to get gpu adapter", "webgpu is not supported", "navigator.gpu"),
        said="this browser gives the page no WebGPU",
        hint="`gapprof doctor` says what is missing; --backend webgpu,wasm goes on with the processor.",
    ),
    _OfTheGpu(
        words=("jspi is not supported",),
        said="this browser has no JSPI, which this build of onnxruntime-web for WebGPU is made for",
        hint="Try a newer browser (--browser PATH), a folder with another build (--web-dist), or "
        "--backend wasm.",
    ),
    _OfTheGpu(
        words=("webgl is not supported",),
        said="this browser gives the page no WebGL",
        hint="chrome://gpu says why; --backend webgl,wasm goes on with the processor.",
    ),
    _OfTheGpu(
        words=("device was lost", "device is lost", "device lost"),
        said="the GPU device was lost",
        hint="Drivers end what holds a GPU for long or fills it: try a smaller model, or --backend wasm.",
    ),
    _OfTheGpu(
        words=("gpuoutofmemoryerror", "too large for the implementation when mapped"),
        said="the GPU is out of memory",
        hint="Try a smaller model, close what else uses the GPU, or try --backend wasm.",
    ),
    _OfTheGpu(
        words=("exceeds the max buffer size limit",),
        said="the model needs a larger buffer than this GPU allows",
        hint="Try a smaller model, or --backend wasm.",
    ),
    _OfTheGpu(
        words=("no cached or pending pipeline", "error while parsing wgsl", "invalid shadermodule"),
        said="a shader does not compile, so the GPU has no pipeline of it",
        hint="Try another browser (--browser PATH), a newer driver, or --backend wasm.",
    ),
)


class VisitError(Exception):
    """Ends a visit; becomes a `Failure` at the backend's edge, with the same words; never seen beyond."""

    def __init__(self, message: str, *, kind: str, phase: str = "", hint: str = "", detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.kind = kind
        self.phase = phase
        """Empty: whatever the visit was doing."""
        self.hint = hint
        self.detail = detail


@contextlib.contextmanager
def reading(what: str) -> Iterator[None]:
    """Whatever cannot be made sense of in what the browser or the page sent ends the visit."""
    try:
        yield
    except (LookupError, ValueError, TypeError, zlib.error, msgspec.MsgspecError) as error:
        raise VisitError(
            f"the browser's {what} cannot be read: {type(error).__name__}: {error}",
            kind="page",
            hint="Try another Chromium: --browser PATH; `gapprof doctor` says what is there.",
        ) from error


def trouble_of(broke: Broke) -> VisitError:
    """What the page threw, sorted: memory, a wasm abort, the model, or anything else of the page."""
    text = f"{broke.name}: {broke.message}".lower()
    gpu = next((one for one in _GPU if any(word in text for word in one.words)), None)
    if gpu is not None:
        said = f"{gpu.said}: {readable(broke.message)}"
        return VisitError(said, kind="environment", phase=broke.phase, hint=gpu.hint, detail=broke.stack)
    kind = "page"
    if _MEMORY.search(text):
        kind = "out-of-memory"
    elif any(word in text for word in _ABORTS):
        kind = "crash"
    elif any(word in text for word in _MODEL):
        kind = "model"
    said = readable(broke.message) if kind == "model" else f"{broke.name}: {broke.message}"
    return VisitError(said, kind=kind, phase=broke.phase, detail=broke.stack)


def failure(job: Job, trouble: VisitError, *, phase: str) -> Failure:
    """The record; `started_s` and `ended_s` are the caller's to fill.

    Where it is known what the build lacks, that is the message, and what was thrown stands in the detail.
    """
    ended_in = trouble.phase or phase
    lacks = _lacks(job, trouble, ended_in)
    return Failure(
        rung=job.rung,
        round=job.round,
        started_s=0.0,
        ended_s=0.0,
        phase=ended_in,
        kind="model" if lacks else trouble.kind,
        message=lacks or trouble.message,
        hint=trouble.hint or (hint_of(trouble.message) if job.external_data and not lacks else ""),
        detail=trouble.detail or (trouble.message if lacks else ""),
    )


def _lacks(job: Job, trouble: VisitError, phase: str) -> str:
    if job.setting.build not in MOUNTLESS:
        return lacking(trouble.message, library="onnxruntime-web")
    said = lacking_in_118 if phase == "create" else lacking
    return said(trouble.message, library="onnxruntime-web 1.18")
