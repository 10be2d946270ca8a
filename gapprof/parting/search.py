"""What is known of where outputs part, and what would narrow it down. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from gapprof.facts.agreement import agrees
from gapprof.facts.between import alike, apart, untold
from gapprof.parting.graph import Graph, given, next_look
from gapprof.records.parting import Between
from gapprof.records.trial import OutputCheck

MOST_LOOKS = 12
"""Beyond the first. A chain of 10 000 nodes takes five; many branches beside one another take more."""
_TOO_MANY = f"{MOST_LOOKS} looks were not enough"
_BY_ITSELF = "outputs agreed when the page was visited again"


@dataclass(slots=True, kw_only=True)
class Search:
    """It stays known where a visit breaks off."""

    graph: Graph
    outputs: Sequence[OutputCheck]
    """Of the model's own outputs, one of them at least apart."""
    between: list[Between] = field(default_factory=list)
    looks: int = 0
    healed: bool = False
    why: str = ""

    def __post_init__(self) -> None:
        self._keep(self.outputs)

    def wanted(self) -> tuple[str, ...] | None:
        """What to hand out beside the model's outputs; None: there is no more to look for.

        Nothing at first: were outputs to agree now and then, more of them would seem to heal it.
        """
        nearer = self._nearer()
        if not nearer or self.healed or self.why:
            return None
        return nearer if self.looks else ()

    def learn(self, checks: Sequence[OutputCheck]) -> None:
        """What a look at what was wanted has shown, of the model's own outputs as well."""
        outputs = {check.output for check in self.outputs}
        agreed = all(agrees(check) for check in checks if check.output in outputs)
        self._keep([check for check in checks if check.output not in outputs])
        self.looks += 1
        if agreed and self.looks == 1:
            self.why = _BY_ITSELF
        elif agreed:
            self.healed = True
        elif self.looks > MOST_LOOKS and self._nearer():
            self.why = _TOO_MANY

    def _nearer(self) -> tuple[str, ...]:
        wrong = {one.check.output for one in self.between if apart(one)}
        same = {one.check.output for one in self.between if alike(one)}
        passed_by = {one.check.output for one in self.between if untold(one)}
        return next_look(self.graph, wrong, same, passed_by) if wrong else ()

    def _keep(self, checks: Sequence[OutputCheck]) -> None:
        outputs = {check.output for check in self.outputs}
        for check in checks:
            if check.output in self.graph.places:
                maker = self.graph.maker(check.output)
                self.between.append(
                    Between(
                        place=self.graph.places[check.output],
                        node=maker.name,
                        op_type=maker.op_type,
                        given=given(self.graph, check.output),
                        check=check,
                        own=check.output in outputs,
                    )
                )
