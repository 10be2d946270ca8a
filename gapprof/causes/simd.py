"""Time lost because wasm has 128-bit vectors and native code uses whatever the processor has."""

from collections.abc import Iterator
from dataclasses import replace

from gapprof.facts.beyond_width import ENCODING, Beyond, VectorBound, beyond_vectors
from gapprof.facts.byte_products import byte_products_told
from gapprof.facts.case import Case
from gapprof.facts.claim import Cause, Claim, Part, Span, Step
from gapprof.facts.computed import ESTIMATED_128, GOOD_128, KERNELS, VECTORISED, computed
from gapprof.facts.estimable import why_no_estimate
from gapprof.facts.estimates import factor_of
from gapprof.facts.inside import PRODUCTS_OF_BYTES
from gapprof.facts.ladder import planned
from gapprof.facts.profiles import CAPPED, WEB
from gapprof.facts.readings import chain, readable, same_trials
from gapprof.facts.square import COMMON, OWN, OWN_128, Square, square_paths
from gapprof.facts.steps import why_not
from gapprof.facts.told import told_by_side_rungs
from gapprof.facts.twin_ladder import two_ways
from gapprof.facts.twinned import AVX_128
from gapprof.facts.wasm import COMES_WITH_SCALAR, SCALAR_BUILD, served_simd
from gapprof.records.environment import WIDTHS
from gapprof.records.report import Evidence
from gapprof.stats.contrast import add_weights
from gapprof.text import numbers
from gapprof.text.names import harmless

_MOST_TYPES = 3
_NARROWED = ("to-128", "width")
"""Children that hold the whole step to 128 bits."""
_QUANTISED = (*PRODUCTS_OF_BYTES, "MatMulNBits")
"""Beginnings of operators."""
_AGREE = 0.10
"""Two ways to one figure that differ by less tell the same."""
_ENCODING = Evidence(
    kind="caveat",
    text=(
        f"Upper bound: up to {ENCODING}x of it is SSE encoding that wasm does not pay "
        "(native code held to 128 bits is two-operand SSE, V8 emits AVX encoding)."
    ),
    value=ENCODING,
)


def _claim(case: Case) -> Claim:
    square = case.get(square_paths)
    widths = _width_parts(case, square)
    parts = (*widths, *_scalar_build(case))
    if not square.simd:
        return Claim(parts=parts, why=_why_not(case, square))
    if square.narrow == ESTIMATED_128:
        return Claim(parts=parts, why=_estimate_why(case), method="estimated")
    caveat = () if readable(case, CAPPED, AVX_128) else (_ENCODING,)
    encoding = ENCODING if caveat else 1.0
    beyond = beyond_vectors(case, add_weights(part.weights for part in widths), encoding=encoding)
    advice = _advice(beyond) if beyond else ""
    return Claim(
        parts=tuple(replace(part, advice=advice) if part.id in _NARROWED else part for part in parts),
        advice=advice,
        phrase="comes with 128-bit wasm and kernels missing at that width" if beyond else "",
        evidence=(
            *caveat,
            *((_beyond(beyond),) if beyond else ()),
            *_by_twins(case),
            *byte_products_told(case),
            *told_by_side_rungs(case, "simd"),
        ),
    )


def _beyond(found: Beyond) -> Evidence:
    """More than the processor's vectors can be to blame for."""
    text = (
        f"More than vectors account for: {_counted(found.bound, found.encoding)}, "
        f"{numbers.factor(found.most)} at most. "
    )
    if found.operators:
        each = ", ".join(
            f"{numbers.factor(one.times)} as long for {harmless(one.op_type, 40)} "
            f"({numbers.many(one.nodes, 'operator')}, {numbers.whole_percent(one.share)} of its time then)"
            for one in found.operators[:_MOST_TYPES]
        )
        text += (
            f"Held to 128 bits, native onnxruntime takes {each}: it has no good kernel of that width there."
        )
    else:
        text += "The rest is kernels: native onnxruntime has no good ones of that width here."
    return Evidence(kind="beyond-vectors", text=text, value=found.most)


def _counted(bound: VectorBound, encoding: float) -> str:
    parts = [f"{bound.width_bits} bits against 128"]
    if bound.fused > 1:
        parts.append(f"one fused instruction in place of {bound.fused}")
    if encoding > 1:
        parts.append(f"{encoding}x of SSE encoding")
    return ", ".join(parts)


def _advice(found: Beyond) -> str:
    types = ", ".join(harmless(one.op_type, 40) for one in found.operators[:_MOST_TYPES])
    of_these = f" for {types}" if types else ""
    said = (
        f"Nothing in your page changes the width of wasm's vectors, which is {numbers.factor(found.most)} of "
        f"it at most. The rest is kernels that onnxruntime lacks at 128 bits{of_these}: its engineers can "
        f"write them."
    )
    if any(one.op_type.startswith(_QUANTISED) for one in found.operators):
        said += " Try the model quantised otherwise, or not at all."
    if found.encoding > 1:  # no twins yet
        said += " --twins measures how fast kernels of that width can be here."
    return said


def _why_not(case: Case, square: Square) -> str:
    """What keeps it from being measured, and from being estimated instead."""
    why, no_estimate = why_not(case, COMMON, square.narrow or CAPPED), case.get(why_no_estimate)
    return f"{why}; not estimated either: {no_estimate}" if no_estimate and square.narrow is None else why


def _by_twins(case: Case) -> Iterator[Evidence]:
    """The same figure a second way, whether the two agree or not."""
    found = case.get(two_ways)
    if found is None:
        return
    capped, loops = factor_of(found.capped), factor_of(found.twins)
    apart = max(capped.point, loops.point) / min(capped.point, loops.point) - 1
    if apart <= _AGREE:
        verdict = f"the two agree within {numbers.percent(_AGREE)}"
    elif max(capped.low, loops.low) <= min(capped.high, loops.high):
        verdict = f"{numbers.percent(apart)} apart, which is within how both vary"
    else:
        verdict = f"{numbers.percent(apart)} apart: its kernels, or ours, do not use both widths alike"
    yield Evidence(
        kind="twin-ladder",
        text=(
            f"One loop of ours for each kernel ({numbers.percent(found.share)} of their time) is "
            f"{numbers.factor_with_interval(loops)} slower at 128 bits than as {found.widest}; native "
            f"onnxruntime's kernels, less the encoding, {numbers.factor_with_interval(capped)}: {verdict}."
        ),
        value=loops.point,
    )


def _width_parts(case: Case, square: Square) -> tuple[Part, ...]:
    """Steps between instruction sets on the common graph, and what layout adds to them."""
    at_common = any(step.source == COMMON for step in square.simd)
    if not square.simd or square.narrow is None:
        return ()
    if not at_common:
        return (
            Part(
                id="width",
                title="128-bit vectors, own graph",
                steps=square.simd,
                why=f"the common graph gave no figure ({why_not(case, COMMON, square.narrow)})",
            ),
        )
    with_layout = Part(
        id="with-layout",
        title="… with the layout that only native has",
        steps=(Step(source=OWN, to=OWN_128, share=0.5), Step(source=COMMON, to=CAPPED, share=-0.5)),
        web_steps=(),
        why="saves nothing by itself: the web has no such layout",
    )
    both = len(square.simd) > 1
    return (
        *_widths(case, square.narrow),
        *((with_layout,) if both else ()),
        *_without_encoding(case),
        *_moved_to_library(case),
    )


def _widths(case: Case, narrow: str) -> tuple[Part, ...]:
    """One child per instruction set that was measured between full width and 128 bits.

    Each is read against full width, minus the one before it: side rungs have rounds of their own.
    """
    parts: list[Part] = []
    source = COMMON
    for rung, title in case.get(_ceilings) if narrow == CAPPED else ((narrow, "128-bit vectors"),):
        if rung != narrow and (same_trials(case, rung, source) or not readable(case, COMMON, rung)):
            continue
        full = source == COMMON and rung == narrow
        parts.append(
            Part(
                id=f"to-{rung.removeprefix('native-')}",
                title="128-bit vectors, common graph" if full else title,
                steps=(
                    Step(source=COMMON, to=rung),
                    *((Step(source=COMMON, to=source, share=-1.0),) if source != COMMON else ()),
                ),
            )
        )
        source = rung
    return tuple(parts)


def _ceilings(case: Case) -> tuple[tuple[str, str], ...]:
    """Rungs that hold native on the common graph to fewer instructions, widest first, and what each lacks."""
    held = [
        step.rung
        for step in case.get(planned).values()
        if (step.rung.environment.backend, step.rung.environment.graph) == ("native", "common")
        and step.rung.environment.isa != "full"
    ]
    held.sort(key=lambda rung: WIDTHS.index(rung.environment.isa))
    return tuple((rung.id, rung.takes_away or "wider vectors") for rung in held)


def _without_encoding(case: Case) -> tuple[Part, ...]:
    """Only where twins say how much of it there is."""
    if not readable(case, CAPPED, AVX_128):
        return ()
    return (
        Part(
            id="sse-encoding",
            title="… less the SSE encoding, which wasm does not pay",
            steps=(Step(source=AVX_128, to=CAPPED, share=-1.0),),
            web_steps=(),
            why="saves nothing: it corrects what the instruction ceiling would charge",
        ),
    )


def _moved_to_library(case: Case) -> tuple[Part, ...]:
    if not readable(case, GOOD_128, CAPPED):
        return ()
    return (
        Part(
            id="kernel-excess",
            title="… less what is the native library's own lack of 128-bit kernels",
            steps=(Step(source=GOOD_128, to=CAPPED, share=-1.0),),
        ),
    )


def _scalar_build(case: Case) -> tuple[Part, ...]:
    """Only where the served wasm holds no 128-bit value; its advice is to serve one that does."""
    if served_simd(case) is not False:
        return ()
    to = KERNELS if KERNELS in case.get(chain) else WEB
    child = Part(
        id=SCALAR_BUILD,
        title="The served wasm has no SIMD at all",
        phrase=COMES_WITH_SCALAR,
        owner="page",
        advice="Serve a build of onnxruntime-web with SIMD; every release since 1.19 has it.",
        why="onnxruntime-web 1.18 was not measured with and without SIMD",
    )
    if readable(case, VECTORISED, to):
        return (replace(child, steps=(Step(source=VECTORISED, to=to),), why=""),)
    return (child,)


def _estimate_why(case: Case) -> str:
    preflight = case.recording.preflight
    why = preflight.estimated_isa_why if preflight else ""
    return why or case.get(computed)[ESTIMATED_128].changes


CAUSE = Cause(
    id="simd",
    title="128-bit vectors instead of the processor's full width",
    owner="hardware",
    advice="Nothing in your page changes this: WebAssembly has 128-bit vectors.",
    phrase="comes with 128-bit wasm",
    spans=(Span(source=COMMON, to=CAPPED, name="simd"),),
    claims={"wasm": _claim},
    elsewhere="the model runs on the GPU",
)
