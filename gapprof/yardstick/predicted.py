"""What a whole model as one program should take: its twins, each timed by itself in the same rounds. Pure."""

import math

from gapprof.facts.twins import WEB_TARGETS, ByRound, Twins, summed


def chosen_target(found: Twins, shape: str) -> str:
    """Whose twin a program runs: of the faster one in the first round, after which the program is written."""
    return min(WEB_TARGETS, key=lambda target: _first_ms(found.ms.get(target, {}).get(shape, {})))


def expected_ms(found: Twins, copies_ms: ByRound) -> ByRound:
    """The chosen twins of all nodes, and the copies of a run, where there are any; only rounds that have all.

    Nests that no node has (a scale beside a product, a Gather's rows one by one) are in a run alone. A choice
    by one round makes that round look faster than it is: by less than the scatter of a twin.
    """
    parts = [part for node in found.nodes for part in node.parts]
    twins_ms = (found.ms.get(chosen_target(found, part), {}).get(part, {}) for part in parts)
    return summed((*twins_ms, *([copies_ms] if copies_ms else [])))


def _first_ms(by_round: ByRound) -> float:
    return by_round[min(by_round)] if by_round else math.inf
