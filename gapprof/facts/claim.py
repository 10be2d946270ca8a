"""What a cause says: which steps of the ladder are its, who could act on them, and what to do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from gapprof.facts.case import Case
from gapprof.records.estimate import Owner
from gapprof.records.report import Evidence
from gapprof.stats.contrast import add_weights

Method = Literal["measured", "estimated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One contrast of the ladder, ln(to / source), of which a cause takes `share`."""

    source: str
    to: str
    share: float = 1.0

    @property
    def weights(self) -> dict[str, float]:
        """Its part of the cause's weight vector."""
        return {self.source: -self.share, self.to: self.share}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A child of a cause. Without steps it was not measured, and `why` says what was missing."""

    id: str
    title: str
    steps: tuple[Step, ...] = ()
    web_steps: tuple[Step, ...] | None = None
    """The same change with all else as the web has it, for the saving. None: the steps; (): no saving."""
    why: str = ""
    phrase: str = ""
    """Completes "2.4x …" in the headline; empty: the cause's own."""
    owner: Owner | None = None
    advice: str = ""
    evidence: tuple[Evidence, ...] = ()
    applicable: bool = True
    """False: it cannot cost anything here, and `why` says why."""
    children: tuple["Part", ...] = ()
    """What it is made of, where that is known; its own steps are all of it."""

    @property
    def weights(self) -> dict[str, float]:
        """Sum over its steps."""
        return add_weights(step.weights for step in self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a cause makes of one case. Its weights are the sum of its parts'."""

    parts: tuple[Part, ...] = ()
    why: str = ""
    applicable: bool = True
    method: Method = "measured"
    evidence: tuple[Evidence, ...] = ()
    advice: str = ""
    """Instead of the cause's standing advice, where the case says more."""
    phrase: str = ""
    """Instead of the cause's standing words in the headline, the same."""

    @property
    def weights(self) -> dict[str, float]:
        """Sum over its parts."""
        return add_weights(part.weights for part in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Where on a complete ladder something lies: names what is merged into a longer step."""

    source: str
    to: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A named reason. What it claims is pure: the same case gives the same claim."""

    id: str
    title: str
    owner: Owner
    advice: str
    phrase: str
    """Completes "2.4x …" in the headline."""
    spans: tuple[Span, ...]
    claims: Mapping[str, Callable[[Case], Claim]]
    """Web backend → what it claims there; it costs nothing on one that is missing, as `elsewhere` says."""
    elsewhere: str = ""

    def claim(self, case: Case) -> Claim:
        """What it makes of this case."""
        made = self.claims.get(case.recording.begin.settings.backend)
        return made(case) if made else Claim(applicable=False, why=self.elsewhere)
