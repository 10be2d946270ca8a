"""What follows from the first visits: where no ceiling holds, refusals, and an estimate instead."""

import dataclasses
from pathlib import Path

import pytest
from msgspec.structs import replace

from gapprof import rungs
from gapprof.backends.native import BACKEND
from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.guard import Guard
from gapprof.measure.pacing import SHORTEST_SAMPLE_MS
from gapprof.measure.preflight import FirstLook, conclude
from gapprof.native.isa.host import why_not
from gapprof.native.isa.proof import Ceilings
from gapprof.records.settings import Settings
from gapprof.records.trial import Failure, Trial
from tests.truth.recorder import record

MACHINE = Machine(latency_ms=ladder_ms({"native-128": 3.0}))
CAPPED = {"native-128", "native-all-128", "native-avx", "native-avx2"}


def _isa(rung: str) -> str:
    return str(rungs.ladder("wasm")[rung].environment.isa)


@pytest.mark.skipif(why_not("128") is not None, reason=str(why_not("128")))
def test_where_the_library_takes_no_ceiling_its_rungs_are_refused_and_the_width_is_estimated(
    tmp_path: Path,
) -> None:
    with Guard() as guard:
        locked = Ceilings(guard=guard, cache_folder=tmp_path, module="tests.unit.native.locked_library")
        found = conclude(
            FirstLook(native=_first("native"), page=_first("web")),
            rungs.ladder("wasm"),
            Settings(),
            {
                "native": dataclasses.replace(BACKEND, ceilings=locked),
                "chromium": MACHINE,
                "node": MACHINE,
            },
            cores=4,
            wanted=frozenset(),
        )
    refused = {step.rung.id: step.refusal for step in found.ladder if step.refusal is not None}
    assert refused.keys() == CAPPED
    possible = {rung for rung in CAPPED if why_not(_isa(rung)) is None}
    assert "native-128" in possible
    assert all("does not let a process change its own code" in str(refused[rung]) for rung in possible)
    assert found.estimated_isa_ratio is not None
    assert found.estimated_isa_ratio > 1
    assert "OpenBLAS" in found.estimated_isa_why


def test_a_page_on_its_own_is_paced_by_its_single_runs_not_by_what_events_add_to_them() -> None:
    page = replace(_first("web"), warmup_ms=(1.0, *([0.01] * 9)), requests_ms=(0.4, 0.4, 0.4))
    native = Failure(
        rung="native", round=-1, started_s=0, ended_s=1, phase="create", kind="model", message="no"
    )
    found = conclude(
        FirstLook(native=native, page=page),
        rungs.ladder("wasm"),
        Settings(),
        dict.fromkeys(("native", "chromium", "node"), MACHINE),
        cores=4,
        wanted=frozenset(),
    )
    assert found.pace.batch * 0.01 >= SHORTEST_SAMPLE_MS


def _first(rung: str) -> Trial:
    return next(trial for trial in record(MACHINE).of(Trial) if trial.rung == rung)
