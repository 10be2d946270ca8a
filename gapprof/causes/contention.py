"""Time lost because the page does other things on the same threads and cores."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from gapprof.facts.asked_late import asked_late, mostly_asked_late
from gapprof.facts.case import Case
from gapprof.facts.claim import Cause, Claim, Part, Span, Step
from gapprof.facts.computed import computed
from gapprof.facts.contention import DEPLOYED, QUIET
from gapprof.facts.estimates import factor
from gapprof.facts.gpu_told import gaps_told
from gapprof.facts.outside_told import outside_evidence
from gapprof.facts.own_runs import own_runs_evidence
from gapprof.facts.page_parts import PARTS, PartId
from gapprof.facts.page_rungs import OUTSIDE, PAGE_RUNGS
from gapprof.facts.page_told import part_evidence, present
from gapprof.facts.page_work import page_evidence
from gapprof.facts.readings import same_trials
from gapprof.facts.steps import before_the_page, part
from gapprof.facts.told import told_with_doubt
from gapprof.records.settings import ASKING_WORKER

_PAGE_ADVICE: Mapping[str, str] = {
    "main": "Move the page's work off the thread that runs the model, or do less of it.",
    "worker": "Shorten the tasks of the page's main thread, which asks the worker for runs, or let the "
    "worker ask by itself.",
    ASKING_WORKER: "Let the page do less at the same time: it shares cores and caches with the worker.",
}
"""Where the page runs the model → what to do about the page's own work."""
_SHORTER = "Keep the page's own work short."
_ASKED_LATE = "is mostly requests that wait for the page's main thread to ask"
_MAIN_THREAD_ADVICE: Mapping[str, str] = {
    "main": "Split long tasks, or move them off the thread that requests come from.",
    "worker": "Split long tasks, or move them off the page's main thread, which asks the worker for runs.",
    ASKING_WORKER: _PAGE_ADVICE[ASKING_WORKER],
}
_UNSEEN_ADVICE: Mapping[str, str] = {
    "main": "Timers and events of a page that is at work come late by themselves: ask from a worker.",
    "worker": "Timers and events of a page that is at work come late by themselves: let the worker ask.",
    ASKING_WORKER: "Timers come late where cores are busy: let the page do less at the same time.",
}


def _claim(case: Case) -> Claim:
    main_thread = part(
        case,
        "web-graph",
        "web-main",
        child="main-thread",
        title="Running on the page's main thread",
        phrase="comes with running on the main thread",
        advice=_worse_in_worker(case) or "Run the model in a worker.",
    )
    if same_trials(case, "web-graph", "web-main"):
        in_worker = "the page runs the model in a worker"
        main_thread = replace(main_thread, why=in_worker, advice="Nothing to do: the model is in a worker.")
    page = _page(case)
    if same_trials(case, "web-paced", "web"):
        quiet = _not_exercised(case)
        # The main thread may well have been measured: then only the page's own work was not exercised.
        whole = quiet if same_trials(case, "web-graph", "web-main") else f"the page's own work: {quiet}"
        return Claim(
            parts=(main_thread, replace(page, why=quiet)),
            why=whole,
            evidence=(*page_evidence(case), *own_runs_evidence(case)),
            advice=_advice(case),
        )
    return Claim(parts=(main_thread, page), evidence=page_evidence(case), advice=_advice(case))


def _on_gpu(case: Case) -> Claim:
    """There is no step to the main thread: the library is measured where the page runs it."""
    page = _page(case)
    quiet = _not_exercised(case) if same_trials(case, QUIET, DEPLOYED) else ""
    page = replace(page, why=page.why or quiet)
    more = own_runs_evidence(case) if quiet else gaps_told(case, DEPLOYED)
    return Claim(parts=(page,), why=quiet, evidence=(*page_evidence(case), *more), advice=_advice(case))


def _page(case: Case) -> Part:
    page = part(
        case,
        before_the_page(case),
        DEPLOYED,
        child="page",
        title="The page's own work",
        phrase="is the page's own work getting in the way",
        advice=_fitting(case, _PAGE_ADVICE),
    )
    exercised = page.steps and not same_trials(case, QUIET, DEPLOYED)
    if not exercised:
        return page
    phrase = _ASKED_LATE if mostly_asked_late(case) else page.phrase
    evidence = (*outside_evidence(case), *asked_late(case))
    return replace(page, phrase=phrase, children=tuple(_made_of(case)), evidence=evidence)


def _made_of(case: Case) -> Iterator[Part]:
    """What the page's own work is made of, where every round and a trace tell it."""
    rungs = case.get(computed)
    if not rungs.keys() >= set(PAGE_RUNGS.values()):
        return
    below = before_the_page(case)
    for name in PARTS:
        step = Step(source=below, to=PAGE_RUNGS[name])
        why = "" if present(case, name) else _ABSENT.get(name, "")
        evidence = part_evidence(case, name)
        piece = _PARTS[name]
        advice = piece.advice or _fitting(case, _MAIN_THREAD_ADVICE)
        yield replace(piece, steps=(step,), evidence=evidence, applicable=not why, why=why, advice=advice)
        below = PAGE_RUNGS[name]
    unseen = Step(source=below, to=DEPLOYED)
    advice = _fitting(case, _UNSEEN_ADVICE)
    yield replace(_UNSEEN, steps=(unseen,), advice=advice)


def _fitting(case: Case, advice: Mapping[str, str]) -> str:
    """By where the page runs the model."""
    return advice.get(case.recording.begin.settings.where, advice["main"])


_PARTS: Mapping[PartId, Part] = {
    "main-thread-work": Part(
        id="main-thread-work",
        title="The page's own script, layout and painting",
        phrase="is the page's own work on its main thread",
    ),
    "gc": Part(
        id="gc",
        title="Garbage collection",
        phrase="is garbage collection",
        advice="Keep objects and arrays from run to run instead of making new ones.",
    ),
    "browser-threads": Part(
        id="browser-threads",
        title="The compositor, the GPU process and the browser's other threads on the cores",
        phrase="is the browser drawing the page",
        owner="browser",
        advice="Draw less, and less often: smaller canvases, fewer layers, fewer animations.",
    ),
    "other-tabs": Part(
        id="other-tabs",
        title="Other tabs on the cores",
        phrase="is other tabs",
        advice="Close tabs that are at work; fewer threads leave more of the cores to others.",
    ),
    "oversubscription": Part(
        id="oversubscription",
        title="More threads of the model than cores",
        phrase="is more threads than cores",
        advice="Ask for fewer threads than there are cores.",
    ),
    "slower-runs": Part(
        id="slower-runs",
        title="Runs that take longer on their cores",
        phrase="is runs that take longer on their cores",
        advice="Caches, memory and clocks are shared: less work at the same time is all that helps.",
    ),
}
_ABSENT: Mapping[PartId, str] = {
    "other-tabs": "no other tab, nor a frame with a process of its own, was at work",
    "oversubscription": "the model has no more threads than there are cores",
}
"""Parts that a machine or a page may simply not have."""
_UNSEEN = Part(
    id="unseen-waits",
    title="Waits in which no trace shows the page at work",
    phrase="is waits that no trace explains",
)


def _advice(case: Case) -> str:
    """Nobody is told to run the model in a worker who does so already, or to whom it would do harm."""
    if case.recording.begin.settings.where != "main":
        return _SHORTER
    worse = _worse_in_worker(case)
    return f"{_SHORTER} {worse}" if worse else ""


def _worse_in_worker(case: Case) -> str:
    """As was seen: a page that is at work hears a worker's answers, and asks for them, between its tasks."""
    tried = factor(case, DEPLOYED, "web-in-worker")
    if tried is None or tried.side_of_one != "above":
        return ""
    return (
        f"Leave the model on the main thread: in a worker requests take {told_with_doubt(tried)} as long "
        "here, for their answers wait for that thread as well."
    )


def _not_exercised(case: Case) -> str:
    busy = None if same_trials(case, "web-busy", "web-paced") else factor(case, "web-paced", "web-busy")
    if busy is None:
        return "not exercised here; the built-in busy page gave no figure"
    return f"not exercised here; on the built-in busy page {told_with_doubt(busy)}"


CAUSE = Cause(
    id="contention",
    title="The page competes for threads and cores",
    owner="page",
    advice="Run the model in a worker and keep the page's own work short.",
    phrase="is contention with the page",
    spans=(
        Span(source="web-graph", to="web-main", name="contention/main thread"),
        Span(source=OUTSIDE, to=DEPLOYED, name="contention/page"),
    ),
    claims={"wasm": _claim, "webgpu": _on_gpu, "webgl": _on_gpu},
)
