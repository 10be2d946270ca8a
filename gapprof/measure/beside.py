"""What goes on beside the rounds: profiles behind timed visits, traces, and the comparison of outputs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gapprof.measure.outputs import compare, reference_in
from gapprof.measure.passes import PROFILE_PASSES, Profiling, profiled_rungs, trace_passes, traced_rungs
from gapprof.measure.spending import OVERDRAFT, by_id
from gapprof.measure.teller import Teller
from gapprof.measure.visits import Visits
from gapprof.measure.wanted import ENDS
from gapprof.records.recording import PlannedRung, Preflight
from gapprof.records.settings import Settings
from gapprof.records.trial import Failure, Profile, Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """The passes of one run, and whose outputs it has compared."""

    settings: Settings
    teller: Teller
    visits: Visits
    rungs: frozenset[str]
    """Who may leave outputs."""
    profiling: Profiling
    _compared: set[str] = field(default_factory=set)

    def timed(self, step: PlannedRung, number: int, visit: int) -> Trial | Failure:
        """A timed visit, gone on with by the profiler where a pass is due."""
        if not self.profiling.due(step, number, visit):
            return self.visits.timed(step, number, visit)
        outcome, profile = self.profiled(step, number, visit)
        self.profiling.done(step.rung.id, profile, overdrawn=self._overdrawn())
        return outcome

    def profiled(
        self, step: PlannedRung, number: int, visit: int = 0
    ) -> tuple[Trial | Failure, Profile | Failure | None]:
        """With the chain of empty nodes only where it is not known to be next to nothing."""
        chain_wanted = step.rung.id not in self.profiling.without_chain
        return self.visits.profiled(step, number, visit, chain_wanted=chain_wanted)

    def compare_outputs(self) -> None:
        """Those that came in since the last time, with the reference; none while there is no reference."""
        present = {rung for rung in self.rungs if self.visits.outputs_of(rung).exists()}
        reference = reference_in(self.visits.outputs)
        if reference is None:
            return
        for rung in sorted(present - self._compared):
            self._compared.add(rung)
            for check in compare(rung, self.visits.outputs_of(rung), reference.rung, reference.path):
                self.visits.journal.write(check)

    def traces(self, ladder: Mapping[str, PlannedRung]) -> None:
        """Long after the budget was spent only the page as deployed has its trace, and but one."""
        for rung_id in self._traced(ladder):
            step = ladder[rung_id]
            self.teller.tell("trace", f"what else the page does: {step.rung.title}", rung=rung_id)
            for number in range(trace_passes(step)):
                if self._overdrawn() and (number or step.rung.role == "side"):
                    break
                self.visits.traced(step, number)
            self.teller.tell("trace", "traced", completed=True)

    def passes_s(self, preflight: Preflight) -> float:
        """A profile takes about as long as the visit that it follows, a trace as a visit of its own."""
        ladder, expected_s = by_id(preflight.ladder), preflight.expected_trial_s
        passes = dict.fromkeys(profiled_rungs(ladder), PROFILE_PASSES)
        passes |= {rung: trace_passes(ladder[rung]) for rung in self._traced(ladder)}
        return sum(count * expected_s.get(rung, 0.0) for rung, count in passes.items())

    def profiles_left_s(self, preflight: Preflight) -> float:
        """What the profiles that are still wanted take."""
        expected_s = preflight.expected_trial_s
        return sum(left * expected_s.get(rung, 0.0) for rung, left in self.profiling.left.items())

    def _traced(self, ladder: Mapping[str, PlannedRung]) -> tuple[str, ...]:
        """Who asks for the ends alone asks not what a page does that is not theirs."""
        found = traced_rungs(ladder)
        return tuple(one for one in found if self.settings.rungs != ENDS or ladder[one].rung.role == "main")

    def _overdrawn(self) -> bool:
        return self.visits.journal.now_s() > OVERDRAFT * self.settings.budget_s
