"""Kernels without vectors: told by hooks and by code, and taken out of what is merely not tuned."""

import pytest
from msgspec.structs import replace

from gapprof.explain.report import build
from gapprof.facts.case import Case
from gapprof.facts.profiles import WEB, profile_of
from gapprof.facts.readings import chain
from gapprof.facts.scalar_kernels import scalar_kernels
from gapprof.facts.twinned import ENGINE, LIBRARY, NOT_SCALAR
from gapprof.facts.twins import kernels_ms
from gapprof.records.inside import HookedPass
from gapprof.records.recording import Recording
from gapprof.records.report import CauseRow
from tests.unit.facts.inside import hooked_pass, part, with_inside
from tests.unit.facts.test_transplant import PLAIN
from tests.unit.facts.twins import with_twins

NODES = tuple(kernels_ms(Case(PLAIN), WEB))
FIRST, *OTHERS = NODES
TWINS = {name: {"wasm": 1.1, "avx128": 1.0, "sse41": 1.2} for name in NODES}
SCALAR, VECTOR, AROUND = 7, 9, 5


def planted(scalar_ms: float, *, vectors: int | None = 0) -> Recording:
    """The first node runs a function for `scalar_ms`, and vector code for 4 ms; the others vector code alone.

    All of it is called from one function that hooks know of, too, and that takes nothing by itself.
    """
    parts = [
        part(SCALAR, scalar_ms, caller=AROUND, node=FIRST),
        *(part(VECTOR, 4.0, caller=AROUND, node=name) for name in NODES),
        part(AROUND, scalar_ms + 4.0, node=FIRST),
        *(part(AROUND, 4.0, node=name) for name in OTHERS),
    ]
    count = 100
    calls = {SCALAR: count, VECTOR: count * len(NODES), AROUND: count * len(NODES)}
    passes = [
        _looked_at(hooked_pass(number, parts, {one: times // 10 for one, times in calls.items()}), vectors)
        for number in range(2)
    ]
    return with_inside(with_twins(PLAIN, TWINS), passes, samples={SCALAR: 40, VECTOR: 40, AROUND: 1})


def _looked_at(one: HookedPass, vectors: int | None) -> HookedPass:
    return replace(
        one,
        functions=tuple(
            replace(each, vectors_in_loops=vectors if each.function == SCALAR else 3)
            for each in one.functions
        ),
    )


def child(recording: Recording, name: str) -> CauseRow | None:
    (library,) = (row for row in build(recording).causes if row.id == "library")
    return next((row for row in library.children if row.id == name), None)


def test_a_node_that_spends_most_of_its_time_without_vectors_is_one() -> None:
    found = Case(planted(6.0)).get(scalar_kernels)
    assert found is not None
    (node,) = found.nodes
    assert (node.name, node.functions) == (FIRST, (SCALAR,))
    assert node.share == pytest.approx(0.6, rel=0.01)


def test_one_that_spends_most_of_it_in_vector_code_is_none() -> None:
    found = Case(planted(3.0)).get(scalar_kernels)
    assert found is not None
    assert found.nodes == ()
    row = child(planted(3.0), "scalar-kernels")
    assert row is not None
    assert row.factor is None
    assert "hooks saw no node" in row.why


def test_what_it_takes_beyond_natives_kernel_moves_from_not_tuned_to_scalar() -> None:
    recording = planted(6.0)
    case = Case(recording)
    line = case.get(chain)
    at = line.index(ENGINE)
    assert line[at : at + 3] == (ENGINE, NOT_SCALAR, LIBRARY)
    scalar, tuned, both = (
        child(recording, "scalar-kernels"),
        child(recording, "kernels"),
        child(planted(3.0), "kernels"),
    )
    assert scalar is not None
    assert scalar.factor is not None
    assert tuned is not None
    assert tuned.factor is not None
    assert both is not None
    assert both.factor is not None
    assert scalar.factor.point > 1
    assert tuned.factor.point * scalar.factor.point == pytest.approx(both.factor.point)
    assert f"{FIRST}: 60 %" in scalar.evidence[0].text


def test_what_it_loses_is_by_the_twins_rounds() -> None:
    case = Case(planted(6.0))
    found, web = case.get(scalar_kernels), profile_of(case, WEB)
    assert found is not None
    assert web is not None
    (node,) = found.nodes
    native = case.get(kernels_ms_capped)[FIRST]
    for number, share in node.lost.items():
        took = web.nodes[FIRST].by_pass_ms[number] - native[number] * 1.1 / 1.2
        assert share == pytest.approx(took / web.run_by_pass_ms[number])


def kernels_ms_capped(case: Case) -> dict[str, dict[int, float]]:
    return {name: dict(ms) for name, ms in kernels_ms(case, "native-128").items()}


def test_where_nobody_looked_for_vectors_nothing_is_told_apart() -> None:
    recording = planted(6.0, vectors=None)
    found = Case(recording).get(scalar_kernels)
    assert found is not None
    assert found.nodes == ()


def test_without_hooks_nothing_is_told_apart() -> None:
    recording = with_twins(PLAIN, TWINS)
    assert Case(recording).get(scalar_kernels) is None
    assert child(recording, "scalar-kernels") is None
