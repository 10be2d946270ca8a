"""Tuning in real Chromium ends when its time is over, and what was found by then is told."""

from msgspec.structs import replace

from gapprof import assets
from gapprof.browser.visit import Equipment
from gapprof.guard import Guard
from gapprof.kernels.families.mapped import Mapped
from gapprof.records.job import Job
from gapprof.yardstick.buffers import memory_for
from gapprof.yardstick.shapes import key_of
from gapprof.yardstick.tuning import batches
from gapprof.yardstick.web_side import MACHINES, Candidate, Page
from gapprof.yardstick.wish import TUNING, need_of

SHAPES = tuple(key_of(Mapped(count=1024 + number, function="relu")) for number in range(400))
BUDGET_S = 5.0
"""Warming up takes a tenth of a second for each of four hundred shapes, however fast the machine is; and a
browser is launched in less."""


def test_tuning_ends_in_time_with_what_it_found(job: Job, guard: Guard) -> None:
    equipment = Equipment(executable=assets.find_browser(), probes=assets.probes_web(), guard=guard)
    memory = memory_for([need_of(SHAPES[-1])], footprint_bytes=1 << 20, alive_bytes=1 << 20)
    page = Page(job=replace(job, model_path=""), equipment=equipment, memory=memory)
    wanted = batches(SHAPES, {}, tuple(MACHINES))
    told: list[str] = []

    def tell(batch: list[Candidate], samples_us: tuple[tuple[float, ...], ...]) -> None:
        assert len(samples_us) == len(batch)
        told.append(batch[0].wanted.shape)

    browser = page.tuned(wanted, TUNING, tell, seed=1, budget_s=BUDGET_S, deadline_s=120.0)
    assert "Chrome" in browser
    assert 0 < len(told) < len(SHAPES)
    assert told == list(SHAPES[: len(told)]), "in their order"
