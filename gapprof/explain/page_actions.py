"""What a page is to do less of beside the model: whatever its main thread does most. Pure."""

from collections.abc import Mapping
from types import MappingProxyType

from gapprof.facts.case import Case
from gapprof.facts.contention import DEPLOYED, MAIN_THREAD, Work, traced_work
from gapprof.facts.kinds import kind_of
from gapprof.facts.page_work import of_the_page
from gapprof.records.gpu_waits import GPU_WAITS, GpuWait
from gapprof.text.names import harmless

_LONGEST = 100
_INSTEAD: Mapping[GpuWait, str] = MappingProxyType(
    {
        "reading pixels back from the GPU": "Read pixels back from the GPU less often, or without a wait "
        "(WebGL 2: into a buffer, once a fence has passed)",
        "waiting for the GPU": "Ask the GPU less often for what has to be waited for",
    }
)


def quieter(case: Case, what: str) -> str:
    """`what`, and what first of all; where that is a wait for the GPU, what to do about that."""
    first = next(filter(_counts, of_the_page(traced_work(case, DEPLOYED))), None)
    if first is None:
        return what
    if first.name in GPU_WAITS and first.detail:
        return f"{_INSTEAD[GPU_WAITS[first.name]]}, first of all in {harmless(first.detail, _LONGEST)}"
    return f"{what}, first of all: {harmless(first.source, _LONGEST)}"


def _counts(one: Work) -> bool:
    """Of the main thread, and no garbage collection, which is a part of its own."""
    return one.thread == MAIN_THREAD and kind_of(one.name, one.detail) not in (None, "garbage collection")
