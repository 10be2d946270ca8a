"""Rungs that no environment can give: latencies computed from measured ones, each saying how."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean, median
from types import MappingProxyType

from gapprof.facts.case import Case
from gapprof.facts.cells import measured, standing
from gapprof.facts.kernel_excess import excess_by_pass_ms, excess_ms
from gapprof.facts.pressure import pressure
from gapprof.facts.profiles import CAPPED, NATIVE, WEB, RungProfile, profile_of
from gapprof.facts.split import Split, split
from gapprof.facts.wasm import scalar_by_round, scalar_factor
from gapprof.text import numbers

KERNELS = "web-kernels"
AVX_128 = "native-128-avx"
ENGINE = "web-engine"
LIBRARY = "web-library"
UNPRESSED = "web-unpressed"
VECTORISED = "web-vectorised"
ESTIMATED_128 = "native-128-estimated"
GOOD_128 = "native-128-good"

_VECTOR_OPERATORS = frozenset({"MatMul", "Conv", "Gemm"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputedRung:
    """Latencies by round, and where they come from."""

    id: str
    title: str
    changes: str
    derived_from: str
    by_round_ms: Mapping[int, float]
    by_pass: Mapping[int, float] = field(default_factory=dict)
    """Round of a profiled pass → what it alone contributes to ln(latency), for how far passes differ."""


def computed(case: Case) -> Mapping[str, ComputedRung]:
    """Every computed rung that this recording gives enough for, in order of dependence."""
    found: dict[str, ComputedRung] = {}
    for make in (_estimated_128, _good_128, _twinned, _web_kernels, _web_vectorised):
        for rung in make(case):
            found[rung.id] = rung
    return found


def _web_kernels(case: Case) -> Iterator[ComputedRung]:
    """web-worker without what getting in, out and from node to node costs there more than natively."""
    native, web = profile_of(case, NATIVE), profile_of(case, WEB)
    if native is None or web is None:
        return
    overhead = _overhead_ms(web), _overhead_ms(native)
    if overhead[0] is None or overhead[1] is None:
        return
    extra = overhead[0] - overhead[1]
    yield from _derived(
        case,
        WEB,
        lambda latency_ms: latency_ms - extra,
        rung_id=KERNELS,
        title="In the browser, kernels alone",
        changes=f"computed: {WEB} minus {numbers.ms(extra)} of marshalling and dispatch beyond native's",
        # Without a single pass that has it all the figure is still a profile's, and too few to decide on.
        passes_ms=_differences(web.overhead_by_pass_ms, native.overhead_by_pass_ms) or {0: extra},
    )


def _differences(some: Mapping[int, float], others: Mapping[int, float]) -> dict[int, float]:
    return {number: some[number] - others[number] for number in sorted(some.keys() & others.keys())}


def _overhead_ms(profile: RungProfile) -> float | None:
    if profile.marshalling_ms is None or profile.dispatch_ms is None:
        return None
    return profile.marshalling_ms + profile.dispatch_ms


def _web_vectorised(case: Case) -> Iterator[ComputedRung]:
    """Only where the served wasm is scalar: what the same kernels would take with 128-bit vectors."""
    factor = scalar_factor(case)
    kernels = next(_web_kernels(case), None)
    if factor is None:
        return
    source, latencies = (KERNELS, kernels.by_round_ms) if kernels else (WEB, case.get(measured).get(WEB, {}))
    if latencies:
        yield ComputedRung(
            id=VECTORISED,
            title="In the browser, if the wasm had SIMD",
            changes=f"computed: {source} by {numbers.factor(factor)}, what SIMD gave onnxruntime-web 1.18",
            derived_from=source,
            by_round_ms={number: value / factor for number, value in latencies.items()},
            by_pass=_with(kernels.by_pass if kernels else {}, case.get(scalar_by_round)),
        )


def _with(passes: Mapping[int, float], rounds: Sequence[float]) -> dict[int, float]:
    """The rungs that give the factor have rounds of their own, which add to how far passes differ."""
    if not passes:
        return {number: -value for number, value in enumerate(rounds)}
    return {n: a - b for n, (a, b) in enumerate(zip(passes.values(), rounds, strict=False))}


def _estimated_128(case: Case) -> Iterator[ComputedRung]:
    """Where no instruction ceiling works: the vectorised operators scaled by a measured GEMM ratio."""
    preflight, native = case.recording.preflight, profile_of(case, NATIVE)
    if CAPPED in case.get(standing) or preflight is None or native is None or native.kernels_ms <= 0:
        return
    ratio = preflight.estimated_isa_ratio
    if ratio is None:
        return
    share = sum(n.ms for n in native.nodes.values() if _vectorised(n.op_type)) / native.kernels_ms
    rounds = enumerate(preflight.estimated_isa_by_round)
    for rung in _derived(
        case,
        NATIVE,
        lambda latency_ms: latency_ms * (1 + share * (ratio - 1)),
        rung_id=ESTIMATED_128,
        title="Native at 128 bits, estimated",
        changes=(
            f"computed: the {numbers.percent(share)} of {NATIVE} in MatMul, Conv and Gemm nodes "
            f"take {numbers.factor(ratio)} as long"
        ),
    ):
        yield replace(rung, by_pass={number: math.log1p(share * (one - 1)) for number, one in rounds})


def _vectorised(op_type: str) -> bool:
    """Fused forms too: FusedConv, FusedGemm, FusedMatMul."""
    return op_type.removeprefix("Fused") in _VECTOR_OPERATORS


def _good_128(case: Case) -> Iterator[ComputedRung]:
    """native-128 with the nodes whose 128-bit native kernel is slower than the web's at the web's time."""
    excess = case.get(excess_ms)
    if excess <= 0 or CAPPED not in case.get(standing):
        return
    yield from _derived(
        case,
        CAPPED,
        lambda latency_ms: latency_ms - excess,
        rung_id=GOOD_128,
        title="Native at 128 bits, where its kernels are good",
        changes=f"computed: {CAPPED} minus {numbers.ms(excess)} in nodes that the browser runs faster",
        passes_ms=case.get(excess_by_pass_ms),
    )


def _twinned(case: Case) -> Iterator[ComputedRung]:
    """Between native-128 and the browser's kernels, for the nodes that have twins.

    The engine is counted on from native's side, the library from the browser's: so each stands on rounds, and
    only what is small is left to profiled passes. These say which share of a run it is, so that a machine
    that was slower by then changes nothing.
    """
    parts, kernels = case.get(split), next(_web_kernels(case), None)
    if parts is None or kernels is None:
        return
    found = (*_encoded_and_engine(case, parts), *_library(case, parts, kernels))
    if len(found) == len((AVX_128, ENGINE, LIBRARY)):  # one without the others would hide what they hold
        yield from (*found, *_unpressed(case, found[-1], kernels))


def _encoded_and_engine(case: Case, parts: Split) -> Iterator[ComputedRung]:
    for rung_id, title, shares, how in (
        (AVX_128, "Native at 128 bits, AVX encoding", parts.encoding, "AVX-encoded"),
        (ENGINE, "Native's kernels, if the browser's engine ran them", parts.engine, "wasm"),
    ):
        if max(shares.values()) >= 1:
            return
        left = 1 - median(shares.values())
        for rung in _derived(
            case,
            CAPPED,
            _times(left),
            rung_id=rung_id,
            title=title,
            changes=f"computed: {CAPPED} with {len(parts.nodes)} nodes as much slower as their {how} twins",
        ):
            yield replace(rung, by_pass={number: math.log1p(-share) for number, share in shares.items()})


def _library(case: Case, parts: Split, kernels: ComputedRung) -> Iterator[ComputedRung]:
    web_ms = case.get(measured).get(WEB, {})
    rest = median(parts.rest.values())
    by_round_ms = {number: value - rest * web_ms[number] for number, value in kernels.by_round_ms.items()}
    if min(by_round_ms.values()) <= 0:
        return
    slope = -fmean(web_ms[number] / value for number, value in by_round_ms.items())
    yield ComputedRung(
        id=LIBRARY,
        title="In the browser, where there are twins",
        changes=f"computed: {KERNELS} minus {numbers.percent(rest)} of {WEB} in nodes without a twin",
        derived_from=KERNELS,
        by_round_ms=by_round_ms,
        by_pass=_added(kernels.by_pass, {number: slope * share for number, share in parts.rest.items()}),
    )


def _unpressed(case: Case, library: ComputedRung, kernels: ComputedRung) -> Iterator[ComputedRung]:
    """The library's kernels, if what needs more vectors than there are registers lost nothing by it."""
    found = case.get(pressure)
    if found is None or not found.beyond:
        return
    lost = median(found.shares)
    by_round_ms = {n: value - lost * kernels.by_round_ms[n] for n, value in library.by_round_ms.items()}
    if min(by_round_ms.values()) <= 0:
        return
    slope = -fmean(kernels.by_round_ms[number] / value for number, value in by_round_ms.items())
    passes = {number: slope * share for number, share in zip(library.by_pass, found.shares, strict=False)}
    yield ComputedRung(
        id=UNPRESSED,
        title="In the browser, if its kernels fitted the registers",
        changes=f"computed: {LIBRARY} minus {numbers.percent(lost)} of {KERNELS} in functions that do not",
        derived_from=LIBRARY,
        by_round_ms=by_round_ms,
        by_pass=_added(library.by_pass, passes),
    )


def _times(factor: float) -> Callable[[float], float]:
    return lambda latency_ms: latency_ms * factor


def _added(some: Mapping[int, float], others: Mapping[int, float]) -> dict[int, float]:
    """Where no pass has both, a single one is left: too few to decide on."""
    shared = sorted(some.keys() & others.keys())
    return {n: some[n] + others[n] for n in shared} or {0: fmean(some.values()) + fmean(others.values())}


def _derived(
    case: Case,
    source: str,
    of: Callable[[float], float],
    *,
    rung_id: str,
    title: str,
    changes: str,
    passes_ms: Mapping[int, float] = MappingProxyType({}),
) -> Iterator[ComputedRung]:
    """A rung computed from another round by round; none where a single figure would not be positive.

    `passes_ms`: what each profiled pass says is to be taken off; ln(latency) moves by -1/latency for each ms.
    """
    if source not in case.get(standing):
        return
    by_round = {number: of(latency) for number, latency in case.get(measured)[source].items()}
    if min(by_round.values()) > 0:
        slope = -fmean(1 / latency for latency in by_round.values())
        yield ComputedRung(
            id=rung_id,
            title=title,
            changes=changes,
            derived_from=source,
            by_round_ms=by_round,
            by_pass={number: slope * ms for number, ms in passes_ms.items()},
        )
