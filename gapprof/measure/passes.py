"""Which visits go on with a profiled pass, and which rungs get a traced one of their own. Pure.

A profile begins where a timed visit ends, in the same process or page: what starting, loading and compiling
take is paid once, and the unprofiled runs beside it are those of the very session that was timed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gapprof.facts.profiles import chain_is_small
from gapprof.measure.spending import measurable
from gapprof.records.recording import PlannedRung
from gapprof.records.trial import Failure, Profile

_DEPLOYED = "web"
PROFILE_PASSES = 3
"""As few as have a spread: what is computed from profiles gets its interval from how passes differ."""
TRACE_PASSES = 3
"""Of the page as deployed, for the same reason; a side rung is traced once, for what it does by name."""


def profiled_rungs(ladder: Mapping[str, PlannedRung]) -> tuple[str, ...]:
    """The rungs whose timed visits go on with a profile, each once: what an alias wants is its target's."""
    wanted = (step.alias_of or rung for rung, step in ladder.items() if "profile" in step.rung.passes)
    return tuple(dict.fromkeys(rung for rung in wanted if measurable(ladder[rung])))


def traced_rungs(ladder: Mapping[str, PlannedRung]) -> tuple[str, ...]:
    """The rungs that get a trace, of what the page does beside the model.

    Where the page as deployed is an alias it does nothing: a side rung, the built-in busy page, stands in.
    """
    quiet = _DEPLOYED in ladder and ladder[_DEPLOYED].alias_of is not None
    return tuple(
        rung
        for rung, step in ladder.items()
        if "trace" in step.rung.passes and measurable(step) and (step.rung.role == "main" or quiet)
    )


def trace_passes(step: PlannedRung) -> int:
    """How often a rung is traced."""
    return TRACE_PASSES if step.rung.role == "main" else 1


@dataclass(slots=True, kw_only=True)
class Profiling:
    """The passes that are still wanted."""

    left: dict[str, int]
    """Rung → passes."""
    first_round: int
    without_chain: set[str] = field(default_factory=set)
    """Rungs whose chain has said enough."""
    _unlucky: set[str] = field(default_factory=set)
    """Rungs one of whose passes failed for what may have been bad luck."""

    def due(self, step: PlannedRung, round_number: int, visit: int) -> bool:
        """Whether this visit goes on with a profile: its rung's last one, in a round that is late enough."""
        last = visit == step.rung.visits - 1
        return last and round_number >= self.first_round and self.left.get(step.rung.id, 0) > 0

    def done(self, rung_id: str, outcome: Profile | Failure | None, *, overdrawn: bool) -> None:
        """One pass fewer; none where another is hopeless, or where the budget has long been spent.

        A page that crashes or hangs once is bad luck; twice, and what cannot be profiled here, stays so.
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


def profiling(ladder: Mapping[str, PlannedRung], rounds: int) -> Profiling:
    """Passes in the last rounds of the first stage: the first ranking is not to wait for them."""
    wanted = dict.fromkeys(profiled_rungs(ladder), PROFILE_PASSES)
    return Profiling(left=wanted, first_round=max(0, rounds - PROFILE_PASSES))
