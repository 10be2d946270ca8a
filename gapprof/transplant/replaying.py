"""What `explain --transplant` adds to a run: the engine's cost of the library's own code, a second method."""

from pathlib import Path
from statistics import median

import numpy as np

from gapprof import assets
from gapprof.browser.visit import Equipment
from gapprof.errors import EnvironmentUnusable, WrongUse
from gapprof.facts.profiles import WEB
from gapprof.guard import Guard
from gapprof.measure.extra import Beyond, Extra
from gapprof.records.job import Job
from gapprof.records.recording import RoundStarted
from gapprof.records.settings import Settings
from gapprof.records.subject import NativeRefusal
from gapprof.records.trial import Trial
from gapprof.transplant.bench import prepared
from gapprof.transplant.web_side import Page
from gapprof.wasm.module import parsed

ROUNDS = 5
"""Each of a fresh browser and a fresh process: where code and memory come to lie is luck of the launch."""


def replaying(settings: Settings, *, guard: Guard, scratch: Path) -> Extra:
    """Bound to one run of this machine."""

    def tell(beyond: Beyond) -> None:
        note = beyond.journal.note
        try:
            why = _why_not(beyond)
            if why:
                note("report", f"No transplant: {why}")
                return
            _timed(beyond, settings, guard, scratch)
        except (EnvironmentUnusable, WrongUse) as error:
            note("report", f"The transplant broke off: {error.message}. {error.hint}".rstrip())

    return tell


def _why_not(beyond: Beyond) -> str:
    preflight, step = beyond.preflight, beyond.step(WEB)
    if isinstance(beyond.subject.common, NativeRefusal):
        return f"there is no common graph: {beyond.subject.common.message}"
    if step.refusal:
        return f"{WEB}: {step.refusal}"
    if preflight.page_threads != 1:
        return f"it follows one thread, and the page has {preflight.page_threads}"
    if preflight.page_seen is None or preflight.page_seen.wasm_file is None:
        return "nobody saw which wasm is served"
    return ""


def _timed(beyond: Beyond, settings: Settings, guard: Guard, scratch: Path) -> None:
    journal, teller = beyond.journal, beyond.teller
    teller.tell("transplant", "looking for the library's hottest functions")
    page = _page(beyond, settings, guard, scratch)
    trials = journal.recording().of(Trial)
    runs_ms = [ms for one in trials if one.rung == WEB for ms in one.samples_ms]
    bench = prepared(journal, page, run_ms=median(runs_ms) if runs_ms else 1e3, seed=settings.seed)
    if not bench.calls:
        return
    first = beyond.next_round()
    for number in range(first, first + ROUNDS):
        places = ("page", bench.target)
        order = tuple(str(one) for one in np.random.default_rng([settings.seed, number]).permutation(places))
        journal.write(RoundStarted(round=number, kind="side", order=order, at_s=journal.now_s()))
        for place in order:
            teller.tell("transplant", place, round_number=number - first, planned=ROUNDS)
            if place == "page":
                bench.time_in_page(number)
            else:
                bench.time_natively(number)


def _page(beyond: Beyond, settings: Settings, guard: Guard, scratch: Path) -> Page:
    subject, preflight, step = beyond.subject, beyond.preflight, beyond.step(WEB)
    seen = preflight.page_seen
    if isinstance(subject.common, NativeRefusal) or step.setting is None or not seen or not seen.wasm_file:
        raise ValueError("asked for what `_why_not` rules out")
    dist = assets.web_dist(settings.web_dist)
    try:
        module = parsed((dist / seen.wasm_file).read_bytes())
    except (OSError, ValueError) as error:
        raise EnvironmentUnusable(f"the served wasm cannot be read: {error}") from error
    return Page(
        job=Job(
            rung=WEB,
            round=0,
            seed=settings.seed,
            setting=step.setting,
            model_path=str(subject.common.path),
            external_data=subject.common.external_data,
            optimise=False,
            inputs_path=str(subject.inputs_path),
            outputs_path="",
            pace=preflight.pace,
        ),
        equipment=Equipment(
            executable=assets.find_browser(settings.browser), probes=assets.probes_web(), guard=guard
        ),
        dist=dist,
        wasm=seen.wasm_file,
        module=module,
        scratch=scratch,
    )
