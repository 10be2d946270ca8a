"""Changes that one switch here makes real: which step predicts each, and how the prediction came out."""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from msgspec import Struct

from gapprof.explain.diagnosis import Diagnosis, diagnose
from gapprof.facts.case import Case
from gapprof.facts.computed import KERNELS, VECTORISED, computed
from gapprof.facts.estimates import LEVEL, estimate, ln_factor
from gapprof.facts.ladder import planned, target
from gapprof.facts.page_rungs import PAGE_RUNGS
from gapprof.facts.readings import logs, read, readable
from gapprof.facts.steps import before_the_page
from gapprof.records.estimate import Estimate
from gapprof.records.recording import PlannedRung
from gapprof.stats.contrast import Contrast
from gapprof.stats.interval import contrast_interval, exponential, linearised
from gapprof.stats.near import near
from gapprof.stats.verdict import verdict

_WEB = "web"
_IN_WORKER = "web-in-worker"


class Switch(Struct, frozen=True, kw_only=True):
    """The step of the ladder whose factor the change is predicted to take off the page as deployed."""

    source: str
    to: str
    hint: tuple[str, str]
    """The step that must cost beyond doubt for the change to be worth trying; mostly the same one."""
    part_of: str | None
    """The cause that the hint is a child of; None where it is a cause of its own."""


def _child(cause: str, source: str, to: str) -> Switch:
    return Switch(source=source, to=to, hint=(source, to), part_of=cause)


_EVERY_CORE = Switch(
    source="web-paced-threads", to="web-paced", hint=("native", "native-threads"), part_of=None
)
"""Native gains from threads what it gains (of two 1.9x, where a page gained 1.6x), and runs back to back
something else again: that says that they are worth trying; requests on the bench page say what they bring."""
SWITCHES: Mapping[str, Switch] = MappingProxyType(
    {
        "web-isolated": _EVERY_CORE,
        "web-threads": _EVERY_CORE,
        _IN_WORKER: _child("contention", "web-graph", "web-main"),
        "web-optimised": _child("library", "web-flags", "web-graph"),
        "web-stock": _child("runtime", "web-worker", "web-flags"),
        "web-pinned-build": _child("simd", VECTORISED, KERNELS),
    }
)
"""Side rung that is the page with one change → where its prediction comes from: never from that rung."""


def to_verify(case: Case) -> tuple[str, ...]:
    """Rungs that can be visited here and whose change is predicted, beyond doubt, to save time; those that
    somebody named, whatever is predicted of them; and what only a visit can tell."""
    named = case.recording.begin.settings.rungs.split(",")
    diagnosis = case.get(diagnose)
    return tuple(
        rung
        for rung, switch in SWITCHES.items()
        if _can_be_made(case, rung)
        and (rung in named or costs(case, *switch.hint, _level(diagnosis, switch)) or unforeseen(case, rung))
    )


def unforeseen(case: Case, rung: str) -> bool:
    """Whether the change takes more off the page than any step does: a worker is also out of the way of a
    page that is at work, and how long its answers then wait for the page's main thread no step says."""
    level = case.get(diagnose).level_in["contention"]
    on_its_main_thread = before_the_page(case), PAGE_RUNGS["gc"]  # from the page's scripts to their garbage
    return rung == _IN_WORKER and costs(case, *on_its_main_thread, level)


def gain(case: Case, rung: str) -> Contrast | None:
    """ln of how many times faster the page is predicted to get; None where nothing predicts that."""
    switch = SWITCHES.get(rung)
    if switch is None or not _can_be_made(case, rung) or not readable(case, switch.source, switch.to):
        return None
    if unforeseen(case, rung):
        return None
    return read(case, {switch.source: -1.0, switch.to: 1.0})


def predicted_ms(case: Case, rung: str) -> Estimate | None:
    """Of the rounds that have this rung, so that a machine that changed since does not count against it."""
    change, whole = gain(case, rung), read(case, {_WEB: -1.0, rung: 1.0})
    if change is None or whole is None:
        return None
    web = {number: case.get(logs)[_WEB][number] for number in whole.by_round}

    def of_means(ln_gain: float, ln_web: float) -> float:
        return math.exp(ln_web - ln_gain)

    return estimate(linearised(of_means, (change.by_round, web), LEVEL, (change.by_pass,)))


def measured_over_predicted(case: Case, rung: str, level: float = LEVEL) -> Estimate | None:
    """1 where the prediction came true, with what both sides of it are unsure of."""
    change, whole = gain(case, rung), read(case, {_WEB: -1.0, rung: 1.0})
    if change is None or whole is None:
        return None
    return estimate(exponential(ln_factor((whole, change), level)))


def predicts_itself(case: Case, rung: str) -> bool:
    """Whether the page with that change has every setting of what predicts it: nothing but visits differ."""
    steps = case.get(planned)
    predicting = steps.get(SWITCHES[rung].source) if rung in SWITCHES else None
    if predicting is None or predicting.setting is None:
        return False
    return steps[rung].setting == predicting.setting


def judged(ratio: Estimate) -> Literal["holds", "fails"] | None:
    """Near enough, or not to be told apart from the prediction. None after a single round.

    Of several predictions each is given at the level of all: one of twenty reports may call one that is right
    a failure, not one of twenty predictions.
    """
    if ratio.rounds < 2:
        return None
    return "holds" if near(ratio.point) or ratio.low <= 1 <= ratio.high else "fails"


def costs(case: Case, source: str, to: str, level: float) -> bool:
    """Whether a step costs time beyond doubt."""
    if target(case, source) == target(case, to) or not readable(case, source, to):
        return False
    contrast = read(case, {source: -1.0, to: 1.0})
    if contrast is None or contrast.lacks_passes:
        return False
    return verdict(contrast_interval(contrast, level)) == "costs"


def _level(diagnosis: Diagnosis, switch: Switch) -> float:
    return diagnosis.level if switch.part_of is None else diagnosis.level_in[switch.part_of]


def _can_be_made(case: Case, rung: str) -> bool:
    """Whether the page can be visited with that change, at the threads of what predicts it."""
    steps = case.get(planned)
    if rung not in steps or not _can_be_visited(steps[rung]):
        return False
    predicting = SWITCHES[rung].source
    if predicting not in steps:
        return predicting in case.get(computed)
    return steps[predicting].refusal is None and _same_threads(steps[rung], steps[predicting])


def _can_be_visited(step: PlannedRung) -> bool:
    return step.alias_of is None and step.refusal is None


def _same_threads(changed: PlannedRung, better: PlannedRung) -> bool:
    """What every core brings says nothing about a page that would get fewer."""
    there, here = better.setting, changed.setting
    return there is not None and here is not None and there.threads == here.threads
