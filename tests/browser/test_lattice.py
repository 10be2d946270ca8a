"""Cells in real Chromium: onnxruntime-web 1.18 without SIMD computes what native does, and is held to it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from gapprof import rungs
from gapprof.backends import native
from gapprof.backends.chromium import Chromium
from gapprof.facts.agreement import agrees
from gapprof.facts.case import Case
from gapprof.facts.lattice import trials_in, why_without
from gapprof.facts.studied import STUDY
from gapprof.guard import Guard
from gapprof.lattice.rounds import in_rounds
from gapprof.lattice.visits import CellVisits
from gapprof.measure.journal import Journal, open_journal
from gapprof.measure.outputs import Reference
from gapprof.measure.visits import Patience
from gapprof.native.tensors import read_arrays
from gapprof.records.job import Job
from gapprof.records.lattice import Cell, CellOutputs, LatticePlan, PlannedCell
from gapprof.records.recording import PlannedRung, Recording
from gapprof.records.settings import Settings
from gapprof.records.subject import StagedModel, Subject
from gapprof.records.trial import Trial
from gapprof.study.plan import SCALAR
from tests.truth.recorder import begin

NATIVE = Cell(side="native", threads=1)
BARE = Cell(side="web", threads=1, where="worker", isolated=True, build=SCALAR)
SERVED = replace(BARE, build="served")
CELLS = (NATIVE, BARE, SERVED)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with open_journal(tmp_path / "run.jsonl", begin()) as opened:
        yield opened


def visited(
    chromium: Chromium,
    guard: Guard,
    journal: Journal,
    job: Job,
    reference: Reference,
    *,
    cells: tuple[Cell, ...],
    rounds: int,
) -> Recording:
    """Every cell in every round, written down."""
    known = rungs.ladder("wasm")
    natively = native.BACKEND.open(Settings(), guard)
    model = StagedModel(path=Path(job.model_path))
    visits = CellVisits(
        study=STUDY,
        journal=journal,
        subject=Subject(
            facts=journal.begin.model,
            original=model,
            common=model,
            inputs_path=Path(job.inputs_path),
            other_inputs_path=Path(job.inputs_path),
            chain=job.chain,
        ),
        backends={"native": natively, "chromium": chromium},
        bases={
            "native": PlannedRung(rung=known["native"], setting=replace(job.setting, backend="native")),
            "web": PlannedRung(rung=known["web"], setting=job.setting),
        },
        pace=job.pace,
        seed=0,
        patience=Patience(0.0),
        outputs=journal.path.parent / "cells",
        reference=reference,
    )
    plan = tuple(PlannedCell(cell=cell) for cell in cells)
    journal.write(
        LatticePlan(
            study=STUDY, cores=2, deployed=SERVED, cells=plan, rounds=rounds, reference=reference.rung
        )
    )
    in_rounds(visits, cells, range(rounds), "explore", lambda _: None)
    return journal.recording()


def natively(job: Job, guard: Guard, tmp_path: Path) -> Reference:
    path = tmp_path / "native.npz"
    setting = replace(job.setting, backend="native")
    trial = native.BACKEND.open(Settings(), guard).timed(
        replace(job, setting=setting, outputs_path=str(path))
    )
    assert isinstance(trial, Trial), trial
    return Reference(rung="native-128", path=path)


def test_the_build_without_simd_computes_what_native_does_and_its_times_count(
    chromium: Chromium, guard: Guard, journal: Journal, job: Job, tmp_path: Path
) -> None:
    found = visited(chromium, guard, journal, job, natively(job, guard, tmp_path), cells=CELLS, rounds=1)
    told = {one.cell: one.checks for one in found.of(CellOutputs)}
    assert set(told) == set(CELLS)
    for checks in told.values():
        assert [check.output for check in checks] == ["y"]
        assert all(map(agrees, checks))
        assert checks[0].max_abs_reference > 0
    trials = trials_in(Case(found), STUDY, "explore")
    assert {cell: set(rounds) for cell, rounds in trials.items()} == {cell: {0} for cell in CELLS}
    scalar = trials[BARE][0].seen
    assert (scalar.runtime_version, scalar.wasm_simd) == ("1.18.0", False)


def test_a_build_that_differs_from_native_is_visited_once_and_has_no_figure(
    chromium: Chromium, guard: Guard, journal: Journal, job: Job, tmp_path: Path
) -> None:
    """The reference is moved, so that it differs from it by 1 %."""
    reference = natively(job, guard, tmp_path)
    outputs = read_arrays(reference.path)
    np.savez(reference.path, y=outputs["y"] + np.float32(0.01) * np.abs(outputs["y"]).max())
    found = visited(chromium, guard, journal, job, reference, cells=(BARE,), rounds=2)
    case = Case(found)
    assert trials_in(case, STUDY, "explore") == {}
    why = why_without(case, STUDY, BARE)
    assert (
        "it computes something else: output y of web-1t-worker-1.18-scalar differs from native-128's" in why
    )
    assert [one.cell for one in found.of(CellOutputs)].count(BARE) == 1
