"""Rungs that no environment can give: latencies computed from measured ones, each saying how."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from gapprof.facts.case import Case
from gapprof.facts.cells import measured, standing
from gapprof.facts.computed_rung import ComputedRung, derived
from gapprof.facts.estimable import is_vectorised, share_of, why_no_estimate
from gapprof.facts.gpu_rungs import gpu_rungs
from gapprof.facts.kernel_excess import excess_by_pass_ms, excess_ms
from gapprof.facts.page_rungs import page_rungs
from gapprof.facts.profiles import CAPPED, NATIVE, WEB, RungProfile, profile_of
from gapprof.facts.twinned import twinned
from gapprof.facts.wasm import scalar_by_round, scalar_factor
from gapprof.text import numbers

KERNELS = "web-kernels"
VECTORISED = "web-vectorised"
ESTIMATED_128 = "native-128-estimated"
GOOD_128 = "native-128-good"


def computed(case: Case) -> Mapping[str, ComputedRung]:
    """Every computed rung that this recording gives enough for, in order of dependence."""
    found: dict[str, ComputedRung] = {}
    of_kernels = (_estimated_128, _good_128, _twinned, _web_kernels, _web_vectorised)
    for make in (*of_kernels, page_rungs, gpu_rungs):
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
    yield from derived(
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
    return {n: a - b for (n, a), b in zip(passes.items(), rounds, strict=False)}


def _estimated_128(case: Case) -> Iterator[ComputedRung]:
    """Where no instruction ceiling works: the vectorised operators scaled by a measured GEMM ratio."""
    preflight, native = case.recording.preflight, profile_of(case, NATIVE)
    if CAPPED in case.get(standing) or preflight is None or native is None or native.kernels_ms <= 0:
        return
    ratio = preflight.estimated_isa_ratio
    if ratio is None or case.get(why_no_estimate):
        return
    share = share_of(native, is_vectorised)
    rounds = enumerate(preflight.estimated_isa_by_round)
    for rung in derived(
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


def _good_128(case: Case) -> Iterator[ComputedRung]:
    """native-128 with the nodes whose 128-bit native kernel is slower than the web's at the web's time."""
    excess = case.get(excess_ms)
    if excess <= 0 or CAPPED not in case.get(standing):
        return
    yield from derived(
        case,
        CAPPED,
        lambda latency_ms: latency_ms - excess,
        rung_id=GOOD_128,
        title="Native at 128 bits, where its kernels are good",
        changes=f"computed: {CAPPED} minus {numbers.ms(excess)} in nodes that the browser runs faster",
        passes_ms=case.get(excess_by_pass_ms),
    )


def _twinned(case: Case) -> Iterator[ComputedRung]:
    for kernels in _web_kernels(case):
        yield from twinned(case, kernels)
