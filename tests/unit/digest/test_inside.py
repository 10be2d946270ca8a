"""What is said of functions inside the wasm: what a reader would take for a mistake is explained."""

from msgspec.structs import replace

from gapprof.digest.inside import inside_rows, inside_sentences
from gapprof.records.sections.inside import Inside, InsideFunction
from tests.unit.render.reports import instrumented
from tests.unit.render.rows import about

LENGTHENS = "reading the clock around those lengthens what follows"


def seen(**changes: object) -> Inside:
    """What such a report has seen, its first function changed."""
    inside = instrumented().inside
    assert inside is not None
    first, *others = inside.functions
    changed: InsideFunction = replace(first, **changes)
    return replace(inside, functions=(changed, *others))


def test_own_times_below_0_are_explained_where_there_are_any() -> None:
    assert not any(LENGTHENS in one for one in inside_sentences(seen()))
    assert any(LENGTHENS in one for one in inside_sentences(seen(own_ms=about(-3.4))))


def test_scalar_code_is_named_as_such() -> None:
    told = [inside_rows(seen(vectors_in_loops=count))[0].operators for count in (0, 12, None)]
    assert told[0] == f"{told[1]}; no vectors in its loops"
    assert told[1] == told[2]
