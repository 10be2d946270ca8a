"""The stage that `--observed-ms` adds: conditions that fit best, all at once, beside the deployed page."""

from gapprof.explain.reproduction import to_make
from gapprof.facts.case import Case
from gapprof.facts.conditions import STUDY, together
from gapprof.lattice.cells import Bases, refusal_of
from gapprof.lattice.rounds import in_rounds
from gapprof.lattice.visits import CellVisits
from gapprof.measure.extra import Beyond, Extra
from gapprof.measure.outputs import reference_in
from gapprof.measure.visits import Patience
from gapprof.records.lattice import Cell, Combination
from gapprof.records.settings import Settings

ROUNDS = 4
_REPEATS_SHARE, _WAITS_SHARE = 0.25, 0.5
"""Of what these rounds take, for repeating visits that outside load disturbed; for waiting for fast cores."""


def reproducing(settings: Settings) -> Extra:
    """Bound to what was asked for. Nothing is visited where one condition alone gives what was seen."""

    def measure(beyond: Beyond) -> None:
        case = Case(beyond.journal.recording())
        chosen = to_make(case)
        cells = together(case, chosen) if chosen else None
        if cells is not None:
            _made(settings, beyond, chosen, *cells)

    return measure


def _made(
    settings: Settings, beyond: Beyond, chosen: tuple[str, ...], deployed: Cell, all_at_once: Cell
) -> None:
    bases: Bases = {"native": beyond.step("native"), "web": beyond.step("web")}
    refusal = refusal_of(all_at_once, bases, beyond.backends)
    beyond.journal.write(
        Combination(
            conditions=chosen, deployed=deployed, together=all_at_once, rounds=ROUNDS, refusal=refusal
        )
    )
    if refusal:
        return
    step = beyond.step("web")
    each_s = beyond.preflight.expected_trial_s.get(step.alias_of or "web", 0.0)
    visits = CellVisits(
        study=STUDY,
        journal=beyond.journal,
        subject=beyond.subject,
        backends=beyond.backends,
        bases=bases,
        pace=beyond.preflight.pace,
        seed=settings.seed,
        patience=Patience(_REPEATS_SHARE * 2 * ROUNDS * each_s),
        cores=beyond.fastest.for_another_stage(_WAITS_SHARE * 2 * ROUNDS * each_s),
        outputs=beyond.outputs / "cells",
        reference=reference_in(beyond.outputs),
    )

    def tell(number: int) -> None:
        beyond.teller.tell("reproducing", "conditions all at once", round_number=number, planned=ROUNDS)

    in_rounds(visits, (deployed, all_at_once), range(ROUNDS), "verify", tell)
    beyond.teller.tell("reproducing", "conditions all at once", completed=True)
