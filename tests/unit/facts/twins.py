"""Twin trials added to a recording of the synthetic machine, as `explain --twins` would have left them."""

from collections.abc import Mapping
from types import MappingProxyType

from msgspec.structs import replace

from gapprof.kernels.families.mapped import Mapped
from gapprof.records.recording import Recording
from gapprof.records.trial import Profile
from gapprof.records.twins import TwinNode, TwinPeak, TwinPlan, TwinTime, TwinTrial
from gapprof.yardstick.shapes import key_of

PASSES = 3


def with_twins(
    recording: Recording,
    nodes: Mapping[str, Mapping[str, float]],
    *,
    luck: tuple[float, ...] = (1.0, 1.0, 1.0),
    without: tuple[str, ...] = (),
    peaks: Mapping[tuple[str, float], float] = MappingProxyType({}),
) -> Recording:
    """In the rounds that have profiled passes. `nodes`: name → target → ms of a call.

    `luck`: what wasm takes in each round, times that; as many rounds as it has values.

    `peaks`: (what is measured, how much of it in a call) → ms of a call as wasm.
    """
    shapes = {name: key_of(Mapped(count=number + 1, function="relu")) for number, name in enumerate(nodes)}
    plan = TwinPlan(
        nodes=(
            *(TwinNode(name=name, op_type="Relu", parts=(shape,)) for name, shape in shapes.items()),
            *(TwinNode(name=name, op_type="Loop", parts=(), why="none is written") for name in without),
        ),
        footprint_bytes=4096,
        peaks=tuple(
            TwinPeak(shape=f"peak {number}", measures=measures, amount=amount)
            for number, (measures, amount) in enumerate(peaks)
        ),
    )
    calls = {**nodes, **{f"peak {number}": {"wasm": ms} for number, ms in enumerate(peaks.values())}}
    shapes |= {name: name for name in calls if name not in nodes}
    targets = dict.fromkeys(target for times in nodes.values() for target in times)
    profiled = sorted({one.round for one in recording.of(Profile)})
    trials = tuple(
        TwinTrial(
            target=target,
            round=number,
            times=tuple(
                TwinTime(
                    shape=shapes[name],
                    schedule=(1, 1, 1, 1),
                    samples_us=(1e3 * times[target] * (factor if target.startswith("wasm") else 1.0),) * 3,
                )
                for name, times in calls.items()
                if target in times
            ),
            engine="Chrome/156" if target.startswith("wasm") else "LLVM 22",
            started_s=0.0,
            ended_s=1.0,
        )
        for target in targets
        for number, factor in zip(profiled, luck, strict=False)
    )
    return replace(recording, entries=(*recording.entries, plan, *trials))
