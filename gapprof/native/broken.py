"""What went wrong in a worker, as a `Failure` that says whose fault it is."""

import sys
import traceback

from gapprof.native.isa.ceiling import CeilingError
from gapprof.native.profile_file import ProfileError
from gapprof.native.runtime import ProviderError, UnfitModelError
from gapprof.records.job import Job
from gapprof.records.trial import Failure
from gapprof.text.refusals import readable

_LONGEST_MESSAGE, _LONGEST_DETAIL = 2_000, 8_000
_MEMORY_WORDS = (
    "bad_alloc",
    "bad allocation",
    "out of memory",
    "failed to allocate memory",
    "cannot allocate memory",
    "failed to map segment",
    "memoryerror",
    "memory allocation failed",
    "memory allocation still failed",
)
_MEMORY_HINT = "Close other programs, or try a smaller model or input."


def failure(job: Job, *, phase: str, kind: str, message: str, hint: str = "", detail: str = "") -> Failure:
    """A failed visit; the caller of the backend fills in when and which attempt."""
    return Failure(
        rung=job.rung,
        round=job.round,
        started_s=0.0,
        ended_s=0.0,
        phase=phase,
        kind=kind,
        message=message[:_LONGEST_MESSAGE],
        hint=hint,
        detail=detail[-_LONGEST_DETAIL:],
    )


def expected() -> tuple[type[Exception], ...]:
    """What a worker may meet: onnxruntime's own errors, where it was imported, and those beside it.

    Read where something was raised: nothing is imported for it, and a ceiling comes before onnxruntime.
    """
    state = sys.modules.get("onnxruntime.capi.onnxruntime_pybind11_state")
    found = vars(state).values() if state is not None else ()
    own = [one for one in found if isinstance(one, type) and issubclass(one, Exception)]
    return (
        CeilingError,
        ProfileError,
        ProviderError,
        UnfitModelError,
        ImportError,
        OSError,
        RuntimeError,
        MemoryError,
        *own,
    )


def failure_of(error: Exception, job: Job, phase: str) -> Failure:
    """The failure that an exception in a worker amounts to."""
    detail = "".join(traceback.format_exception(error))
    text = str(error)
    if isinstance(error, MemoryError) or speaks_of_memory(text):
        return out_of_memory(job, phase, said=cleaned(text, job), detail=detail)
    kind, message, hint = _judged(error, text)
    return failure(job, phase=phase, kind=kind, message=cleaned(message, job), hint=hint, detail=detail)


def out_of_memory(job: Job, phase: str, *, said: str, detail: str) -> Failure:
    """The failure of a worker that got no more memory; `said` is what the runtime said, if anything."""
    message = "the native worker ran out of memory" + (f": {said}" if said else "")
    return failure(job, phase=phase, kind="out-of-memory", message=message, hint=_MEMORY_HINT, detail=detail)


def speaks_of_memory(text: str) -> bool:
    """Whether a message of onnxruntime, the C++ runtime or the loader is about memory that it did not get."""
    lowered = text.lower()
    return any(words in lowered for words in _MEMORY_WORDS)


def cleaned(message: str, job: Job) -> str:
    """One line without the model's path, which the reader knows and a recording must not hold."""
    return readable(message.replace(job.model_path, "the model file"))


def _judged(error: Exception, text: str) -> tuple[str, str, str]:
    """Kind, message and hint."""
    match error:
        case CeilingError():
            hint = "The rungs without a ceiling are not touched by this; `simd` can only be estimated."
            return "environment", text, hint
        case ImportError():
            return "environment", f"onnxruntime cannot be imported: {text}", "Install gapprof again."
        case UnfitModelError():
            return "model", text, ""
        case ProviderError():
            return "environment", text, "Its driver, or a library that it needs, may be missing or too old."
        case ProfileError():
            return "environment", text, "Operator times are missing for this rung; nothing else is."
        case OSError():
            return "environment", text, "Was a file of this run removed, or is the disk full?"
        case _:  # what onnxruntime says of a model
            return "model", text, ""
