"""Time lost because the page does other things on the same threads and cores."""

from dataclasses import replace

from gapprof.facts.case import Case
from gapprof.facts.claim import Cause, Claim, Span
from gapprof.facts.estimates import factor
from gapprof.facts.page_work import page_evidence
from gapprof.facts.readings import same_trials
from gapprof.facts.steps import part
from gapprof.text import numbers


def _claim(case: Case) -> Claim:
    main_thread = part(
        case,
        "web-graph",
        "web-main",
        child="main-thread",
        title="Running on the page's main thread",
        phrase="comes with running on the main thread",
        advice="Run the model in a worker.",
    )
    if same_trials(case, "web-graph", "web-main"):
        in_worker = "the page runs the model in a worker"
        main_thread = replace(main_thread, why=in_worker, advice="Nothing to do: the model is in a worker.")
    page = part(
        case,
        "web-paced",
        "web",
        child="page",
        title="The page's own work",
        phrase="is the page's own work getting in the way",
        advice="Move the page's work off the thread that runs the model, or do less of it.",
    )
    if same_trials(case, "web-paced", "web"):
        quiet = _not_exercised(case)
        # The main thread may well have been measured: then only the page's own work was not exercised.
        whole = quiet if same_trials(case, "web-graph", "web-main") else f"the page's own work: {quiet}"
        return Claim(
            parts=(main_thread, replace(page, why=quiet)),
            why=whole,
            evidence=page_evidence(case),
            advice=_advice(case),
        )
    return Claim(parts=(main_thread, page), evidence=page_evidence(case), advice=_advice(case))


def _advice(case: Case) -> str:
    """Whoever runs the model in a worker already is not told to."""
    in_worker = case.recording.begin.settings.where == "worker"
    return "Keep the page's own work short." if in_worker else ""


def _not_exercised(case: Case) -> str:
    busy = None if same_trials(case, "web-busy", "web-paced") else factor(case, "web-paced", "web-busy")
    if busy is None:
        return "not exercised here; the built-in busy page gave no figure"
    return f"not exercised here; on the built-in busy page {numbers.factor_with_interval(busy)}"


CAUSE = Cause(
    id="contention",
    title="The page competes for threads and cores",
    owner="page",
    advice="Run the model in a worker and keep the page's own work short.",
    phrase="is contention with the page",
    spans=(
        Span(source="web-graph", to="web-main", name="contention/main thread"),
        Span(source="web-paced", to="web", name="contention/page"),
    ),
    claim=_claim,
)
