"""What the engine costs the library's own hot functions: V8 over native code, on recorded calls. Pure.

Calls are replayed one after the other, so that caches are warm; what is read from memory in a run may weigh
more there and bring both sides closer together.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from msgspec.structs import replace

from gapprof.facts.case import Case
from gapprof.facts.split import split
from gapprof.records.transplant import HotFunction, TransplantPlan, TransplantTrial
from gapprof.stats.contrast import Contrast
from gapprof.stats.undisturbed import undisturbed

WASM = "wasm"
DECIDING_SHARE = 0.8
"""Of wasm's time that the functions have to hold before they are held against twins: the rest, which the
engine may treat otherwise, can then move the figure by a fifth of its own distance from it at most."""
DECIDING_ROUNDS = 3
"""Below which nobody knows how rounds differ."""
_ABOUT = (0.5, 2.0)
"""Times what the sampler saw: it is coarse, and a run meets colder caches than a replay."""
_DIFFERING = "V8 and native code left different bytes"
_UNTIMED = "it was not timed on both sides"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionFactor:
    """One function."""

    hot: HotFunction
    share: float
    """Of the time that wasm takes."""
    factor: Contrast
    """ln of V8 over native code, by round."""
    web_us: float
    """A call in the browser, the median of rounds."""

    @property
    def replayed_ms(self) -> float:
        """What all calls of a run would take in the browser, were they as those that were replayed."""
        return self.web_us * self.hot.calls / 1e3

    @property
    def like_the_run(self) -> bool:
        """Whether that is about what the sampler saw."""
        low, high = _ABOUT
        return low * self.hot.self_ms <= self.replayed_ms <= high * self.hot.measured_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Transplanted:
    """All of them, and each."""

    factor: Contrast
    """ln of what they take in the browser over what they would take natively, by round."""
    share: float
    """Of the time that wasm takes."""
    functions: tuple[FunctionFactor, ...]
    target: str

    @property
    def deciding_share(self) -> float:
        """Of that, what functions take that are replayed like in the run."""
        return math.fsum(one.share for one in self.functions if one.like_the_run)


def transplanted(case: Case) -> Transplanted | None:
    """None where nothing was replayed on both sides."""
    plan = next(case.recording.of(TransplantPlan), None)
    if plan is None or not plan.wasm_ms > 0:
        return None
    web, native = _us(case, WASM), _us(case, plan.target)
    differing = _differing(case)
    functions = []
    for one in plan.functions:
        here, there = web.get(one.function, {}), native.get(one.function, {})
        shared = sorted(here.keys() & there.keys())
        if shared and one.function not in differing:
            factor = Contrast({number: math.log(here[number] / there[number]) for number in shared})
            functions.append(
                FunctionFactor(
                    hot=one,
                    share=one.measured_ms / plan.wasm_ms,
                    factor=factor,
                    web_us=median(here[number] for number in shared),
                )
            )
    if not functions:
        return None
    rounds = sorted(set.intersection(*(set(one.factor.by_round) for one in functions)))
    if not rounds:
        return None
    share = math.fsum(one.share for one in functions)
    natively = {
        number: math.fsum(one.share * math.exp(-one.factor.by_round[number]) for one in functions)
        for number in rounds
    }
    return Transplanted(
        factor=Contrast({number: math.log(share / natively[number]) for number in rounds}),
        share=share,
        functions=tuple(functions),
        target=plan.target,
    )


def left_out(case: Case) -> tuple[HotFunction, ...]:
    """Hot functions that are not measured, each with its reason, also where that is all of them."""
    plan = next(case.recording.of(TransplantPlan), None)
    if plan is None:
        return ()
    found, differing = case.get(transplanted), _differing(case)
    measured = {one.hot.function for one in found.functions} if found else set()
    return tuple(
        replace(one, why=one.why or (_DIFFERING if one.function in differing else _UNTIMED))
        for one in plan.functions
        if one.function not in measured
    )


def engine_by_twins(case: Case) -> Contrast | None:
    """The same by kernels of ours: ln of wasm over native code, by pass, weighted by the nodes' times."""
    found = case.get(split)
    if found is None:
        return None
    engine = [math.fsum(one) for one in zip(*(node.engine_ms for node in found.nodes), strict=False)]
    encoded = [math.fsum(one) for one in zip(*(node.encoded_ms for node in found.nodes), strict=False)]
    return Contrast({at: math.log(a / b) for at, (a, b) in enumerate(zip(engine, encoded, strict=True))})


def _us(case: Case, target: str) -> Mapping[int, Mapping[int, float]]:
    """Function → round → µs of a call."""
    found: dict[int, dict[int, float]] = {}
    for trial in case.recording.of(TransplantTrial):
        if trial.target == target:
            for one in trial.times:
                found.setdefault(one.function, {})[trial.round] = undisturbed(one.samples_us)
    return found


def _differing(case: Case) -> frozenset[int]:
    """Functions that did not leave the same bytes everywhere: they did not do the same work."""
    seen: dict[int, set[str]] = {}
    for trial in case.recording.of(TransplantTrial):
        for one in trial.times:
            seen.setdefault(one.function, set()).add(one.sha256)
    return frozenset(function for function, digests in seen.items() if len(digests) > 1)
