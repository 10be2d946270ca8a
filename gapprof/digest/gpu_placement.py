"""Who ran the nodes, and to whom slow runs belong: rows and sentences that every format shows."""

from collections.abc import Iterator

from gapprof.records.sections.gpu import GpuPlacement, WhereToFile
from gapprof.text import numbers
from gapprof.text.placement import crossings_sentence, optimised_sentence

PLACED = "Where nodes run"
COLUMNS = ("GPU", "CPU")
FILED = "Where to file it"
_FALLBACK = {
    True: "a fallback adapter",
    False: "no fallback adapter",
    None: "whether it is a fallback, unsaid",
}


def placed_rows(found: GpuPlacement, count: int) -> tuple[tuple[str, str, str], ...]:
    """Operator, its nodes on the GPU and on the CPU; those behind the first `count` together; then all."""
    shown, others = found.operators[:count], found.operators[count:]
    rows = [(one.op_type, str(one.gpu), str(one.cpu)) for one in shown]
    if others:
        gpu, cpu = sum(one.gpu for one in others), sum(one.cpu for one in others)
        rows.append((numbers.many(len(others), "more operator"), str(gpu), str(cpu)))
    gpu, cpu = sum(one.gpu for one in found.operators), sum(one.cpu for one in found.operators)
    return (*rows, ("all", str(gpu), str(cpu)))


def placed_sentences(found: GpuPlacement) -> Iterator[str]:
    """What crosses over, and a file that was made for another processor; nothing where all is on the GPU."""
    yield from (one for one in (crossings_sentence(found), optimised_sentence(found)) if one)


def filed_sentences(found: WhereToFile) -> Iterator[str]:
    """The verdict, then what a report would begin with."""
    yield found.text
    figures = [f"{found.adapter}, {_FALLBACK[found.fallback]}"]
    if found.run_ms is not None:
        figures.append(f"a run of onnxruntime-web takes {numbers.ms_with_interval(found.run_ms)}")
    if found.submitting_ms is not None:
        figures.append(f"the CPU submits for {numbers.ms_with_interval(found.submitting_ms)} of it")
    if found.gpu_busy_ms is not None:
        figures.append(f"the GPU is busy for {numbers.ms_with_interval(found.gpu_busy_ms)}")
    compiling = {"in the browser": found.compiling_ms, "without one": found.compiling_native_ms}
    told = [f"{numbers.ms_with_interval(ms)} {where}" for where, ms in compiling.items() if ms is not None]
    if told:
        figures.append(f"before the first one pipelines take {' and '.join(told)}")
    yield f"{'; '.join(figures)}."
