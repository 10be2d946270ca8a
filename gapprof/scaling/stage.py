"""The stage that `--scaling` adds: rounds over all cells, a choice among them, and rounds that verify it."""

from collections.abc import Sequence
from dataclasses import dataclass

from gapprof.facts.case import Case
from gapprof.facts.scaling import STUDY, chosen
from gapprof.lattice.cells import Bases, planned
from gapprof.lattice.rounds import in_rounds
from gapprof.lattice.visits import CellVisits
from gapprof.measure.extra import Beyond, Extra
from gapprof.measure.outputs import reference_in
from gapprof.measure.pacing import thriftier
from gapprof.measure.resolve import asked_threads
from gapprof.measure.visits import Patience
from gapprof.measure.wanted import VERIFYING_ROUNDS
from gapprof.records.environment import Setting
from gapprof.records.job import Pace
from gapprof.records.lattice import Cell, LatticePlan, Place
from gapprof.records.settings import Settings
from gapprof.scaling.plan import scaling_cells

ROUNDS = 5
FEWEST_ROUNDS = 3
LONGEST_S = 480.0
"""Of exploring: beyond it there are fewer samples in a visit, then fewer rounds."""
_REPEATS_SHARE, _WAITS_SHARE = 0.25, 0.5
"""Of exploring, for repeating visits that outside load disturbed, and for waiting for fast cores."""


def scaling(settings: Settings) -> Extra:
    """Bound to what was asked for."""

    def measure(beyond: Beyond) -> None:
        bases: Bases = {"native": beyond.step("native"), "web": beyond.step("web")}
        page = bases["web"].setting
        if page is None or bases["web"].refusal:
            why = bases["web"].refusal or "it has no setting"
            beyond.journal.note("report", f"--scaling tells nothing: the page as deployed was refused: {why}")
            return
        _measured(settings, beyond, bases, deployed_cell(settings, beyond, page))

    return measure


def deployed_cell(settings: Settings, beyond: Beyond, page: Setting) -> Cell:
    """The page as it is; where it is not isolated, with the threads that it asks for in vain."""
    seen = beyond.preflight.page_seen
    cores = (seen and seen.hardware_concurrency) or beyond.journal.begin.machine.usable_cores
    threads = page.threads if page.isolated else asked_threads(settings, cores)
    where: Place = "worker" if page.where == "worker" else "main"
    return Cell(side="web", threads=threads, where=where, isolated=page.isolated, build=page.build)


def _measured(settings: Settings, beyond: Beyond, bases: Bases, deployed: Cell) -> None:
    journal, cores = beyond.journal, beyond.journal.begin.machine.usable_cores
    cells = planned(scaling_cells(deployed, cores=cores), bases, beyond.backends)
    open_cells = [one.cell for one in cells if not one.refusal]
    means = _within_means(beyond, open_cells)
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
    visits = CellVisits(
        study=STUDY,
        journal=journal,
        subject=beyond.subject,
        backends=beyond.backends,
        bases=bases,
        pace=means.pace,
        seed=settings.seed,
        patience=Patience(_REPEATS_SHARE * means.expected_s),
        cores=beyond.fastest.for_another_stage(_WAITS_SHARE * means.expected_s),
        outputs=beyond.outputs / "cells",
        reference=reference,
    )

    def exploring(number: int) -> None:
        beyond.teller.tell("cells", "threads and places", round_number=number, planned=means.rounds)

    in_rounds(visits, open_cells, range(means.rounds), "explore", exploring)
    best = chosen(Case(journal.recording()))
    if best is not None:
        last = means.rounds + VERIFYING_ROUNDS

        def verifying(number: int) -> None:
            beyond.teller.tell("cells-verified", "what is recommended", round_number=number, planned=last)

        in_rounds(visits, (deployed, best.cell), range(means.rounds, last), "verify", verifying)
    beyond.teller.tell("cells-verified" if best else "cells", "threads and places", completed=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """How often, at which pace, and how long exploring is to take."""

    rounds: int
    pace: Pace
    expected_s: float


def _within_means(beyond: Beyond, cells: Sequence[Cell]) -> Means:
    """The run's own pace in five rounds, unless that takes too long."""
    told, pace = beyond.preflight.expected_trial_s, beyond.preflight.pace
    steps = {side: beyond.step(side) for side in ("native", "web")}
    each_s = {side: told.get(step.alias_of or side, 0.0) for side, step in steps.items()}
    round_s = sum(each_s[cell.side] for cell in cells)
    if ROUNDS * round_s <= LONGEST_S:
        return Means(rounds=ROUNDS, pace=pace, expected_s=ROUNDS * round_s)
    rounds = max(FEWEST_ROUNDS, min(ROUNDS, int(LONGEST_S / round_s)))
    beyond.journal.note(
        "report",
        f"--scaling would take longer than {LONGEST_S:.0f} s for {len(cells)} ways to run the model: each is "
        f"visited in {rounds} rounds with fewer samples",
    )
    return Means(rounds=rounds, pace=thriftier(pace), expected_s=rounds * round_s)
