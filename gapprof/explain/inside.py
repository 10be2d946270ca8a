"""What is inside the served wasm, as a report has it, and as evidence."""

from collections.abc import Callable, Iterator, Sequence

from gapprof.facts.case import Case
from gapprof.facts.estimates import LEVEL, estimate, factor_of
from gapprof.facts.inside import InsideFacts, inside, relaxed_dots, vectors_in_loops
from gapprof.records.estimate import Estimate
from gapprof.records.sections.inside import Inside, InsideFunction
from gapprof.stats.interval import t_interval
from gapprof.text import numbers


def inside_wasm(case: Case) -> Inside | None:
    """None where nobody looked."""
    found = case.get(inside)
    if found is None:
        return None
    held, vectors = found.build.instructions, case.get(vectors_in_loops)
    return Inside(
        file=found.build.file,
        sha256=found.build.sha256,
        functions_in_file=found.build.functions,
        vector_instructions=_count(found, _is_vector),
        relaxed_instructions=_count(found, lambda name: "relaxed" in name),
        dot_products=held.get("i32x4.dot_i16x8_s", 0),
        relaxed_dot_products=relaxed_dots(found.build),
        atomic_instructions=_count(found, lambda name: "atomic" in name),
        shared_memory=found.build.shared_memory,
        browser=found.build.browser,
        operations_per_s=dict(found.operations_per_s),
        relaxed_dot_saving_ms=found.relaxed_dot_saving_ms,
        where=found.samples.where,
        functions=tuple(
            InsideFunction(
                function=one.function,
                calls=one.calls,
                ms=_over_passes(one.ms),
                own_ms=_over_passes(one.own_ms),
                sampled=one.sampled,
                operators=dict(one.operators),
                vectors_in_loops=vectors.get(one.function),
            )
            for one in found.functions
        ),
        hot=found.hot,
        joined=found.joined,
        overhead=factor_of(found.overhead) if found.overhead is not None else None,
        same_outputs=found.same_outputs,
        why="; ".join(_why(found)),
    )


def _over_passes(values: Sequence[float]) -> Estimate:
    return estimate(t_interval(values, LEVEL))


def _count(found: InsideFacts, wanted: Callable[[str], bool]) -> int:
    return sum(count for name, count in found.build.instructions.items() if wanted(name))


def _is_vector(name: str) -> bool:
    """By its type: `v128`, `f32x4`, ..."""
    shape = name.partition(".")[0]
    return shape == "v128" or "x" in shape


def _why(found: InsideFacts) -> Iterator[str]:
    if found.same_outputs is False:
        yield "the rewritten build gives other outputs than the one as it is, so nothing it says is shown"
    elif not found.functions:
        yield "no function was timed"
    elif found.same_outputs is None:
        yield "the build as it is does not give the same bytes twice, so that outputs prove nothing"
    if found.held_up_calls:
        yield (
            f"something else seems to have held up timed calls ({found.held_up_calls}): what they took, "
            f"{numbers.ms(found.held_up_ms)} together, is in no figure"
        )
    if found.lost_calls:
        yield (
            f"{found.lost_calls} timed calls found no room in the log: they count as calls that took as long "
            "as others"
        )
