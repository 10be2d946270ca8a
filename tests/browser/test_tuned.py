"""Tuning in real Chromium ends when its time is over, and what was found by then is told."""

import time
from dataclasses import dataclass

import pytest
from msgspec.structs import replace

from gapprof import assets
from gapprof.browser.visit import Equipment
from gapprof.guard import Guard
from gapprof.kernels.families.mapped import Mapped
from gapprof.records.job import Job
from gapprof.yardstick import web_side
from gapprof.yardstick.buffers import memory_for
from gapprof.yardstick.machines import MACHINES
from gapprof.yardstick.shapes import key_of
from gapprof.yardstick.tuning import batches
from gapprof.yardstick.web_side import Candidate, Page
from gapprof.yardstick.wish import TUNING, need_of
from tests.browser.aftermath import PATIENCE_S

SHAPES = tuple(key_of(Mapped(count=1024 + number, function="relu")) for number in range(6))
LONG = 2
"""Batches until the one that takes long."""
BUDGET_S = 600.0
"""More than all of it takes on any machine, with the browser's launch."""


@dataclass(slots=True)
class Ahead:
    """The clock that tuning goes by, and by how much it is ahead of the machine's."""

    by_s: float = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.by_s


@pytest.mark.parametrize(
    ("part", "told_of"),
    [pytest.param(1.0, LONG, marks=pytest.mark.long), (0.6, LONG), (0.25, len(SHAPES))],
    ids=["over", "less left than a batch takes", "enough left"],
)
def test_tuning_ends_in_time_with_what_it_found(
    part: float, told_of: int, job: Job, guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of the batches takes that part of the time there is, by the clock alone."""
    clock = Ahead()
    monkeypatch.setattr(web_side, "time", clock)
    equipment = Equipment(executable=assets.find_browser(), probes=assets.probes_web(), guard=guard)
    memory = memory_for([need_of(SHAPES[-1])], footprint_bytes=1 << 20, alive_bytes=1 << 20)
    page = Page(job=replace(job, model_path=""), equipment=equipment, memory=memory)
    wanted = batches(SHAPES, {}, tuple(MACHINES))
    told: list[str] = []

    def tell(batch: list[Candidate], samples_us: tuple[tuple[float, ...], ...]) -> None:
        assert len(samples_us) == len(batch)
        told.append(batch[0].wanted.shape)
        if len(told) == LONG:
            clock.by_s = part * BUDGET_S

    browser = page.tuned(wanted, TUNING, tell, seed=1, budget_s=BUDGET_S, deadline_s=PATIENCE_S)
    assert "Chrome" in browser
    assert told == list(SHAPES[:told_of]), "in their order"
