"""Time lost to the wasm runtime and what surrounds it: marshalling, dispatch, flags, the event loop."""

import math
from collections.abc import Iterator
from dataclasses import replace

from gapprof.facts.case import Case
from gapprof.facts.claim import Cause, Claim, Part, Span, Step
from gapprof.facts.computed import KERNELS
from gapprof.facts.estimates import factor_of
from gapprof.facts.gpu_children import of_the_library
from gapprof.facts.gpu_runs import REPLAY_WEB, SESSION
from gapprof.facts.gpu_told import course_told
from gapprof.facts.outside import outside_told
from gapprof.facts.pressure import Pressure, pressure
from gapprof.facts.profiles import CAPPED, NATIVE, WEB, profile_of
from gapprof.facts.readings import readable, same_trials
from gapprof.facts.steps import part
from gapprof.facts.tier import baseline_flags
from gapprof.facts.told import told_by_side_rungs
from gapprof.facts.told_inside import relaxed_madd_told
from gapprof.facts.transplant import (
    DECIDING_ROUNDS,
    DECIDING_SHARE,
    FunctionFactor,
    Transplanted,
    engine_by_twins,
    left_out,
    transplanted,
)
from gapprof.facts.twinned import AVX_128, ENGINE, LIBRARY, UNPRESSED
from gapprof.records.estimate import Estimate
from gapprof.records.report import Evidence
from gapprof.stats.contrast import FEWEST_PASSES
from gapprof.text import numbers

_AGREE = 0.1
"""How far two methods may be apart and still count as one figure."""
_PASSES = "from profiled passes; its interval holds how they differ"
_PRESSED = (
    "from replays of these functions, in the browser over natively, against loops that fit: native code of "
    "the same functions may be short of registers as well, and what it loses by that is no part of this"
)
_WITH_ENGINE = (
    "This is how V8 compiles the kernels, and what surrounds them; each of its parts says what changes it."
)
_WITHOUT_ENGINE = "This is what surrounds the kernels; --twins measures how well V8 compiles them."
_TOO_MUCH = "more was found to be lost than there is: the two methods do not fit here"
_TWINS = "from twin kernels, of the nodes that have one; its interval holds how their rounds differ"


def _claim(case: Case) -> Claim:
    marshalling = part(
        case,
        KERNELS,
        WEB,
        child="marshalling-and-dispatch",
        title="Getting data in and out, and from node to node",
        phrase="comes with copies in and out of wasm",
        advice="Keep inputs and outputs small; fuse small nodes into larger ones before export.",
    )
    flags = part(
        case,
        WEB,
        "web-flags",
        child="flags",
        title="Your browser flags",
        phrase="comes with your browser flags",
        advice="Drop the flags that slow wasm down.",
    )
    engine = _engine(case)
    advice = _WITH_ENGINE if engine else _WITHOUT_ENGINE
    if same_trials(case, WEB, "web-flags"):
        flags = replace(flags, why="no browser or V8 flags were given", advice=advice)
    return Claim(
        parts=(
            *engine,
            replace(marshalling, evidence=_overhead(case), why=marshalling.why or _said_by(case)),
            replace(flags, evidence=_flags(case), owner="browser"),
            _event_loop(case, "web-main"),
        ),
        evidence=(
            *_transplant(case),
            *outside_told(case),
            *told_by_side_rungs(case, "runtime"),
            *relaxed_madd_told(case),
        ),
        advice=advice,
    )


def _on_gpu(case: Case) -> Claim:
    """Its calls alone, against the library that makes them."""
    library = part(
        case,
        REPLAY_WEB,
        SESSION,
        child="library-work",
        title="onnxruntime-web's own work around its WebGPU calls",
        phrase="comes with what onnxruntime-web does between its WebGPU calls",
        advice="Fewer, larger operators make fewer calls; keep inputs and outputs on the GPU between runs.",
    )
    told = tuple(course_told(case, SESSION)) if library.steps else ()
    library = replace(library, children=tuple(of_the_library(case)), evidence=told)
    return Claim(parts=(library, _event_loop(case, SESSION)))


def _on_webgl(case: Case) -> Claim:
    return Claim(parts=(_event_loop(case, "web-session"),))


def _event_loop(case: Case, back_to_back: str) -> Part:
    return part(
        case,
        back_to_back,
        "web-paced",
        child="event-loop",
        title="Being asked for by events, with pauses between",
        phrase="comes with waking up for each request",
        advice="Requests in bursts find warm caches and clocks; gather them where the page can wait.",
    )


def _engine(case: Case) -> tuple[Part, ...]:
    """Only where twin kernels tell it from the library."""
    if not readable(case, AVX_128, ENGINE):
        return ()
    return (
        Part(
            id="engine",
            title="The engine: the same loops as wasm, not as native code",
            phrase="comes with how the engine compiles wasm",
            advice="Nothing in your page changes this; engines get better with their releases.",
            steps=(Step(source=AVX_128, to=ENGINE),),
            why=_TWINS,
        ),
        *_pressure(case),
    )


def _pressure(case: Case) -> Iterator[Part]:
    """Only where the transplant says how the engine does on the library's own code."""
    found = case.get(pressure)
    if found is None:
        return
    steps = (Step(source=UNPRESSED, to=LIBRARY),) if readable(case, UNPRESSED, LIBRARY) else ()
    yield Part(
        id="register-pressure",
        title="Kernels that need more vectors at once than there are registers",
        phrase="comes with kernels that do not fit the registers",
        owner="library",
        advice="Smaller tiles would keep sums in registers; onnxruntime-web's developers choose them.",
        steps=steps,
        why=_PRESSED if steps else _TOO_MUCH if found.beyond else _fits(found),
        evidence=tuple(
            Evidence(
                kind="registers",
                text=(
                    f"Function {one.hot.function} of the served wasm, {numbers.percent(one.share)} of its "
                    f"time, keeps {one.hot.vectors_at_once} vectors alive at once in its loops; the engine "
                    f"has {found.registers} registers for them."
                ),
                value=float(one.hot.vectors_at_once),
            )
            for one in found.beyond
        ),
    )


def _fits(found: Pressure) -> str:
    most = max((one.hot.vectors_at_once for one in found.within), default=0)
    if not most:
        return "no hot function was replayed as in the run, or none of them keeps vectors in its loops"
    return (
        f"no hot function that was replayed as in the run needs more than {most} vectors at once, and there "
        f"are {found.registers} registers"
    )


def _said_by(case: Case) -> str:
    """Where the figure is from, once there are passes enough to say how far it can be trusted."""
    found = [profile for rung in (NATIVE, WEB) if (profile := profile_of(case, rung))]
    return _PASSES if all(len(one.overhead_by_pass_ms) >= FEWEST_PASSES for one in found) else ""


def _overhead(case: Case) -> tuple[Evidence, ...]:
    found: list[Evidence] = []
    for side, rung in (("natively", NATIVE), ("in the browser", WEB)):
        profile = profile_of(case, rung)
        if profile is None or profile.marshalling_ms is None or profile.dispatch_ms is None:
            continue
        text = (
            f"A run spends {numbers.ms(profile.marshalling_ms)} {side} on getting in and out and "
            f"{numbers.ms(profile.dispatch_ms)} on going from node to node (profiled passes)."
        )
        found.append(Evidence(kind="profile", text=text, value=profile.marshalling_ms + profile.dispatch_ms))
    return tuple(found)


def _transplant(case: Case) -> Iterator[Evidence]:
    """The engine's cost of the library's own code, beside that of ours where twins tell it."""
    found = case.get(transplanted)
    if found is not None:
        yield from _replayed(case, found)
    elif case.get(left_out):
        text = "None of the library's own hottest functions could be replayed outside the browser."
        yield Evidence(kind="transplant", text=text)
    for left in case.get(left_out):
        text = f"Function {left.function} of the served wasm is not part of that: {left.why}."
        yield Evidence(kind="transplant-function", text=text)


def _replayed(case: Case, found: Transplanted) -> Iterator[Evidence]:
    own, twins = factor_of(found.factor), case.get(engine_by_twins)
    text = (
        f"The library's own hottest functions ({numbers.percent(found.share)} of wasm's time) take "
        f"{numbers.factor_with_interval(own)} as long in this browser as in native code of 128 bits, "
        "on warm caches and by the lower quartile of samples"
    )
    if twins is not None:
        loops = factor_of(twins)
        verdict = _verdict(own, loops, found.deciding_share)
        text += f"; loops of ours {numbers.factor_with_interval(loops)}: {verdict}"
    yield Evidence(kind="transplant", text=f"{text}.", value=own.point)
    for one in found.functions:
        factor = numbers.factor_with_interval(factor_of(one.factor))
        yield Evidence(
            kind="transplant-function",
            text=(
                f"Function {one.hot.function} of the served wasm, {numbers.percent(one.share)} of its time, "
                f"{one.hot.rows} of its {one.hot.calls} calls a run replayed"
                f"{', each pass on what the one before left' if one.hot.goes_on else ''}: {factor}"
                f"{'' if one.like_the_run else _unlike_the_run(one)}."
            ),
            value=math.exp(one.factor.mean),
        )


def _unlike_the_run(one: FunctionFactor) -> str:
    return (
        f"; by those calls it would take {numbers.ms(one.replayed_ms)} a run, and the sampler saw "
        f"{numbers.ms(one.hot.self_ms)}"
    )


def _verdict(own: Estimate, loops: Estimate, share: float) -> str:
    if own.rounds < DECIDING_ROUNDS:
        return f"by {own.rounds} of at least {DECIDING_ROUNDS} rounds, which decides nothing"
    if share < DECIDING_SHARE:
        return (
            f"of less than {numbers.percent(DECIDING_SHARE)} of wasm's time in calls that take "
            "what they take in a run, which decides nothing"
        )
    apart = max(own.point, loops.point) / min(own.point, loops.point) - 1
    if apart <= _AGREE:
        return f"the two agree within {numbers.percent(_AGREE)}"
    if max(own.low, loops.low) <= min(own.high, loops.high):
        return f"{numbers.percent(apart)} apart, which is within how both vary"
    return f"{numbers.percent(apart)} apart: the engine does not treat that code and ours alike; both stand"


def _flags(case: Case) -> tuple[Evidence, ...]:
    found = baseline_flags(case)
    if not found:
        return ()
    text = f"{', '.join(found)} keeps wasm in V8's baseline tier, which does not optimise."
    return (Evidence(kind="tier", text=text),)


CAUSE = Cause(
    id="runtime",
    title="The wasm runtime: copies, dispatch, flags, event loop",
    owner="browser",
    advice="This is what surrounds the kernels; each of its parts says what changes it.",
    phrase="comes with the wasm runtime",
    spans=(
        Span(source=CAPPED, to=ENGINE, name="runtime"),
        Span(source=KERNELS, to=WEB, name="runtime/marshalling and dispatch"),
        Span(source=WEB, to="web-flags", name="runtime/flags"),
        Span(source="web-main", to="web-paced", name="runtime/event loop"),
        Span(source="replay-web", to="web-session", name="runtime/the library's own work"),
        Span(source="web-session", to="web-paced", name="runtime/event loop"),
    ),
    claims={"wasm": _claim, "webgpu": _on_gpu, "webgl": _on_webgl},
)
