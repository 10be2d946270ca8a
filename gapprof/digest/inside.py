"""What was seen inside the served wasm: sentences and rows that every format shows."""

from collections.abc import Iterator
from dataclasses import dataclass

from gapprof.records.sections.inside import Inside, InsideFunction
from gapprof.text import numbers
from gapprof.text.names import harmless

HEADING = "Inside the wasm"
COLUMNS = ("calls a run", "ms a run", "own ms", "of samples")
_MOST = 12
_NAMED, _NAME = 3, 40
_LEAST = 0.005
"""Of a function's time: less would read 0 %."""


@dataclass(frozen=True, slots=True)
class InsideRow:
    """One function; cells as `COLUMNS` say, then the operators."""

    name: str
    cells: tuple[str, str, str, str]
    operators: str


def inside_rows(inside: Inside) -> tuple[InsideRow, ...]:
    """The hot functions."""
    shown = inside.functions[:_MOST]
    return tuple(
        InsideRow(
            name=f"function {one.function}",
            cells=(
                numbers.plain(one.calls, 0),
                numbers.bare_ms(one.ms.point),
                numbers.bare_ms(one.own_ms.point),
                numbers.percent(one.sampled),
            ),
            operators=_operators(one),
        )
        for one in shown
    )


def inside_sentences(inside: Inside) -> Iterator[str]:
    """What the build is made of, how much of the time is told, and what telling cost."""
    vectors = numbers.count(inside.vector_instructions)
    dots = (
        f"{inside.dot_products} of them dot products of pairs" if inside.dot_products else "no dot products"
    )
    relaxed = numbers.count(inside.relaxed_instructions) if inside.relaxed_instructions else "none"
    memory = "shared" if inside.shared_memory else "not shared"
    yield (
        f"The build holds {vectors} vector instructions ({dots}, {relaxed} of them relaxed) and "
        f"{numbers.count(inside.atomic_instructions)} atomic ones; its memory is {memory}."
    )
    if inside.hot is not None and inside.joined is not None:
        yield (
            f"These functions hold {numbers.percent(inside.hot)} of the samples; "
            f"{numbers.percent(inside.joined)} of their time lies in nodes of the model."
        )
    if inside.overhead is not None:
        same = ", and gives the same outputs, byte by byte" if inside.same_outputs else ""
        yield (
            f"The rewritten copy that counts takes {numbers.factor_with_interval(inside.overhead)} the time "
            f"of the one that is served{same}."
        )
    if any(one.own_ms.point < 0 for one in inside.functions):
        yield (
            "Own times below 0 are of functions that do next to nothing but call others: reading the clock "
            "around those lengthens what follows."
        )
    if inside.why:
        yield f"Not all is told: {inside.why}."


def _operators(one: InsideFunction) -> str:
    """By share: an object in JSON has no order."""
    ranked = sorted(one.operators.items(), key=lambda item: (-item[1], item[0]))
    told = ", ".join(
        f"{harmless(name, _NAME)} {numbers.whole_percent(share)}"
        for name, share in ranked[:_NAMED]
        if share >= _LEAST
    )
    return f"{told}; no vectors in its loops" if one.vectors_in_loops == 0 else told
