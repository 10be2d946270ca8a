"""What the GPU did, operator by operator: rows and sentences that every format shows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gapprof.facts.adapters import SOFTWARE_SENTENCE
from gapprof.records.estimate import Estimate
from gapprof.records.report import DISPATCH_BOUND, CauseRow, with_descendants
from gapprof.records.sections.gpu import GpuOperator, GpuOperators, GpuWaits
from gapprof.text import numbers

HEADING = "Operators on the GPU"
COLUMNS = ("GPU ms", "share", "dispatches", "MiB", "on")
BOUND_BY = "bound by"
"""One more column, where anything is known of it."""
_ON: Mapping[str, str] = {"gpu": "GPU", "cpu": "CPU", "copy": "both"}
_NAMED, _PROGRAMS = 3, 6
_MANY_TIMES = 16
"""A read-back that is so much larger than the one with nothing queued says that it may take longer."""


@dataclass(frozen=True, slots=True)
class GpuRow:
    """An operator; cells as `gpu_columns` says."""

    name: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GpuRows:
    """The rows to show, what stands for all others, and what is nobody's."""

    rows: tuple[GpuRow, ...]
    others: GpuRow | None
    unnamed: GpuRow | None


def gpu_columns(found: GpuOperators) -> tuple[str, ...]:
    """Headings beside the name."""
    return (*COLUMNS, BOUND_BY) if any(row.bound for row in found.rows) else COLUMNS


def gpu_rows(found: GpuOperators, count: int) -> GpuRows:
    """The `count` rows that take longest; of the others, how many there are and what they take together."""
    columns = len(gpu_columns(found))
    shown, others = found.rows[:count], found.rows[count:]
    return GpuRows(
        rows=tuple(GpuRow(called(row), _cells(row)[:columns]) for row in shown),
        others=_others(others, columns) if others else None,
        unnamed=_unnamed(found, columns) if found.unnamed_dispatches else None,
    )


def gpu_heading(found: GpuOperators) -> str:
    """What stands above every figure of this table."""
    return f"{HEADING} ({SOFTWARE_SENTENCE})" if found.software else HEADING


def gpu_sentences(found: GpuOperators, causes: Sequence[CauseRow]) -> Iterator[str]:
    """How much is bound by dispatches, how it was seen, how much of it is told, what waits are made of, and
    what is missing."""
    evidence = (one for row in with_descendants(causes) for one in row.evidence)
    yield from (one.text for one in evidence if one.kind == DISPATCH_BOUND)
    if found.gpu_ms is None:
        yield f"No GPU time of operators: {found.why}."
        return
    yield _seen(found)
    if found.joined_share is not None:
        yield _joined(found)
    if found.waits is not None:
        yield _waits(found.waits, found.gpu_ms)
    silent = [row for row in found.rows if row.provider == "gpu" and not row.dispatches]
    if silent and not found.why:
        yield f"Without a dispatch of their own: {_names(silent)}."
    if any(row.bound_bytes for row in found.rows):
        yield "MiB: of the buffers that an operator's dispatches bind; the library may round them up."
    copies = sum(row.provider == "copy" for row in found.rows)
    processor = [row for row in found.rows if row.provider == "cpu"]
    if processor:
        between = f", with {numbers.many(copies, 'copy', 'copies')} between the two" if copies else ""
        yield f"Not on the GPU: {_names(processor)}{between}."
    if found.runs_left_out:
        more = numbers.many(found.runs_left_out, "more run")
        yield f"In {more} the GPU's clock went backwards: these do not count."
    if found.why:
        yield f"Not all is told: {found.why}."


def _seen(found: GpuOperators) -> str:
    where = "without a browser, by Dawn" if found.place == "dawn" else "in the browser"
    took = "" if found.gpu_ms is None else numbers.ms_with_interval(found.gpu_ms)
    empty = ""
    if found.empty_dispatch_ms is not None:
        empty = f"; one that does nothing takes {numbers.ms(found.empty_dispatch_ms)}"
    return (
        f"{numbers.many(found.dispatches, 'dispatch', 'dispatches')} in "
        f"{numbers.many(found.submits, 'submit')}: {took} of GPU time, by the clock of "
        f"{found.adapter}, over {numbers.many(found.runs, 'run')} of one replay {where}, each dispatch "
        f"in a pass of its own{empty}."
    )


def _joined(found: GpuOperators) -> str:
    share = 0.0 if found.joined_share is None else found.joined_share
    alone = 0.0 if found.joined_alone_share is None else found.joined_alone_share
    programs = ", ".join(found.unnamed_programs[:_PROGRAMS])
    unnamed = numbers.many(found.unnamed_dispatches, "dispatch", "dispatches")
    left = f"; no operator's: {unnamed} ({programs})" if programs else ""
    groups = (
        f", {numbers.whole_percent(share - alone)} with several that can have launched it"
        if any(len(row.nodes) > 1 for row in found.rows)
        else ""
    )
    return (
        f"{numbers.whole_percent(share)} of the GPU time is joined to operators, by the names of the "
        f"library's programs and their order{groups}{left}."
    )


def _waits(found: GpuWaits, gpu_ms: Estimate) -> str:
    """A copy that waits for queued work is never told to be slow itself."""
    size = "" if found.read_bytes is None else f" and reads {numbers.size(found.read_bytes)} back"
    each = 0 if found.read_bytes is None else found.read_bytes / found.count
    longer = ", and larger ones may take longer" if each > _MANY_TIMES * max(1, found.transfer_bytes) else ""
    alone = (
        f"with nothing queued a read-back of {numbers.size(found.transfer_bytes)} takes "
        f"{numbers.ms_with_interval(found.transfer_ms)}{longer}"
    )
    times = "once" if found.count == 1 else f"{found.count} times"
    run = f"A run waits {times} for the GPU{size}: {numbers.ms(found.wait_ms.point)} in all"
    if found.queue_ms.low <= 0:
        return f"{run}, no more than as many read-backs take by themselves; {alone}."
    return (
        f"{run}, of which {numbers.ms(found.queue_ms.point)} go to work that was queued before (the GPU is "
        f"at work for {numbers.ms(gpu_ms.point)} of a run); {alone}."
    )


def _cells(row: GpuOperator) -> tuple[str, ...]:
    took = "" if row.gpu_ms is None else numbers.bare_ms_with_interval(row.gpu_ms)
    share = "" if row.share is None else numbers.whole_percent(row.share)
    size = "" if row.bound_bytes is None else numbers.bare_mebibytes(row.bound_bytes)
    dispatches = str(row.dispatches) if row.provider == "gpu" else ""
    return (took, share, dispatches, size, _ON[row.provider], row.bound or "")


def called(row: GpuOperator) -> str:
    """A node by its name and type; several by how many there are."""
    types = ", ".join(row.op_types)
    if len(row.nodes) > 1:
        return f"one of {len(row.nodes)} nodes ({types}): {row.nodes[0]} ... {row.nodes[-1]}"
    (name,) = row.nodes
    if not name:
        return f"({types} without a name)"
    return name if types.lower() in name.lower() else f"{name} ({types})"


def _others(rows: tuple[GpuOperator, ...], columns: int) -> GpuRow:
    took = sum(row.gpu_ms.point for row in rows if row.gpu_ms is not None)
    dispatches = sum(row.dispatches for row in rows)
    cells = (numbers.bare_ms(took), "", str(dispatches), "", "", "")
    return GpuRow(f"{len(rows)} more", cells[:columns])


def _unnamed(found: GpuOperators, columns: int) -> GpuRow:
    took = "" if found.unnamed_ms is None else numbers.bare_ms_with_interval(found.unnamed_ms)
    cells = (took, "", str(found.unnamed_dispatches), "", _ON["gpu"], "")
    return GpuRow("no operator's", cells[:columns])


def _names(rows: list[GpuOperator]) -> str:
    named = ", ".join(called(row) for row in rows[:_NAMED])
    return f"{named} and {len(rows) - _NAMED} more" if len(rows) > _NAMED else named
