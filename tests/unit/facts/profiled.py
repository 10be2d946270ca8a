"""Profiled passes of four nodes, with what the profiler does to them as planted."""

from collections.abc import Sequence
from functools import cache

from msgspec.structs import replace

from gapprof.backends.synthetic import Machine
from gapprof.facts.case import Case
from gapprof.facts.profiles import WEB, RungProfile, profile_of
from gapprof.records.recording import Recording
from gapprof.records.trial import PROFILE_BLOCKS, NodeTime, Profile
from tests.truth.recorder import begin, record

KERNELS_MS = (4.0, 0.5, 0.003, 0.001)
MARSHALLING_MS, DISPATCH_US, LINK_US = 0.4, 0.2, 2.0
RUN_MS = sum(KERNELS_MS) + MARSHALLING_MS + len(KERNELS_MS) * DISPATCH_US / 1e3
RUNS = 6


def profile(
    *,
    inside_us: float = LINK_US,
    speeds: Sequence[tuple[float, float]] = ((1.0, 1.0),) * PROFILE_BLOCKS,
    kernels_slower: float = 1.0,
    marshalling_slower: float = 1.0,
    provider: str = "CPUExecutionProvider",
) -> Profile:
    """Blocks on cores that take `speeds` times as long, without the profiler and with it, which adds
    `inside_us` to each node's time, as on the chain, and as much again to the time between nodes."""
    model = _recorded()
    plain = [slow for slow, _ in speeds for _ in range(RUNS)]
    told = [slow for _, slow in speeds for _ in range(RUNS)]
    node_ms = [kernel * kernels_slower + inside_us / 1e3 for kernel in KERNELS_MS]
    between_ms = len(KERNELS_MS) * (DISPATCH_US + inside_us) / 1e3
    model_run_ms = [(sum(node_ms) + between_ms) * slow for slow in told]
    return replace(
        model,
        unprofiled_ms=tuple(RUN_MS * slow for slow in plain),
        model_run_ms=tuple(model_run_ms),
        profiled_ms=tuple(
            run + marshalling_slower * MARSHALLING_MS * slow
            for run, slow in zip(model_run_ms, told, strict=True)
        ),
        nodes=tuple(
            NodeTime(name=f"n{at}", op_type="Add", provider=provider, samples_ms=tuple(ms * s for s in told))
            for at, ms in enumerate(node_ms)
        ),
        dispatch_us_per_node=DISPATCH_US,
        profiler_us_per_node=inside_us - DISPATCH_US,
    )


def merged(*passes: Profile) -> RungProfile:
    found = profile_of(Case(Recording(begin=begin(), entries=passes)), WEB)
    assert found is not None
    return found


def closure(*passes: Profile) -> float:
    found = merged(*passes).closure
    assert found is not None
    return found


@cache
def _recorded() -> Profile:
    return next(one for one in record(Machine()).of(Profile) if one.rung == WEB)
