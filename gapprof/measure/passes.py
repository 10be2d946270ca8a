"""Which visits go on with a profiled or a traced pass. Pure.

A pass begins where a timed visit ends, in the same process or page: what starting, loading and compiling take
is paid once, and the unprofiled runs beside a profile are those of the very session that was timed; of a
large graph natively, whose sessions come one at a time, those of sessions like it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gapprof.facts.profiles import chain_is_small
from gapprof.measure.spending import FIRST_ROUNDS, measurable
from gapprof.records.recording import PlannedRung
from gapprof.records.trial import Failure, Profile, Trace

_DEPLOYED = "web"
PROFILE_PASSES = 3
"""As few as have a spread: what is computed from profiles gets its interval from how passes differ."""
TRACE_PASSES = 3
"""Of the page as deployed, for the same reason; a side rung is traced once, for what it does by name."""
LAST_ROUNDS = max(PROFILE_PASSES, TRACE_PASSES)


def profiled_rungs(ladder: Mapping[str, PlannedRung]) -> tuple[str, ...]:
    """The rungs whose timed visits go on with a profile, each once: what an alias wants is its target's."""
    wanted = (step.alias_of or rung for rung, step in ladder.items() if "profile" in step.rung.passes)
    return tuple(dict.fromkeys(rung for rung in wanted if measurable(ladder[rung])))


def traced_rungs(ladder: Mapping[str, PlannedRung]) -> tuple[str, ...]:
    """The rungs whose timed visits go on with a trace, of what the page does beside the model.

    Where the page as deployed is an alias it does nothing: a side rung, the built-in busy page, stands in.
    """
    quiet = _DEPLOYED in ladder and ladder[_DEPLOYED].alias_of is not None
    return tuple(
        rung
        for rung, step in ladder.items()
        if "trace" in step.rung.passes and measurable(step) and (step.rung.role == "main" or quiet)
    )


@dataclass(slots=True, kw_only=True)
class Passes:
    """The passes of one kind that are still wanted."""

    left: dict[str, int]
    """Rung → passes."""
    stand_ins: frozenset[str] = frozenset()
    """Rungs that are looked into in the place of the user's page."""
    _from_round: int = 0
    without_chain: set[str] = field(default_factory=set)
    """Rungs whose chain has said enough."""
    _unlucky: set[str] = field(default_factory=set)
    """Rungs one of whose passes failed for what may have been bad luck."""

    def expect(self, rounds: int) -> None:
        """Passes in the last ones of so many first rounds: where there are more than passes, the first
        ranking does not wait for them. Where there are fewer than six, rounds come first, and nothing that
        only stands in."""
        self._from_round = max(0, rounds - LAST_ROUNDS)
        if rounds < FIRST_ROUNDS:
            self.left = {rung: count for rung, count in self.left.items() if rung not in self.stand_ins}

    def due(self, step: PlannedRung, round_number: int, visit: int) -> bool:
        """Whether this visit goes on with a pass: its rung's last one, in a round that is late enough."""
        last = visit == step.rung.visits - 1
        return last and round_number >= self._from_round and self.left.get(step.rung.id, 0) > 0

    def done(self, rung_id: str, outcome: Profile | Trace | Failure | None, *, overdrawn: bool) -> None:
        """One pass fewer; none where another is hopeless, or where the budget has long been spent.

        A page that crashes or hangs once is bad luck; twice, and what cannot be looked into here, stays so.
        """
        if outcome is None:
            return
        over = overdrawn or (isinstance(outcome, Failure) and self._fails_for_good(rung_id, outcome))
        self.left[rung_id] = 0 if over else self.left[rung_id] - 1
        if isinstance(outcome, Profile) and chain_is_small(outcome):
            self.without_chain.add(rung_id)

    def _fails_for_good(self, rung_id: str, failure: Failure) -> bool:
        again = rung_id in self._unlucky
        self._unlucky.add(rung_id)
        return again or failure.kind in ("model", "environment")


def profiling(ladder: Mapping[str, PlannedRung]) -> Passes:
    """All profiles."""
    return Passes(left=dict.fromkeys(profiled_rungs(ladder), PROFILE_PASSES))


def tracing(ladder: Mapping[str, PlannedRung]) -> Passes:
    """All traces."""
    wanted = [ladder[rung] for rung in traced_rungs(ladder)]
    stand_ins = frozenset(one.rung.id for one in wanted if one.rung.role == "side")
    left = {one.rung.id: 1 if one.rung.id in stand_ins else TRACE_PASSES for one in wanted}
    return Passes(left=left, stand_ins=stand_ins)
