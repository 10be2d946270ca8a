"""Time lost because onnxruntime-web lacks what the native library has: layouts, graph passes, kernels."""

from collections.abc import Iterator
from dataclasses import replace
from statistics import median

from gapprof.facts.case import Case
from gapprof.facts.claim import Cause, Claim, Part, Span, Step
from gapprof.facts.computed import GOOD_128
from gapprof.facts.estimates import factor, factor_of
from gapprof.facts.gpu_children import of_the_kernels
from gapprof.facts.gpu_legs import own_webgpu_told
from gapprof.facts.gpu_placement import placement_told
from gapprof.facts.gpu_told import anew_told, placed_natively_told, placed_told
from gapprof.facts.inserted_casts import inserted_casts
from gapprof.facts.kernel_excess import excess_by_node
from gapprof.facts.missing_kernels import MissingKernel, Worker, missing_kernels
from gapprof.facts.profiles import CAPPED, NATIVE, profile_of
from gapprof.facts.readings import following, readable
from gapprof.facts.square import COMMON, OWN, OWN_128, square_paths
from gapprof.facts.steps import part, why_not
from gapprof.facts.told import told_by_side_rungs
from gapprof.facts.told_inside import hot_functions_told, relaxed_dot_told
from gapprof.facts.twinned import ENGINE, LIBRARY, PRESENT, SUITED, UNPRESSED
from gapprof.records.report import Evidence
from gapprof.text import numbers
from gapprof.text.names import harmless

_MOST_NODES = 3
_TWINS = "from twin kernels, of the nodes that have one; its interval holds how their rounds differ"


def _claim(case: Case) -> Claim:
    graph = part(
        case,
        "web-flags",
        "web-graph",
        child="graph",
        title="Your file as it is, against the common graph",
        phrase="comes with how onnxruntime-web optimises your file",
        advice="Save the model once optimised at EXTENDED level by native onnxruntime and deploy that file.",
    )
    return Claim(
        parts=(_layout(case), *_kernels(case), graph, *_excess(case)),
        evidence=(
            *_rewritten(case),
            *_inserted_casts(case),
            *told_by_side_rungs(case, "library"),
            *hot_functions_told(case),
            *relaxed_dot_told(case),
        ),
    )


def _on_gpu(case: Case) -> Claim:
    """The same adapter, natively by its best provider, and by the library's WebGPU kernels."""
    kernels = part(
        case,
        "native",
        "replay-native-unsafe",
        child="kernels",
        title="WebGPU kernels, against the best native ones for this adapter",
        phrase="comes with onnxruntime-web's WebGPU kernels",
        advice="Faster kernels are onnxruntime-web's developers' to write.",
    )
    return Claim(
        parts=(replace(kernels, children=tuple(of_the_kernels(case))),),
        why=kernels.why,
        evidence=(
            *placed_told(case),
            *placement_told(case),
            *placed_natively_told(case),
            *anew_told(case),
            *own_webgpu_told(case),
        ),
    )


def _on_webgl(case: Case) -> Claim:
    """Its kernels, and WebGL below them: one step, for nothing stands between the two."""
    kernels = part(
        case,
        "native",
        "web-session",
        child="kernels",
        title="WebGL kernels and WebGL itself, against the best native ones for this adapter",
        phrase="comes with onnxruntime-web's WebGL kernels, and with WebGL",
        advice="onnxruntime-web only maintains its WebGL kernels: try --backend webgpu.",
    )
    return Claim(parts=(kernels,), why=kernels.why, evidence=tuple(placed_natively_told(case)))


def _layout(case: Case) -> Part:
    """NCHWc and other layouts that the native library has at its own level, and wasm has not.

    They exist for their vector width, so they share their gain with it: the mean of both orders.
    """
    steps = case.get(square_paths).layout
    narrow = any(step.source == OWN_128 for step in steps)
    return Part(
        id="layout",
        title="Layouts that only native has",
        phrase="with a layout only native has",
        owner="library",
        advice="onnxruntime-web has no NCHWc kernels; a model built of operators that need none loses less.",
        steps=steps,
        web_steps=(Step(source=OWN_128, to=CAPPED),) if narrow else None,
        why="" if steps else why_not(case, OWN, COMMON),
    )


def _kernels(case: Case) -> Iterator[Part]:
    """Only where twin kernels tell them from the engine; what is missing apart from what is not tuned."""
    source = SUITED if following(case, ENGINE) == SUITED else ENGINE
    place = following(case, source)
    if place not in (PRESENT, UNPRESSED, LIBRARY):
        return
    yield Part(
        id="kernels",
        title="Kernels, against native's own if the same engine ran them",
        phrase="comes with onnxruntime-web's kernels",
        advice="`gapprof kernels MODEL` names the kernels, and what each could reach in this browser.",
        steps=(Step(source=source, to=place),),
        why=_TWINS,
    )
    missing, after = case.get(missing_kernels), following(case, PRESENT)
    if missing is not None and after is not None:
        nodes = sorted(missing.nodes, key=lambda node: -median(node.lost.values()))
        yield Part(
            id="missing-kernels",
            title="Kernels that are missing in the browser, or scalar",
            phrase="comes with kernels that are missing or scalar",
            advice="Kernels for these operators are onnxruntime-web's developers' to write.",
            steps=(Step(source=PRESENT, to=after),),
            why=_TWINS,
            evidence=tuple(_missing(node) for node in nodes[:_MOST_NODES]),
        )


def _missing(node: MissingKernel) -> Evidence:
    times = factor_of(node.times)
    lost = numbers.percent(median(node.lost.values()))
    text = (
        f"{harmless(node.name, 60)} ({harmless(node.op_type, 40)}) takes "
        f"{numbers.factor_with_interval(times)} what a tuned kernel takes in this browser, and {lost} of "
        "a run more than native's kernel would"
    )
    return Evidence(kind="twin", text=f"{text}{_work(node.workers)}.", value=times.point)


def _work(workers: tuple[Worker, ...]) -> str:
    """Which functions of the wasm do it, as far as hooks say."""
    named = [
        f"function {one.function} ({numbers.percent(one.share)}"
        f"{', no vectors in its loops' if one.vectors_in_loops == 0 else ''})"
        for one in workers[:_MOST_NODES]
    ]
    return f"; its work is done by {' and '.join(named)}" if named else ""


def _excess(case: Case) -> tuple[Part, ...]:
    """Only where a node beyond doubt runs slower natively at 128 bits than in the browser."""
    if not readable(case, GOOD_128, CAPPED):
        return ()
    nodes = case.get(excess_by_node)
    worst = sorted(nodes, key=lambda name: -nodes[name])[:_MOST_NODES]
    return (
        Part(
            id="no-128-kernel",
            title="Native has no good 128-bit kernel here",
            phrase="with native kernels that are bad at 128 bits",
            advice="Nothing to do: it corrects what the instruction ceiling alone would charge to simd.",
            steps=(Step(source=GOOD_128, to=CAPPED),),
            web_steps=(),
            why="saves nothing: it is native's lack, not the web's",
            evidence=tuple(
                Evidence(
                    kind="profile",
                    text=f"{harmless(name, 60)}: {numbers.ms(nodes[name])} more natively at 128 bits than in "
                    "the browser.",
                    value=nodes[name],
                )
                for name in worst
            ),
        ),
    )


def _rewritten(case: Case) -> tuple[Evidence, ...]:
    """How much of the layout's gain each instruction width sees, and how the model looks."""
    found: list[Evidence] = []
    for source, to, width in ((OWN, COMMON, "full width"), (OWN_128, CAPPED, "128 bits")):
        gain = factor(case, source, to) if readable(case, source, to) else None
        if gain is not None:
            text = (
                f"At {width} native gains {numbers.factor_with_interval(gain)} from its own layout and graph."
            )
            found.append(Evidence(kind="contrast", text=text, value=gain.point))
    model, native = case.recording.begin.model, profile_of(case, NATIVE)
    if native is not None and model.original_nodes:
        text = f"Your file has {model.original_nodes} nodes, the common graph runs {len(native.nodes)}."
        found.append(Evidence(kind="graph", text=text, value=float(len(native.nodes))))
    return tuple(found)


def _inserted_casts(case: Case) -> tuple[Evidence, ...]:
    """onnxruntime casts around operators without a kernel for the file's type, and names such nodes so."""
    casts = case.get(inserted_casts)
    if casts is None:
        return ()
    count = f"{casts.count} Cast node{'s' if casts.count > 1 else ''}"
    text = (
        f"{numbers.percent(casts.share)} of the browser's time is {count} that your file does not have: "
        "onnxruntime has no kernels for its type here. Deploy it in float32, or in int8: "
        f"they take {numbers.ms(casts.ms)} of a profiled run."
    )
    return (Evidence(kind="graph", text=text, value=casts.share),)


CAUSE = Cause(
    id="library",
    title="What onnxruntime-web lacks against native onnxruntime",
    owner="library",
    advice="Try a newer onnxruntime-web with --web-dist; layouts and kernels are its developers' to add.",
    phrase="comes with what the library lacks in the browser",
    spans=(
        Span(source=OWN, to=COMMON, name="library/layout"),
        Span(source=SUITED, to=LIBRARY, name="library"),
        Span(source="web-flags", to="web-graph", name="library/graph"),
        Span(source="native", to="replay-native-unsafe", name="library"),
        Span(source="native", to="web-session", name="library"),
    ),
    claims={"wasm": _claim, "webgpu": _on_gpu, "webgl": _on_webgl},
)
