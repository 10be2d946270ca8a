"""The last stage of a run on WebGPU: the library's calls once more, each dispatch by the GPU's own clock."""

import time
from collections.abc import Iterator
from pathlib import Path

from gapprof import assets
from gapprof.browser.visit import Equipment
from gapprof.errors import GapprofError
from gapprof.facts.adapters import differences
from gapprof.gpu import trace
from gapprof.gpu.asked import asked
from gapprof.gpu.graphics import here
from gapprof.gpu.replayed import ITERATIONS, InBrowser, TraceFile, Where, in_node, timeline
from gapprof.gpu.visited import Gpu
from gapprof.guard import Guard
from gapprof.measure.extra import Beyond, Extra
from gapprof.records.dispatches import TimedDispatches
from gapprof.records.gpu import AdapterIdentity, GpuTimeline
from gapprof.records.settings import Settings

_REPLAYED_AS = "replay-web"


def timing_dispatches(settings: Settings, guard: Guard) -> Extra:
    """Bound to one run of this machine. What keeps the clock from being read is written down with it."""

    def timed(beyond: Beyond) -> None:
        if beyond.calls is None or not beyond.calls.exists():
            return  # nothing was recorded, and the replays say why
        beyond.teller.tell("dispatches", "timing every dispatch by the GPU's own clock")
        beyond.journal.write(_timed(settings, guard, beyond, beyond.calls))
        beyond.teller.tell("dispatches", "timed every dispatch", completed=True)

    return timed


def _timed(settings: Settings, guard: Guard, beyond: Beyond, calls: Path) -> TimedDispatches:
    """Without a browser where that is possible: there is less around the GPU then."""
    refused: list[str] = []
    began = time.monotonic()
    pace = beyond.preflight.pace
    iterations = min(ITERATIONS, pace.samples * pace.batch)
    try:
        file = TraceFile(path=calls, trace=trace.read(calls))
        wanted = asked(file.trace)
        for where in _places(settings, guard, beyond, refused):
            try:
                found = timeline(file, where, iterations=iterations)
            except GapprofError as error:
                refused.append(error.message)
                continue
            wrong = _wrong(found, file.trace.adapter.identity, len(wanted.dispatches))
            if not wrong:
                return TimedDispatches(
                    took_s=time.monotonic() - began,
                    timeline=found,
                    asked=wanted.dispatches,
                    submits=wanted.submits,
                )
            refused.append(wrong)
    except GapprofError as error:
        refused.append(error.message)
    return TimedDispatches(
        took_s=time.monotonic() - began, timeline=None, why="; ".join(dict.fromkeys(refused))
    )


def _places(settings: Settings, guard: Guard, beyond: Beyond, refused: list[str]) -> Iterator[Where]:
    """Those that there are; of the others, `refused` gets the reason."""
    browser = assets.find_browser(settings.browser)
    graphics = here(browser)
    try:
        dawn = in_node(guard, graphics)
    except GapprofError as error:
        refused.append(error.message)
    else:
        yield dawn
    equipment = Equipment(executable=browser, probes=assets.probes_web(), guard=guard)
    setting = beyond.step(_REPLAYED_AS).setting
    yield InBrowser(
        gpu=Gpu(equipment=equipment, graphics=graphics),
        browser_args=setting.browser_args if setting is not None else (),
    )


def _wrong(found: GpuTimeline, recorded_on: AdapterIdentity, dispatches: int) -> str:
    """Why its times are of something else; empty: they are of what was recorded."""
    apart = differences(recorded_on, found.adapter)
    if apart:
        return f"{found.place} found another adapter than the page ({'; '.join(apart)})"
    if found.errors:
        return f"the GPU reported {found.errors[0]}"
    if found.differing_bytes or not found.compared_bytes:
        return (
            f"{found.differing_bytes} of {found.compared_bytes} bytes that were read back in {found.place} "
            "are not the recorded ones"
        )
    if len(found.dispatches) != dispatches:
        return f"{len(found.dispatches)} of {dispatches} dispatches were timed in {found.place}"
    return ""
