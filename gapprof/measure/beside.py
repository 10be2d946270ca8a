"""What goes on beside the rounds: profiles and traces behind timed visits, and the comparison of outputs."""

from dataclasses import dataclass, field

from gapprof.measure.outputs import compare, reference_in
from gapprof.measure.passes import Passes
from gapprof.measure.spending import OVERDRAFT
from gapprof.measure.teller import Teller
from gapprof.measure.visits import Visits
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
    profiling: Passes
    tracing: Passes
    _compared: set[str] = field(default_factory=set)

    def expect(self, rounds: int) -> None:
        """So many first rounds, in the last of which passes are taken."""
        self.profiling.expect(rounds)
        self.tracing.expect(rounds)

    def timed(self, step: PlannedRung, number: int, visit: int) -> Trial | Failure:
        """A timed visit, gone on with by the profiler or under tracing where a pass is due."""
        if self.profiling.due(step, number, visit):
            outcome, profile = self.profiled(step, number, visit)
            self.profiling.done(step.rung.id, profile, overdrawn=self._overdrawn())
            return outcome
        if self.tracing.due(step, number, visit):
            outcome, trace = self.visits.traced(step, number, visit)
            self.tracing.done(step.rung.id, trace, overdrawn=self._overdrawn())
            return outcome
        return self.visits.timed(step, number, visit)

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

    def left_s(self, preflight: Preflight) -> float:
        """What the passes that are still wanted take, each about as long as the visit that it follows; what
        only stands in is to cost no round."""
        passes = (self.profiling, self.tracing)
        left = (
            (rung, count) for one in passes for rung, count in one.left.items() if rung not in one.stand_ins
        )
        return sum(count * preflight.expected_trial_s.get(rung, 0.0) for rung, count in left)

    def _overdrawn(self) -> bool:
        return self.visits.journal.now_s() > OVERDRAFT * self.settings.budget_s
