"""What `gapprof kernels --backend webgpu` would have left of a run on a GPU whose times are known."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from gapprof.gpu_kernels.families.conv import Conv
from gapprof.gpu_kernels.family import Limits, tried
from gapprof.gpu_kernels.page import told_choice
from gapprof.gpu_kernels.shapes import family_of, key_of, shape_of
from gapprof.kernels.families.gemm import Gemm
from gapprof.records.gpu import AdapterIdentity
from gapprof.records.gpu_kernels import (
    GpuKernelNode,
    GpuKernelPlan,
    GpuKernelTime,
    GpuKernelTrial,
    LibraryDispatches,
)
from gapprof.records.recording import End, Entry, Preflight, Recording, RoundStarted
from gapprof.records.settings import Settings
from gapprof.records.trial import OutputCheck, Trial
from tests.unit.facts.gpu_runs import AMPERE, node, recording, timed

CONV, DENSE, TINY = (
    key_of(shape)
    for shape in (
        Conv(channels=16, filters=32, height=28, width=28, kernel=(3, 3), pads=(1, 1, 1, 1)),
        Gemm(rows=64, depth=256, columns=512, packed=False),
        Gemm(rows=1, depth=4, columns=4, packed=False),
    )
)
NODES = (
    node("first", "Conv"),
    node("second", "Conv"),
    node("dense", "MatMul"),
    node("norm", "LayerNormalization"),
    node("tiny", "Gemm"),
)
LIBRARY = (("Conv2dMM", 3.0), ("Conv2dMM", 5.0), ("MatMul", 2.0), ("LayerNorm", 1.0), ("Gemm", 0.008))
"""Program and ms; a dispatch that does nothing takes 0.005."""
OURS_MS = {CONV: 2.0, DENSE: 4.0, TINY: 0.006}
PLANNED = (
    GpuKernelNode(name="first", op_type="Conv", parts=(CONV,)),
    GpuKernelNode(name="second", op_type="Conv", parts=(CONV,)),
    GpuKernelNode(name="dense", op_type="MatMul", parts=(DENSE,)),
    GpuKernelNode(
        name="norm", op_type="LayerNormalization", parts=(), why="no shader of ours is written for it"
    ),
    GpuKernelNode(name="tiny", op_type="Gemm", parts=(TINY,)),
)
LUCK = (0.99, 1.0, 1.02)
"""By round, of ours alone."""
LARGEST = 10.0
CHECK = OutputCheck(
    rung="web",
    reference="native",
    output="y",
    dtype="float32",
    elements=10,
    same_shape=True,
    same_nan_positions=True,
    nan_count=0,
    max_abs_difference=1e-5,
    max_abs_reference=10.0,
    exact=False,
)


def time_of(
    shape: str, ms: float, *, at: int = 0, difference: float | None = 1e-5, odd: int = 0
) -> GpuKernelTime:
    choice = tried(family_of(shape_of(shape)), shape_of(shape), Limits())[at]
    return GpuKernelTime(
        shape=shape,
        choice=told_choice(choice),
        samples_ns=(ms * 1e6, ms * 1.01e6, ms * 0.99e6) if difference is not None else (),
        compile_ms=3.0,
        largest=LARGEST,
        difference=difference,
        odd=odd,
        late=difference is None,
        why="" if difference is not None else "the time was over before it was tried",
    )


def trial(
    number: int,
    times: Sequence[GpuKernelTime],
    *,
    adapter: AdapterIdentity = AMPERE,
    errors: tuple[str, ...] = (),
) -> GpuKernelTrial:
    return GpuKernelTrial(
        round=number,
        engine_version="Chrome/156.0.1.2",
        adapter=adapter,
        times=tuple(times),
        errors=errors,
        took_s=2.0,
    )


def run(
    *,
    adapter: AdapterIdentity = AMPERE,
    tuning: Sequence[GpuKernelTime] | None = None,
    ours: Mapping[str, GpuKernelTime | None] = {},
) -> Recording:
    """`ours`: in place of a shape's times in every round; None: it was not timed."""
    found = timed(LIBRARY, adapter=adapter)
    made = recording(NODES, found)
    calls, end = made.entries[0], made.entries[-1]
    entries: list[Entry] = [calls, CHECK, GpuKernelPlan(nodes=PLANNED, budget_s=30.0, settled=0)]
    first = [time_of(shape, ms) for shape, ms in OURS_MS.items()] if tuning is None else tuning
    entries.append(trial(-1, first, adapter=adapter))
    for number, luck in enumerate(LUCK):
        times = {shape: time_of(shape, ms * luck) for shape, ms in OURS_MS.items()} | dict(ours)
        entries += [
            RoundStarted(round=number, kind="main", order=("library", "ours"), at_s=float(number)),
            LibraryDispatches(round=number, timed=found),
            trial(number, [one for one in times.values() if one is not None], adapter=adapter),
        ]
    assert isinstance(end, End)
    begin = replace(made.begin, settings=Settings(backend="webgpu", rungs="main"))
    assert not any(isinstance(entry, Preflight | Trial) for entry in entries)
    return Recording(begin=begin, entries=(*entries, end))


def changed(made: Recording, rounds: Iterable[int], **changes: object) -> Recording:
    """With other words in the trials of these rounds."""
    return replace(
        made,
        entries=tuple(
            replace(one, **changes) if isinstance(one, GpuKernelTrial) and one.round in rounds else one
            for one in made.entries
        ),
    )


def without(made: Recording, *rounds: int) -> Recording:
    """As if no shader of ours had been run in these rounds."""
    return replace(
        made,
        entries=tuple(
            one for one in made.entries if not (isinstance(one, GpuKernelTrial) and one.round in rounds)
        ),
    )


def shifted(made: Recording, by_round: Sequence[float]) -> Recording:
    """Convolutions of ours so many times slower than usual in each round."""
    for number, factor in enumerate(by_round):
        times = tuple(
            time_of(shape, ms * (factor if shape == CONV else 1.0)) for shape, ms in OURS_MS.items()
        )
        made = changed(made, (number,), times=times)
    return made
