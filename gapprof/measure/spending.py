"""What the budget buys, in this order: main rounds with their profiles and traces, side rungs. Pure."""

from collections.abc import Container, Iterable, Mapping, Sequence

from msgspec.structs import replace

from gapprof.records.recording import PlannedRung

FIRST_ROUNDS = 6
FEWEST_ROUNDS = 3
FEWEST_TO_PLAN_BY = 5
"""Where six do not fit the budget, so many of them show whether precision wants the sixth. Of 100 intervals
of 95 % at least 94 hold the truth then, where one contrast decides alone (40,000 seeded runs a spread: 94.1
to 94.9); with four to plan by 93 would, and 60 of those of runs that end there."""
OVERDRAFT = 3.0
"""If precision wants six rounds and they do not fit, the budget may be exceeded this many times, and the
report says so."""
SIDE_ROUNDS = 3
FIRST_WAITS_SHARE = 0.25
"""Of the time that the first round is expected to take, for all waiting in it: a ranking that is expected
within 20 s comes 5 s later at most for having waited. What it does not wait, later rounds may."""


def by_id(steps: Iterable[PlannedRung]) -> dict[str, PlannedRung]:
    """Rung id → step."""
    return {step.rung.id: step for step in steps}


def measurable(step: PlannedRung) -> bool:
    """Whether this rung needs trials of its own."""
    return step.refusal is None and step.alias_of is None


def chain_rungs(steps: Sequence[PlannedRung]) -> tuple[str, ...]:
    """Rungs visited in every main round: the chain and the square."""
    return tuple(step.rung.id for step in steps if measurable(step) and step.rung.role != "side")


def first_stage(
    steps: Sequence[PlannedRung],
    rounds: int,
    expected_s: Mapping[str, float],
    *,
    left_s: float,
    asked: Container[str],
) -> tuple[tuple[str, ...], ...]:
    """Rungs of each round of the first stage: the chain's, and in its last three some side rungs as well.

    These are the built-in busy page, which stands in for contention wherever the user's page is quiet, and,
    where the budget has room or they are `asked` for, those that show what a reader can change at once (more
    threads). Beside their parents' own visits they cost half. `left_s` is for all rounds but the first.
    """
    chain = chain_rungs(steps)
    shared = min(SIDE_ROUNDS, rounds - 1)
    ladder = by_id(steps)
    sharing = [step for step in steps if _shares_rounds(step)]
    chosen = [step.rung.id for step in sharing if step.rung.visited == "always"]
    left_s -= (rounds - 1) * round_s(chain, ladder, expected_s)
    left_s -= shared * round_s(chosen, ladder, expected_s)
    for step in sharing:
        cost_s = shared * round_s([step.rung.id], ladder, expected_s)
        if step.rung.visited == "if-wanted" and (step.rung.id in asked or cost_s <= left_s):
            chosen.append(step.rung.id)
            left_s -= cost_s
    return tuple(chain + (tuple(chosen) if number >= rounds - shared else ()) for number in range(rounds))


def affordable(
    steps: Sequence[PlannedRung],
    rounds: int,
    expected_s: Mapping[str, float],
    *,
    left_s: float,
    asked: Container[str],
) -> tuple[tuple[PlannedRung, ...], tuple[tuple[str, ...], ...]]:
    """The ladder and the rungs of each round of the first stage, such that what follows the first round fits.

    Second visits narrow intervals; they make way for the side rungs of the first stage, and for the budget.
    So do rounds, down to those that show whether precision wants more of them, which are taken in any case.
    """
    sharing = {step.rung.id for step in steps if _shares_rounds(step)}
    plan: tuple[tuple[str, ...], ...] = ()
    for count in range(rounds, min(rounds, FEWEST_TO_PLAN_BY) - 1, -1):
        fitting = []
        for ladder in (tuple(steps), visited_once(steps)):
            plan = first_stage(ladder, count, expected_s, left_s=left_s, asked=asked)
            if sum(round_s(rungs, by_id(ladder), expected_s) for rungs in plan[1:]) <= left_s:
                fitting.append((ladder, plan))
        whole = (one for one in fitting if sharing <= set(one[1][-1]))
        if fitting:
            return next(whole, fitting[0])
    return visited_once(steps), plan


def visited_once(steps: Iterable[PlannedRung]) -> tuple[PlannedRung, ...]:
    """The same ladder without second visits."""
    return tuple(replace(step, rung=replace(step.rung, visits=1)) for step in steps)


def round_s(
    rung_ids: Iterable[str], ladder: Mapping[str, PlannedRung], expected_s: Mapping[str, float]
) -> float:
    """What visiting these rungs takes in one round."""
    return sum(ladder[rung].rung.visits * expected_s.get(rung, 0.0) for rung in rung_ids)


def first_rounds(round_s: float, budget_s: float) -> int:
    """Rounds of the first stage: six, or as many as three times the budget allows, at least three."""
    affordable = int(OVERDRAFT * budget_s / max(round_s, 1e-3))
    return max(FEWEST_ROUNDS, min(FIRST_ROUNDS, affordable))


def further_rounds(usual: int, *, now_s: float, budget_s: float) -> int:
    """Rounds of a stage beyond the main ones: the fewest where the budget was overdrawn before it began."""
    return FEWEST_ROUNDS if now_s > OVERDRAFT * budget_s else usual


def total_rounds(*, wanted: int, done: int, worth: int, round_s: float, left_s: float) -> int:
    """Rounds of the whole run, fixed once: what precision wants, or what is left buys.

    Up to `worth` of them whatever is left: they are worth an overdraft.
    """
    return min(max(wanted, done), max(worth, done + max(0, int(left_s / max(round_s, 1e-3)))))


def side_rungs(
    steps: Sequence[PlannedRung],
    wanted: frozenset[str],
    log_factors: Mapping[str, float],
    expected_s: Mapping[str, float],
    *,
    left_s: float,
    asked: Container[str],
    visited: Container[str] = (),
) -> tuple[str, ...]:
    """Side rungs to visit now: all that are `asked` for, and those of the largest causes while money lasts.

    Not those `visited` before.
    """
    ladder = by_id(steps)
    candidates = [
        step
        for step in steps
        if step.rung.id in wanted
        and step.rung.role == "side"
        and step.rung.id not in visited
        and (step.rung.visited not in ("to-verify", "to-reproduce") or step.rung.id in asked)
        and measurable(step)
    ]
    candidates.sort(
        key=lambda step: (step.rung.id not in asked, -abs(log_factors.get(step.rung.informs, 0.0)))
    )
    chosen: list[str] = []
    for step in candidates:
        more = [rung for rung in visited_with(step, ladder) if rung not in chosen]
        cost_s = SIDE_ROUNDS * sum(expected_s.get(rung, 1.0) for rung in more)
        if step.rung.id not in asked and cost_s > left_s:
            continue
        left_s -= cost_s
        chosen += more
    return tuple(chosen)


def _shares_rounds(step: PlannedRung) -> bool:
    side = step.rung.role == "side" and step.rung.visited in ("always", "if-wanted")
    return side and measurable(step) and step.planned


def visited_with(step: PlannedRung, ladder: Mapping[str, PlannedRung]) -> tuple[str, ...]:
    """A side rung and what it is compared with, which is visited in the same rounds."""
    return (step.rung.id, *_parents(step, ladder))


def _parents(step: PlannedRung, ladder: Mapping[str, PlannedRung]) -> list[str]:
    """The rung it is compared with, and that one's own parent while it is a side rung too."""
    parent = ladder.get(step.rung.derived_from or "")
    if parent is None:
        return []
    target = ladder[parent.alias_of] if parent.alias_of else parent
    if not measurable(target):
        return []
    return [target.rung.id, *(_parents(target, ladder) if target.rung.role == "side" else [])]
