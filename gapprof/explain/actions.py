"""What the reader can change, each with now and then, by what it wins."""

from collections.abc import Iterator

from gapprof.explain.diagnosis import Diagnosis
from gapprof.facts.case import Case
from gapprof.facts.contention import traced_work
from gapprof.facts.estimates import latency_ms, without_ms
from gapprof.facts.isolation import isolated
from gapprof.facts.ladder import planned, target
from gapprof.facts.page_work import page_sources
from gapprof.facts.readings import read, readable, same_trials
from gapprof.facts.tier import given_flags
from gapprof.records.report import Action, Estimate, Owner
from gapprof.stats.interval import contrast_interval
from gapprof.stats.verdict import verdict
from gapprof.text.names import harmless

_THREADS = {"native": -1.0, "native-threads": 1.0}


def actions(case: Case, diagnosis: Diagnosis) -> tuple[Action, ...]:
    """Only changes whose cost was measured and is beyond doubt; they do not add up."""
    now = latency_ms(case, "web")
    if now is None:
        return ()
    measured = tuple(_more_threads(case, now, diagnosis.level))
    threads = measured or _threads_predicted(case, now, diagnosis.level)
    found = (*threads, *_steps(case, now, diagnosis.children_level))
    return tuple(sorted(found, key=lambda action: action.then_ms.point))


def _more_threads(case: Case, now: Estimate, level: float) -> Iterator[Action]:
    steps = case.get(planned)
    for rung, words in (
        ("web-isolated", "Serve the page with COOP and COEP, so that wasm may use {threads}"),
        ("web-threads", "Serve the page isolated and ask for a thread per core ({threads})"),
    ):
        step, then = steps.get(rung), latency_ms(case, rung)
        if step is None or step.setting is None or step.alias_of or then is None:
            continue
        if not _costs(case, rung, "web", level):
            continue
        if rung == "web-threads" and same_trials(case, "web-isolated", "web"):
            words = "Ask onnxruntime-web for a thread per core ({threads})"
        count = step.setting.threads
        text = words.format(threads=f"{count} thread{'s' if count > 1 else ''}")
        yield Action(text=text, owner="page", cause="threads", now_ms=now, then_ms=then, basis="measured")


def _threads_predicted(case: Case, now: Estimate, level: float) -> Iterator[Action]:
    """Where no rung showed it on the web: as much as native gains, and called a prediction."""
    native = case.get(planned).get("native")
    tried = latency_ms(case, "web-threads") or (isolated(case) is False and latency_ms(case, "web-isolated"))
    if native is None or native.setting is None or tried:
        return
    gain = read(case, _THREADS) if _costs(case, "native", "native-threads", level) else None
    then = without_ms(case, gain) if gain else None
    if then is not None:
        count = native.setting.threads
        how = "Serve the page with COOP and COEP and ask" if isolated(case) is False else "Ask"
        text = f"{how} onnxruntime-web for {count} threads"
        yield Action(text=text, owner="page", cause="threads", now_ms=now, then_ms=then, basis="predicted")


def _steps(case: Case, now: Estimate, level: float) -> Iterator[Action]:
    """Main steps whose undoing is the reader's to do; then = now without that factor."""
    undo: tuple[tuple[str, str, str, Owner, str], ...] = (
        ("web-graph", "web-main", "contention", "page", "Run the model in a worker"),
        ("web-paced", "web", "contention", "page", _quieter(case)),
        (
            "web-flags",
            "web-graph",
            "library",
            "model",
            "Deploy the file as native onnxruntime saves it at EXTENDED level",
        ),
        ("web-worker", "web-flags", "runtime", "page", _without_flags(case)),
    )
    for source, to, cause, owner, text in undo:
        contrast = read(case, {source: -1.0, to: 1.0}) if _costs(case, source, to, level) else None
        then = without_ms(case, contrast) if contrast else None
        if then is not None:
            yield Action(text=text, owner=owner, cause=cause, now_ms=now, then_ms=then, basis="predicted")


def _costs(case: Case, source: str, to: str, level: float) -> bool:
    if target(case, source) == target(case, to) or not readable(case, source, to):
        return False
    contrast = read(case, {source: -1.0, to: 1.0})
    if contrast is None or contrast.lacks_passes:
        return False
    return verdict(contrast_interval(contrast, level)) == "costs"


def _quieter(case: Case) -> str:
    sources = page_sources(traced_work(case, "web"))
    if not sources:
        return "Let the page do less beside the model"
    return f"Let the page do less beside the model, first of all: {harmless(sources[0][1], 100)}"


def _without_flags(case: Case) -> str:
    settings = case.recording.begin.settings
    flags = given_flags(case) or settings.browser_args
    return f"Run without {harmless(' '.join(flags), 100)}"
