"""What the end of a worker without an answer means."""

from gapprof.native.broken import cleaned, failure, out_of_memory, speaks_of_memory
from gapprof.native.process import Ended
from gapprof.native.signals import signal_name
from gapprof.records.job import Job
from gapprof.records.trial import Failure
from gapprof.text.refusals import last_words

_KILLED_BY = "the native worker was killed by"
_OWN_MAKING = ("SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGSEGV", "SIGTRAP")
_HINTS = {
    "SIGILL": "onnxruntime used an instruction that this CPU lacks, or the instruction ceiling went wrong.",
    "SIGKILL": "The system kills processes when memory runs out; its log says whether it did.",
}


def failure_without_answer(ended: Ended, job: Job, deadline_s: float) -> Failure:
    """Timed out, killed, crashed, or answered with something that is no answer."""
    if ended.timed_out:
        return failure(
            job,
            phase=ended.phase,
            kind="timeout",
            message=f"the native worker did not finish within {deadline_s:g} s",
            hint="Give a larger --budget if the model is just slow.",
            detail=ended.stderr,
        )
    if speaks_of_memory(ended.stderr):
        return out_of_memory(job, ended.phase, said="", detail=ended.stderr)
    if ended.garbage:
        message, hint = "the native worker gave an answer that cannot be read", ""
    else:
        message, hint = _death(ended.exit_status)
        said = cleaned(last_words(ended.stderr), job)
        message = f"{message}: {said}" if said else message
    return failure(job, phase=ended.phase, kind="crash", message=message, hint=hint, detail=ended.stderr)


def of_its_own_making(failure: Failure) -> bool:
    """Whether what the worker did raised the signal that it died of: neither somebody else nor want of
    memory."""
    deaths = tuple(f"{_KILLED_BY} {name}" for name in _OWN_MAKING)
    return failure.kind == "crash" and failure.message.startswith(deaths)


def _death(exit_status: int) -> tuple[str, str]:
    if exit_status >= 0:
        return f"the native worker ended with exit status {exit_status} and no answer", ""
    name = signal_name(-exit_status)
    return f"{_KILLED_BY} {name}", _HINTS.get(name, "")
