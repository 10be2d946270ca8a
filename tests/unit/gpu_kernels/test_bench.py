"""Rounds go on where a visit of ours fails: a browser that is not there fails every one."""

from pathlib import Path

from gapprof.browser.visit import Equipment
from gapprof.gpu.graphics import Graphics
from gapprof.gpu.visited import Gpu
from gapprof.gpu_kernels.bench import Bench
from gapprof.gpu_kernels.family import Limits
from gapprof.gpu_kernels.page import Page, choice_told
from gapprof.guard import Guard
from gapprof.live import silent
from gapprof.measure.journal import open_journal
from gapprof.measure.teller import Teller
from gapprof.records.gpu_kernels import GpuKernelTrial, LibraryDispatches
from gapprof.records.recording import Note, RoundStarted
from tests.unit.facts.gpu_runs import AMPERE
from tests.unit.gpu_kernels.runs import TINY, run, time_of


def test_a_visit_of_ours_that_fails_is_noted_and_the_rounds_go_on(tmp_path: Path) -> None:
    with open_journal(tmp_path / "run.jsonl", run().begin) as journal, Guard() as guard:
        nowhere = Equipment(executable=tmp_path / "no-browser", probes=tmp_path, guard=guard)
        bench = Bench(
            journal=journal,
            teller=Teller(observer=silent, journal=journal),
            page=Page(gpu=Gpu(equipment=nowhere, graphics=Graphics(browser_args=()))),
            calls=tmp_path / "no-calls",
            adapter=AMPERE,
            shapes=(TINY,),
            limits=Limits(),
            seed=1,
        )
        tuned = bench.tuned({})
        for number in range(2):
            bench.round({TINY: choice_told(time_of(TINY, 1.0).choice)}, number, 2)
        found = journal.recording()
    assert (tuned.choices, tuned.kept) == ({}, {})
    assert [one.round for one in found.of(RoundStarted)] == [0, 1]
    assert [one.round for one in found.of(LibraryDispatches)] == [0, 1]
    assert list(found.of(GpuKernelTrial)) == []
    notes = [note.text for note in found.of(Note)]
    assert [text.split(":")[0] for text in notes] == [
        "Tuning failed",
        "Our shaders were not timed in round 1",
        "Our shaders were not timed in round 2",
    ]
