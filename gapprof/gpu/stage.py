"""The step that a run on WebGPU has before its ladder is known: the page's calls are recorded once."""

import time
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from gapprof import assets
from gapprof.browser.trouble import VisitError, failure
from gapprof.browser.visit import Equipment
from gapprof.errors import EnvironmentUnusable, GapprofError
from gapprof.gpu.graphics import here
from gapprof.gpu.placed import placed
from gapprof.gpu.recorded import record
from gapprof.gpu.steady import steady, summary
from gapprof.gpu.visited import Gpu
from gapprof.guard import Guard
from gapprof.records.calls import RecordedCalls
from gapprof.records.job import Job
from gapprof.records.settings import Settings
from gapprof.records.trial import Failure


def recording_calls(settings: Settings, guard: Guard) -> Callable[[Job], RecordedCalls | Failure]:
    """Bound to one run of this machine. Raises EnvironmentUnusable or WrongUse without a browser."""
    browser = assets.find_browser(settings.browser)
    equipment = Equipment(executable=browser, probes=assets.probes_web(), guard=guard)
    gpu, dist = Gpu(equipment=equipment, graphics=here(browser)), assets.web_dist(settings.web_dist)

    def recorded(job: Job) -> RecordedCalls | Failure:
        """On a quiet page: what else a page does is no call of the library's."""
        quiet = replace(job, setting=replace(job.setting, page="quiet", tabs=(), pacing="back-to-back"))
        began = time.monotonic()
        try:
            build = assets.webgpu_build(dist)
            found = record(quiet, gpu, Path(job.calls_path), dist=dist, build=build)
            steady(found.trace)
            told = placed(quiet, gpu, dist=dist, build=build)
        except GapprofError as error:
            return failure(job, VisitError(error.message, kind=_kind(error), hint=error.hint), phase="load")
        return RecordedCalls(
            took_s=time.monotonic() - began,
            build=build,
            wasm_file=found.wasm_file,
            summary=summary(found.trace),
            placed=told.nodes,
        )

    return recorded


def _kind(error: GapprofError) -> str:
    """As the visit called it, where one ended: that a page took too long is no fault of its GPU's."""
    if isinstance(error.__cause__, VisitError):
        return error.__cause__.kind
    return "environment" if isinstance(error, EnvironmentUnusable) else "model"
