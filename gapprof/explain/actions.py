"""What the reader can change, each with now and then, by what it wins."""

from collections.abc import Iterator, Mapping
from typing import Literal

from gapprof.explain.cast_actions import cast_actions
from gapprof.explain.diagnosis import Diagnosis
from gapprof.explain.gpu_actions import gpu_actions
from gapprof.explain.outputs import wrong_outputs
from gapprof.explain.page_actions import page_actions
from gapprof.explain.scaling import scaling
from gapprof.explain.switches import costs
from gapprof.explain.untried import untried_ms
from gapprof.facts.case import Case
from gapprof.facts.computed import KERNELS, VECTORISED
from gapprof.facts.estimates import LEVEL, latency_ms, without_ms
from gapprof.facts.isolation import isolated
from gapprof.facts.ladder import planned, target
from gapprof.facts.profiles import WEB
from gapprof.facts.readings import chain, read, same_trials
from gapprof.facts.tier import given_flags
from gapprof.facts.wasm import served_simd
from gapprof.records.estimate import Estimate, Owner
from gapprof.records.report import Action
from gapprof.records.sections.scaling import CellRow
from gapprof.text.names import harmless

_EVERY_CORE = "Ask onnxruntime-web for a thread per core ({threads})"
_AS_MANY = "Ask onnxruntime-web for no more threads than there are cores ({threads})"
_PLACES = {
    "main": "on the main thread",
    "worker": "in a worker",
    "proxy": "behind env.wasm.proxy, in onnxruntime-web's own worker",
}
_PINNED = "web-pinned-build"
_THREADS = {"native": -1.0, "native-threads": 1.0}


def actions(case: Case, diagnosis: Diagnosis) -> tuple[Action, ...]:
    """Only changes whose cost was measured and is beyond doubt; they do not add up."""
    now = without_ms(case)  # nothing taken off: the page in the rounds that all contrasts stand on
    if now is None:
        return ()
    scaled = tuple(_found_by_scaling(case))
    measured = (
        *_more_threads(case, now, diagnosis.level),
        *(one for one in scaled if one.cause == "threads"),
    )
    threads = measured or _threads_predicted(case, now, diagnosis.level)
    levels = diagnosis.level_in  # no advice against what the report itself calls unclear
    found = (
        *threads,
        *_scalar_build(case, now, levels["simd"]),
        *_steps(case, now, levels),
        *page_actions(case, now, levels["contention"]),
        *cast_actions(case, now, levels["library"]),
        *gpu_actions(case, now, levels),
        *(one for one in scaled if one.cause != "threads"),
    )
    return tuple(sorted(found, key=lambda action: action.then_ms.point))


def _more_threads(case: Case, now: Estimate, level: float) -> Iterator[Action]:
    """Where the cause is beyond doubt, the page's own gain is one question more and not one of many."""
    steps = case.get(planned)
    own_level = LEVEL if costs(case, "native", "native-threads", level) else level
    for rung, words in (
        ("web-isolated", "Serve the page with COOP and COEP, so that wasm may use {threads}"),
        ("web-threads", "Serve the page isolated and ask for a thread per core ({threads})"),
    ):
        step = steps.get(rung)
        if step is None or step.setting is None or step.alias_of or latency_ms(case, rung) is None:
            continue
        then = _changed(case, rung) if costs(case, rung, "web", own_level) else None
        if then is None:
            continue
        if rung == "web-threads" and same_trials(case, "web-isolated", "web"):
            words = _AS_MANY if _more_than(case, step.setting.threads) else _EVERY_CORE
        count = step.setting.threads
        text = words.format(threads=f"{count} thread{'s' if count > 1 else ''}")
        yield Action(text=text, owner="page", cause="threads", now_ms=now, then_ms=then, basis="measured")


def _more_than(case: Case, threads: int) -> bool:
    """Whether the page as deployed has more."""
    page = case.get(planned)["web"].setting
    return page is not None and page.threads > threads


def _threads_predicted(case: Case, now: Estimate, level: float) -> Iterator[Action]:
    """Where no rung showed it on the web: as much as native gains, and called a prediction."""
    native = case.get(planned).get("native")
    tried = latency_ms(case, "web-threads") or (isolated(case) is False and latency_ms(case, "web-isolated"))
    if native is None or native.setting is None or tried:
        return
    gain = read(case, _THREADS) if costs(case, "native", "native-threads", level) else None
    then = without_ms(case, gain) if gain else None
    if then is not None:
        count = native.setting.threads
        how = "Serve the page with COOP and COEP and ask" if isolated(case) is False else "Ask"
        text = f"{how} onnxruntime-web for {count} threads"
        yield Action(text=text, owner="page", cause="threads", now_ms=now, then_ms=then, basis="predicted")


def _scalar_build(case: Case, now: Estimate, level: float) -> Iterator[Action]:
    """Where the served wasm holds no SIMD: by one that has it, else by what that gave the last without."""
    if case.get(served_simd) is not False:
        return
    to = KERNELS if KERNELS in case.get(chain) else WEB
    tried = _was_tried(case, _PINNED)
    then = _tried(case, _PINNED, level) if tried else untried_ms(case, VECTORISED, to, level)
    if then is not None:
        text = "Serve a build of onnxruntime-web with SIMD; every release since 1.19 has it"
        if tried:
            text = "Serve gapprof's own onnxruntime-web, which has SIMD, in place of this build"
        basis: Literal["measured", "predicted"] = "measured" if tried else "predicted"
        yield Action(text=text, owner="page", cause="simd", now_ms=now, then_ms=then, basis=basis)


def _steps(case: Case, now: Estimate, levels: Mapping[str, float]) -> Iterator[Action]:
    """Main steps whose undoing is the reader's to do, by what came of it where it was tried."""
    undo: tuple[tuple[str, str, str, str, Owner, str], ...] = (
        ("web-graph", "web-main", "web-in-worker", "contention", "page", "Run the model in a worker"),
        (
            "web-flags",
            "web-graph",
            "web-optimised",
            "library",
            "model",
            "Deploy the file as native onnxruntime saves it at EXTENDED level",
        ),
        ("web-worker", "web-flags", "web-stock", "runtime", "page", _without_flags(case)),
    )
    for source, to, rung, cause, owner, text in undo:
        level = levels[cause]
        then = _tried(case, rung, level) if _was_tried(case, rung) else untried_ms(case, source, to, level)
        if then is not None:
            basis: Literal["measured", "predicted"] = "measured" if _was_tried(case, rung) else "predicted"
            yield Action(text=text, owner=owner, cause=cause, now_ms=now, then_ms=then, basis=basis)


def _found_by_scaling(case: Case) -> Iterator[Action]:
    """What `--scaling` recommends, where further rounds saw it; now and then are of those rounds."""
    found = case.get(scaling)
    best = found.recommendation if found else None
    if found is None or best is None or best.gain is None or best.gain.low <= 1:
        return
    rows = {row.id: row for row in found.cells}
    before, after = rows[found.deployed], rows[best.cell]
    if best.now_ms is not None and best.measured_ms is not None:
        moved_only = (before.threads, before.isolated) == (after.threads, after.isolated)
        yield Action(
            text=_from_cell_to_cell(before, after),
            owner="page",
            cause="contention" if moved_only else "threads",
            now_ms=best.now_ms,
            then_ms=best.measured_ms,
            basis="measured",
        )


def _from_cell_to_cell(before: CellRow, after: CellRow) -> str:
    """Only what differs."""
    steps = []
    if before.isolated != after.isolated:
        steps.append(f"serve the page {'with' if after.isolated else 'without'} COOP and COEP")
    if before.threads != after.threads:
        steps.append(f"ask onnxruntime-web for {after.threads} thread{'s' if after.threads > 1 else ''}")
    if before.where != after.where:
        steps.append(f"run the model {_PLACES[after.where]}")
    text = " and ".join(steps)
    return f"{text[0].upper()}{text[1:]} (found by --scaling)"


def _was_tried(case: Case, rung: str) -> bool:
    return target(case, rung) == rung and latency_ms(case, rung) is not None


def _tried(case: Case, rung: str, level: float) -> Estimate | None:
    """What the page takes with the change; None where that is no gain, or gives other outputs."""
    gains = rung not in wrong_outputs(case) and costs(case, rung, "web", level)
    return _changed(case, rung) if gains else None


def _changed(case: Case, rung: str) -> Estimate | None:
    """Now without what the change takes off, read in rounds that have both: the machine may have moved."""
    gain = read(case, {rung: -1.0, "web": 1.0})
    return without_ms(case, gain) if gain else None


def _without_flags(case: Case) -> str:
    settings = case.recording.begin.settings
    flags = given_flags(case) or settings.browser_args
    return f"Run without {harmless(' '.join(flags), 100)}"
