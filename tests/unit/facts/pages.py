"""Planted pages of a machine whose causes are known, and what requests cost there, by part."""

import math

from gapprof.backends.synthetic import Machine, PlantedPage, ladder_ms
from gapprof.records.recording import Recording
from gapprof.records.report import CauseRow, Report
from gapprof.records.settings import Settings
from gapprof.records.trial import ThreadUse, TraceSlice
from tests.truth.recorder import FULL, record

QUIET_MS, LATE_MS = 100.0, 30.0
MAIN = ThreadUse(process="renderer", thread="chrome", cpu_ms=6.0, run_queue_ms=0.0, role="main")
HELPER = ThreadUse(process="renderer", thread="ThreadPoolForeg", cpu_ms=2.0, run_queue_ms=0.0)
DRAWING = ThreadUse(process="gpu", thread="VizCompositorTh", cpu_ms=4.0, run_queue_ms=0.0)
POOL = "ThreadPoolForegroundWorker"
TAB = ThreadUse(process="other renderer", thread="chrome", cpu_ms=8.0, run_queue_ms=0.0)


def piece(name: str, wall_ms: float, detail: str = "", *, thread: str = "CrRendererMain") -> TraceSlice:
    """Of a trace, seen once."""
    return TraceSlice(thread=thread, name=name, detail=detail, count=1, wall_ms=wall_ms, cpu_ms=None)


IDLE = (piece("idle", 0.0),)
NOTHING = PlantedPage(held=IDLE)


def recorded(
    page: PlantedPage,
    *,
    web_ms: float,
    noise: float = 0.0,
    helpers: tuple[TraceSlice, ...] = (piece("V8.GC_BACKGROUND", 5.0, thread=POOL),),
    settings: Settings = FULL,
    quiet: PlantedPage = NOTHING,
) -> Recording:
    """Requests that take `QUIET_MS` on the quiet page, and `web_ms` on the planted one.

    `quiet`: what becomes of them on the quiet page. `helpers`: what threads of the pool do on that page.
    """
    factors = {"native-threads": 2.0, "web-worker": 5.0, "web": web_ms / QUIET_MS}
    machine = Machine(
        latency_ms=ladder_ms(factors),
        pages={"web-paced": quiet, "web": page},
        work={"web": helpers},
        launch_noise=noise,
    )
    return record(machine, settings)


def parts(report: Report) -> dict[str, CauseRow]:
    """The page's row, and by their ids those that it is made of."""
    contention = next(row for row in report.causes if row.id == "contention")
    page = next(row for row in contention.children if row.id == "page")
    return {"page": page, **{row.id: row for row in page.children}}


def ln(row: CauseRow) -> float:
    """Of a factor that was measured, its logarithm."""
    assert row.factor is not None
    return math.log(row.factor.point)
