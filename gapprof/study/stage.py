"""What a study adds to a model's own run: the lattice, starts, memory, and the page beside it."""

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from msgspec.structs import replace

from gapprof.cold.stage import starting
from gapprof.facts.studied import STUDY
from gapprof.guard import Guard
from gapprof.lattice.cells import Bases, planned
from gapprof.lattice.rounds import in_rounds
from gapprof.lattice.visits import CellVisits
from gapprof.measure.extra import Beyond, Extra
from gapprof.measure.pacing import thriftier
from gapprof.measure.visits import Patience
from gapprof.memory.stage import looking
from gapprof.qoe.stage import feeling_the_page
from gapprof.records.lattice import Cell, LatticePlan
from gapprof.records.recording import PlannedRung
from gapprof.records.settings import Settings
from gapprof.records.trial import Trial
from gapprof.scaling.stage import deployed_cell
from gapprof.study.plan import study_cells, without_the_slowest
from gapprof.study.serving import serving

ROUNDS = 3
STARTS, LOOKS, FEELINGS = 2, 2, 2
"""Rounds of each."""
_REPEATS_S = 60.0


def studying(settings: Settings, *, guard: Guard, scratch: Path) -> Extra:
    """Bound to one run of this machine."""
    parts: Sequence[Extra] = (
        through_the_lattice(settings),
        serving(settings, scratch=scratch, rounds=ROUNDS),
        starting(settings, guard=guard, scratch=scratch, rounds=STARTS),
        looking(settings, guard=guard, scratch=scratch, rounds=LOOKS),
        feeling_the_page(settings, guard=guard, rounds=FEELINGS),
    )

    def study(beyond: Beyond) -> None:
        for part in parts:
            part(beyond)

    return study


def through_the_lattice(settings: Settings) -> Extra:
    """Threads, builds and places, in rounds."""

    def measure(beyond: Beyond) -> None:
        page = beyond.step("web").setting
        if page is None or beyond.step("web").refusal:
            why = beyond.step("web").refusal or "it has no setting"
            beyond.journal.note("report", f"the study's lattice tells nothing: {why}")
            return
        # Runs back to back: requests would take four times as long, and tell the same of builds and threads.
        web = replace(beyond.step("web"), setting=replace(page, pacing="back-to-back"))
        bases: Bases = {"native": beyond.step("native"), "web": web}
        _measured(settings, beyond, bases, deployed_cell(settings, beyond, page))

    return measure


def _measured(settings: Settings, beyond: Beyond, bases: Bases, deployed: Cell) -> None:
    journal, cores = beyond.journal, beyond.journal.begin.machine.usable_cores
    every = planned(study_cells(deployed, cores=cores), bases, beyond.backends)
    cells = without_the_slowest(every, _run_ms(beyond, bases["web"]))
    journal.write(LatticePlan(study=STUDY, cores=cores, deployed=deployed, cells=cells, rounds=ROUNDS))
    visits = CellVisits(
        study=STUDY,
        journal=journal,
        subject=beyond.subject,
        backends=beyond.backends,
        bases=bases,
        pace=thriftier(beyond.preflight.pace),
        seed=settings.seed,
        patience=Patience(_REPEATS_S),
    )

    def tell(number: int, _: Cell) -> None:
        beyond.teller.tell("cells", "threads, instructions, places", round_number=number, planned=ROUNDS)

    in_rounds(visits, [one.cell for one in cells if not one.refusal], range(ROUNDS), "explore", tell)
    beyond.teller.tell("cells", "threads, instructions, places", completed=True)


def _run_ms(beyond: Beyond, step: PlannedRung) -> float:
    """What a run in the page was seen to take, in the ladder's rounds or before; 0 where nobody saw one."""
    rung = step.alias_of or step.rung.id
    found = [one for one in beyond.journal.recording().of(Trial) if one.rung in (rung, step.rung.id)]
    runs = [ms for trial in found for ms in (trial.runs_ms or trial.samples_ms)]
    return fmean(runs) if runs else 0.0
