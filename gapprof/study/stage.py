"""What a study adds to a model's own run: the lattice, starts, memory, and the page beside it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, median

from msgspec.structs import replace

from gapprof.cold.stage import starting
from gapprof.facts.studied import STUDY
from gapprof.guard import Guard
from gapprof.lattice.cells import Bases, planned
from gapprof.lattice.rounds import in_rounds
from gapprof.lattice.visits import CellVisits
from gapprof.measure.extra import Beyond, Extra
from gapprof.measure.outputs import reference_in
from gapprof.measure.visits import Patience
from gapprof.memory.stage import looking
from gapprof.qoe.stage import feeling_the_page
from gapprof.records.lattice import Cell, LatticePlan
from gapprof.records.recording import PlannedRung
from gapprof.records.settings import Settings
from gapprof.records.trial import Trial, took_s
from gapprof.scaling.stage import deployed_cell
from gapprof.study.form import TOLD, in_one_form
from gapprof.study.plan import study_cells, within_means, without_the_slowest
from gapprof.study.serving import LEAST_S, Serving, serving

STARTS, LOOKS, FEELINGS = 3, 3, 4
"""Rounds of each."""
_REPEATS_SHARE, _WAITS_SHARE = 0.25, 0.5
"""Of the lattice, for repeating visits that outside load disturbed, and for waiting for fast cores."""
_SERVER_S = 1.0 + LEAST_S
"""A visit of the server: a process, a session, and what it answers."""


def studying(settings: Settings, *, guard: Guard, scratch: Path) -> Extra:
    """Bound to one run of this machine."""
    parts: Sequence[Extra] = (
        through_the_lattice(settings, serving=serving(settings, scratch=scratch)),
        starting(settings, guard=guard, scratch=scratch, rounds=STARTS),
        looking(settings, guard=guard, scratch=scratch, rounds=LOOKS),
        feeling_the_page(settings, guard=guard, rounds=FEELINGS),
    )

    def study(beyond: Beyond) -> None:
        for part in parts:
            part(beyond)

    return study


def through_the_lattice(settings: Settings, *, serving: Serving) -> Extra:
    """Threads, builds and places, and a native server among them, in rounds."""

    def measure(beyond: Beyond) -> None:
        page = beyond.step("web").setting
        if page is None or beyond.step("web").refusal:
            why = beyond.step("web").refusal or "it has no setting"
            beyond.journal.note("report", f"the study's lattice tells nothing: {why}")
            return
        # Runs back to back: requests would take four times as long, and tell the same of builds and threads.
        web = replace(beyond.step("web"), setting=replace(page, pacing="back-to-back"))
        bases: Bases = {"native": beyond.step("native"), "web": web}
        _measured(settings, beyond, bases, deployed_cell(settings, beyond, page), serving)

    return measure


def _measured(settings: Settings, beyond: Beyond, bases: Bases, deployed: Cell, serving: Serving) -> None:
    journal, cores = beyond.journal, beyond.journal.begin.machine.usable_cores
    every = planned(study_cells(deployed, cores=cores), bases, beyond.backends)
    run_ms = _run_ms(beyond, bases["web"])
    cells = without_the_slowest(every, run_ms)
    open_cells = [one.cell for one in cells if not one.refusal]
    means = within_means(
        open_cells,
        beyond.preflight.pace,
        run_ms=run_ms,
        each_s=_expected_s(beyond, bases),
        server_s=_SERVER_S,
    )
    if means.why:
        journal.note("report", means.why)
    subject = in_one_form(beyond.subject, open_cells)
    if subject.original != beyond.subject.original:
        journal.note("report", TOLD)
    reference = reference_in(beyond.outputs)
    journal.write(
        LatticePlan(
            study=STUDY,
            cores=cores,
            deployed=deployed,
            cells=cells,
            rounds=means.rounds,
            reference=reference.rung if reference else "",
        )
    )
    patience = Patience(_REPEATS_SHARE * means.expected_s)
    visits = CellVisits(
        study=STUDY,
        journal=journal,
        subject=subject,
        backends=beyond.backends,
        bases=bases,
        pace=means.pace,
        seed=settings.seed,
        patience=patience,
        cores=beyond.fastest.for_another_stage(_WAITS_SHARE * means.expected_s),
        outputs=beyond.outputs / "cells",
        reference=reference,
    )

    def tell(number: int) -> None:
        beyond.teller.tell(
            "cells", "threads, instructions, places", round_number=number, planned=means.rounds
        )

    in_rounds(visits, open_cells, range(means.rounds), "explore", tell, among=(serving(beyond, patience),))
    beyond.teller.tell("cells", "threads, instructions, places", completed=True)


def _expected_s(beyond: Beyond, bases: Bases) -> Mapping[str, float]:
    """Side → what a visit takes: those of the ladder with runs back to back are such visits.

    Without any, what was expected of the side's own rung.
    """
    told, recording = beyond.preflight.expected_trial_s, beyond.journal.recording()
    backends = {step.rung.id: step.rung.environment.backend for step in beyond.preflight.ladder}
    found: dict[str, float] = {}
    for side, step in bases.items():
        backend = step.rung.environment.backend
        took = [
            took_s(trial)
            for trial in recording.of(Trial)
            if trial.samples_ms and trial.round >= 0 and backends.get(trial.rung) == backend
        ]
        found[side] = median(took) if took else told.get(step.alias_of or step.rung.id, 0.0)
    return found


def _run_ms(beyond: Beyond, step: PlannedRung) -> float:
    """What a run in the page was seen to take, in the ladder's rounds or before; 0 where nobody saw one."""
    rung = step.alias_of or step.rung.id
    found = [one for one in beyond.journal.recording().of(Trial) if one.rung in (rung, step.rung.id)]
    runs = [ms for trial in found for ms in (trial.runs_ms or trial.samples_ms)]
    return fmean(runs) if runs else 0.0
