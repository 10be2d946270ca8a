"""What the end of a worker without an answer means."""

from functools import partial

from msgspec.structs import replace

from gapprof.native.broken import cleaned, failure, out_of_memory, speaks_of_memory
from gapprof.native.deaths import OWN_MAKING, death_of
from gapprof.native.process import Ended
from gapprof.records.job import Job
from gapprof.records.trial import Failure
from gapprof.text.refusals import last_words

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
    crashed = partial(failure, job, phase=ended.phase, kind="crash", detail=ended.stderr)
    if ended.garbage:
        return crashed(message="the native worker gave an answer that cannot be read")
    death = death_of(ended.exit_status, cleaned(last_words(ended.stderr), job))
    told = f"was killed by {death.by}" if ended.exit_status < 0 else f"ended with {death.by} and no answer"
    said = f": {death.last_words}" if death.last_words else ""
    died = crashed(message=f"the native worker {told}{said}", hint=_HINTS.get(death.by, ""))
    return replace(died, death=death)


def of_its_own_making(failure: Failure) -> bool:
    """Whether what the worker did raised the signal that it died of: neither somebody else nor want of
    memory."""
    return failure.death is not None and failure.death.by in OWN_MAKING
