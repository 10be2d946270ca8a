"""The rounds of a run: rungs visited in a shuffled order, each until it is given up."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from gapprof.errors import EnvironmentUnusable
from gapprof.facts.case import Case
from gapprof.facts.cells import counting
from gapprof.measure.beside import Beside
from gapprof.measure.given_up import machine_s_fault
from gapprof.measure.journal import Journal
from gapprof.measure.spending import by_id, round_s
from gapprof.measure.teller import Teller
from gapprof.records.recording import PlannedRung, Preflight, RoundStarted
from gapprof.records.settings import Settings
from gapprof.records.trial import Failure, Load, Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """Takes them, and keeps which rungs are not worth another visit."""

    settings: Settings
    teller: Teller
    beside: Beside
    _missed: dict[str, set[int]] = field(default_factory=dict)
    """Rung → rounds running without a single visit that counts."""
    _reached: dict[str, int] = field(default_factory=dict)
    """Rung → the last round with one."""
    _gone: set[str] = field(default_factory=set)

    def take(
        self,
        preflight: Preflight,
        plan: Mapping[int, tuple[str, ...]],
        *,
        of: int,
        kind: Literal["main", "side"] = "main",
    ) -> None:
        """Visit the rungs of each round of the plan, in an order shuffled by the seed and the round.

        `of` is how many rounds there are by now. Raises EnvironmentUnusable where the page never ran.
        """
        ladder = by_id(preflight.ladder)
        phase = "rounds" if kind == "main" else "side"
        for number, rung_ids in plan.items():
            if self._gone & _ends(ladder):
                self._refuse_the_page(ladder)
                return  # without both ends there is no gap, and nothing more to learn
            rng = np.random.default_rng([self.settings.seed, number])
            alive = [rung for rung in rung_ids if rung not in self._gone]
            visited = [rung for rung in alive for _ in range(ladder[rung].rung.visits)]
            order = tuple(str(rung) for rung in rng.permutation(visited)) if visited else ()
            self._journal.write(
                RoundStarted(round=number, kind=kind, order=order, at_s=self._journal.now_s())
            )
            projected_s = self._projected_s(preflight, plan, number)
            for place, rung_id in enumerate(order):
                self.teller.tell(
                    phase,
                    ladder[rung_id].rung.title,
                    rung=rung_id,
                    round_number=number,
                    planned=of,
                    projected_s=projected_s,
                )
                outcome = self.beside.timed(ladder[rung_id], number, order[:place].count(rung_id))
                self._count(rung_id, number, outcome)
            self.beside.compare_outputs()
            self.teller.tell(
                phase,
                f"round {number + 1} of {of} done",
                round_number=number,
                planned=of,
                projected_s=self._projected_s(preflight, plan, number + 1),
                completed=True,
            )

    def again(self, preflight: Preflight, number: int, slow: Callable[[Load], bool], *, of: int) -> None:
        """Visit anew what was timed on slow cores in that round, which was not to wait for faster ones."""
        ladder = by_id(preflight.ladder)
        counted = counting(Case(self._journal.recording()))
        for trial in [one for one in counted if one.round == number and slow(one.load)]:
            step = ladder[trial.rung]
            self.teller.tell(
                "rounds",
                f"{step.rung.title}, once more: its cores were slow",
                rung=trial.rung,
                round_number=number,
                planned=of,
            )
            self.beside.visits.again(step, trial)

    @property
    def _journal(self) -> Journal:
        return self.teller.journal

    def _count(self, rung_id: str, number: int, outcome: Trial | Failure) -> None:
        """A rung that failed in two rounds running, or cannot run the model, is not visited again."""
        if isinstance(outcome, Trial) and not outcome.struck:
            self._reached[rung_id] = number
            self._missed[rung_id] = set()
        elif self._reached.get(rung_id) != number:
            self._missed.setdefault(rung_id, set()).add(number)
        hopeless = isinstance(outcome, Failure) and outcome.kind == "model"
        if hopeless or len(self._missed.get(rung_id, ())) >= 2:
            self._gone.add(rung_id)

    def _refuse_the_page(self, ladder: Mapping[str, PlannedRung]) -> None:
        """Raises EnvironmentUnusable where the machine alone kept the page from running in any round."""
        why = machine_s_fault(self._journal.recording(), ladder["web"].alias_of or "web")
        if why is not None:
            raise EnvironmentUnusable(why.message, hint=why.hint or "Run `gapprof doctor`.")

    def _projected_s(self, preflight: Preflight, plan: Mapping[int, tuple[str, ...]], number: int) -> float:
        """When the rounds of the plan from `number` on, and their passes, will be done."""
        rest_s = sum(expected_round_s(preflight, rungs) for at, rungs in plan.items() if at >= number)
        return self._journal.now_s() + rest_s + self.beside.profiles_left_s(preflight)


def expected_round_s(preflight: Preflight, rung_ids: Iterable[str]) -> float:
    """What visiting these rungs takes in one round, as the preflight expects it."""
    return round_s(rung_ids, by_id(preflight.ladder), preflight.expected_trial_s)


def _ends(ladder: Mapping[str, PlannedRung]) -> set[str]:
    return {ladder[rung].alias_of or rung for rung in ("native", "web")}
