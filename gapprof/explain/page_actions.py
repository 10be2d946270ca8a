"""What a page is to do less of beside the model, part by part of what its own work costs. Pure."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from gapprof.explain.untried import untried_ms
from gapprof.facts.case import Case
from gapprof.facts.computed import computed
from gapprof.facts.contention import DEPLOYED, MAIN_THREAD, Work, traced_work
from gapprof.facts.kinds import kind_of
from gapprof.facts.page_parts import PARTS, PartId
from gapprof.facts.page_rungs import PAGE_RUNGS
from gapprof.facts.page_work import of_the_page
from gapprof.facts.steps import before_the_page
from gapprof.records.estimate import Estimate
from gapprof.records.gpu_waits import GPU_WAITS, GpuWait
from gapprof.records.report import Action
from gapprof.text.names import harmless

_OF_PART: Mapping[PartId, str] = MappingProxyType(
    {
        "gc": "Make less garbage beside the model: keep arrays and objects instead of making new ones",
        "browser-threads": "Draw less beside the model: fewer animations, smaller canvases, fewer layers",
        "other-tabs": "Close other tabs that are at work",
        "oversubscription": "Ask for no more threads than there are cores",
    }
)
"""Of the others it is the main thread's work, whatever there is most of."""
_OF_WAIT: Mapping[GpuWait, str] = MappingProxyType(
    {
        "reading pixels back from the GPU": "Read pixels back from the GPU less often, or without a wait "
        "(WebGL 2: into a buffer, once a fence has passed)",
        "waiting for the GPU": "Ask the GPU less often for what has to be waited for",
    }
)
_LESS = "Let the page do less beside the model"
_SHORTER = "Shorten the tasks of the page's main thread, which asks the worker for runs"
_LONGEST = 100


def page_actions(case: Case, now: Estimate, level: float) -> Iterator[Action]:
    """One for each part that costs beyond doubt; one for all of the page's work where no part alone does."""
    found: list[tuple[str, Estimate]] = []
    below = begin = before_the_page(case)
    for part in PARTS if PAGE_RUNGS[PARTS[-1]] in case.get(computed) else ():
        then = untried_ms(case, below, PAGE_RUNGS[part], level)
        if then is not None and part != "slower-runs":  # no single thing to change
            asked = part == "main-thread-work" and case.recording.begin.settings.where == "worker"
            found.append((_OF_PART.get(part) or _quieter(case, _SHORTER if asked else _LESS), then))
        below = PAGE_RUNGS[part]
    whole = None if found else untried_ms(case, begin, DEPLOYED, level)
    for text, then in found or ([(_quieter(case, _LESS), whole)] if whole is not None else []):
        yield Action(text=text, owner="page", cause="contention", now_ms=now, then_ms=then, basis="predicted")


def _quieter(case: Case, what: str) -> str:
    """`what`, and what first of all; where that is a wait for the GPU, what to do about that."""
    first = next(filter(_counts, of_the_page(traced_work(case, DEPLOYED))), None)
    if first is None:
        return what
    if first.name in GPU_WAITS and first.detail:
        return f"{_OF_WAIT[GPU_WAITS[first.name]]}, first of all in {harmless(first.detail, _LONGEST)}"
    return f"{what}, first of all: {harmless(first.source, _LONGEST)}"


def _counts(one: Work) -> bool:
    """Of the main thread, and no garbage collection, which is a part of its own."""
    return one.thread == MAIN_THREAD and kind_of(one.name, one.detail) not in (None, "garbage collection")
