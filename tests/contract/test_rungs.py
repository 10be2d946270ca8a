"""Every rung is one environment that changes exactly what it says."""

import pytest

from gapprof import rungs
from gapprof.records.environment import changed_fields
from gapprof.records.rung import Rung
from gapprof.registry import load

RUNGS: dict[str, Rung] = dict(load(rungs, "RUNG"))
CAUSES = {"threads", "simd", "runtime", "library", "contention", "gpu-abstraction"}


@pytest.mark.parametrize("rung", RUNGS.values(), ids=RUNGS)
def test_a_rung_changes_exactly_what_it_says(rung: Rung) -> None:
    if rung.derived_from is None:
        assert rung.changes is None
        return
    parent = RUNGS[rung.derived_from]
    assert changed_fields(parent.environment, rung.environment) == {rung.changes}


@pytest.mark.parametrize("rung", RUNGS.values(), ids=RUNGS)
def test_a_rung_has_a_title_and_a_root(rung: Rung) -> None:
    assert rung.title
    line = [rung.id]
    while (parent := RUNGS[line[-1]].derived_from) is not None:
        assert parent not in line
        line.append(parent)
    assert line[-1] == "native"


@pytest.mark.parametrize("rung", [r for r in RUNGS.values() if r.role == "side"], ids=lambda r: r.id)
def test_a_side_rung_informs_a_cause(rung: Rung) -> None:
    assert rung.informs in CAUSES


def test_the_main_chain_goes_from_native_to_web_without_a_branch() -> None:
    main = {rung.id for rung in RUNGS.values() if rung.role in ("main", "square")}
    parents = [RUNGS[rung].derived_from for rung in main]
    assert {rung for rung in main if rung not in parents} == {"web", "native-all-128"}
