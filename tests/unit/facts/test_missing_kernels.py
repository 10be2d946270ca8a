"""Kernels that are missing or scalar: told by their tuned twins, apart from what is merely not tuned."""

import pytest
from msgspec.structs import replace

from gapprof.explain.report import build
from gapprof.facts.case import Case
from gapprof.facts.missing_kernels import LACKING, missing_kernels
from gapprof.facts.profiles import CAPPED, WEB, profile_of
from gapprof.facts.readings import chain
from gapprof.facts.twinned import ENGINE, LIBRARY, PRESENT
from gapprof.facts.twins import kernels_ms
from gapprof.records.inside import HookedPass
from gapprof.records.recording import Recording
from gapprof.records.report import CauseRow
from gapprof.records.trial import Profile
from tests.unit.facts.inside import hooked_pass, part, with_inside
from tests.unit.facts.test_transplant import PLAIN
from tests.unit.facts.twins import with_twins

WEB_MS = {name: by_round[0] for name, by_round in kernels_ms(Case(PLAIN), WEB).items()}
FIRST, *OTHERS = WEB_MS
ENGINE_COSTS, ENCODED = 1.1, 1.2
STEADY, SHAKY = (1.0, 1.0, 1.0), (1.0, 0.4, 1.8)


def planted(times: float, *, luck: tuple[float, ...] = STEADY) -> Recording:
    """The first node takes `times` its tuned twin in the browser, the others 1.5 times theirs."""
    tuned = {name: ms / (times if name == FIRST else 1.5) for name, ms in WEB_MS.items()}
    nodes = {
        name: {"wasm": ms, "avx128": ms / ENGINE_COSTS, "sse41": ms / ENGINE_COSTS * ENCODED}
        for name, ms in tuned.items()
    }
    return with_twins(PLAIN, nodes, luck=luck)


def child(recording: Recording, name: str) -> CauseRow | None:
    (library,) = (row for row in build(recording).causes if row.id == "library")
    return next((row for row in library.children if row.id == name), None)


@pytest.mark.parametrize("times", [LACKING * 1.05, 20.0])
def test_what_takes_three_times_its_tuned_twin_has_no_kernel(times: float) -> None:
    found = Case(planted(times)).get(missing_kernels)
    assert found is not None
    assert [node.name for node in found.nodes] == [FIRST]


def test_what_takes_less_is_merely_not_tuned() -> None:
    assert Case(planted(LACKING * 0.95)).get(missing_kernels) is None
    assert child(planted(LACKING * 0.95), "missing-kernels") is None


def test_what_rounds_leave_in_doubt_is_not_told_apart() -> None:
    assert Case(planted(LACKING * 1.2, luck=SHAKY)).get(missing_kernels) is None


def test_what_it_takes_beyond_natives_kernel_moves_from_not_tuned_to_missing() -> None:
    case = Case(planted(10.0))
    line = case.get(chain)
    at = line.index(ENGINE)
    assert line[at : at + 3] == (ENGINE, PRESENT, LIBRARY)
    missing, tuned, all_of_it = (
        child(planted(10.0), "missing-kernels"),
        child(planted(10.0), "kernels"),
        child(planted(2.0), "kernels"),
    )
    assert missing is not None
    assert missing.factor is not None
    assert tuned is not None
    assert tuned.factor is not None
    assert all_of_it is not None
    assert all_of_it.factor is not None
    assert missing.factor.point > 1.01
    assert tuned.factor.point * missing.factor.point == pytest.approx(all_of_it.factor.point)
    assert missing.evidence[0].text.startswith(f"{FIRST} (")
    assert "10.00x" in missing.evidence[0].text


def test_what_it_loses_is_by_the_twins_rounds() -> None:
    case = Case(planted(10.0))
    found, web = case.get(missing_kernels), profile_of(case, WEB)
    assert found is not None
    assert web is not None
    (node,) = found.nodes
    capped = kernels_ms(case, CAPPED)[FIRST]
    for number, share in node.lost.items():
        took = web.nodes[FIRST].by_pass_ms[number] - capped[number] * ENGINE_COSTS / ENCODED
        assert share == pytest.approx(took / web.run_by_pass_ms[number])


SCALAR, VECTOR, AROUND = 7, 9, 5


def hooked(recording: Recording, scalar_ms: float) -> Recording:
    """The first node runs scalar code for so long and vector code for 4 ms, out of a function that takes
    nothing by itself."""
    parts = [
        part(SCALAR, scalar_ms, caller=AROUND, node=FIRST),
        part(VECTOR, 4.0, caller=AROUND, node=FIRST),
        part(VECTOR, 40.0, caller=AROUND, node=OTHERS[0]),
        part(AROUND, scalar_ms + 4.0, node=FIRST),
        part(AROUND, 40.0, node=OTHERS[0]),
    ]
    passes = [_looked_at(hooked_pass(n, parts, {SCALAR: 10, VECTOR: 20, AROUND: 20})) for n in range(2)]
    return with_inside(recording, passes, samples={SCALAR: 40, VECTOR: 40, AROUND: 1})


def _looked_at(one: HookedPass) -> HookedPass:
    functions = tuple(replace(f, vectors_in_loops=0 if f.function == SCALAR else 3) for f in one.functions)
    return replace(one, functions=functions)


def test_hooks_name_the_functions_that_do_its_work() -> None:
    found = Case(hooked(planted(10.0), 12.0)).get(missing_kernels)
    assert found is not None
    (node,) = found.nodes
    assert [(one.function, one.vectors_in_loops) for one in node.workers] == [(SCALAR, 0), (VECTOR, 3)]
    assert [one.share for one in node.workers] == pytest.approx([0.75, 0.25], rel=0.02)
    row = child(hooked(planted(10.0), 12.0), "missing-kernels")
    assert row is not None
    told = "its work is done by function 7 (75 %, no vectors in its loops) and function 9 (25 %)."
    assert row.evidence[0].text.endswith(told)


def test_what_takes_next_to_nothing_of_a_node_does_not_do_its_work() -> None:
    found = Case(hooked(planted(10.0), 0.1)).get(missing_kernels)
    assert found is not None
    assert [one.function for one in found.nodes[0].workers] == [VECTOR]


def test_with_several_threads_nothing_is_told_apart() -> None:
    """A kernel that runs on one of four threads takes four times its twin, and is no scalar one."""
    recording = planted(10.0)
    entries = tuple(
        replace(one, seen=replace(one.seen, threads=4)) if isinstance(one, Profile) else one
        for one in recording.entries
    )
    assert Case(replace(recording, entries=entries)).get(missing_kernels) is None


def test_without_twins_nothing_is_told_apart() -> None:
    assert Case(PLAIN).get(missing_kernels) is None
    assert child(PLAIN, "missing-kernels") is None
