"""The last stage of a run on WebGPU: the library's calls once more, each dispatch by the GPU's own clock."""

import time
from collections.abc import Sequence
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

    def timing(beyond: Beyond) -> None:
        if beyond.calls is None or not beyond.calls.exists():
            return  # nothing was recorded, and the replays say why
        beyond.teller.tell("dispatches", "timing every dispatch by the GPU's own clock")
        pace = beyond.preflight.pace
        beyond.journal.write(
            timed(
                beyond.calls,
                _places(settings, guard, beyond),
                iterations=min(ITERATIONS, pace.samples * pace.batch),
            )
        )
        beyond.teller.tell("dispatches", "timed every dispatch", completed=True)

    return timing


def timed(calls: Path, places: Sequence[Where | str], *, iterations: int) -> TimedDispatches:
    """In the first place that gives what was recorded; a text says why there is no such place."""
    began, refused = time.monotonic(), [place for place in places if isinstance(place, str)]
    try:
        file = TraceFile(path=calls, trace=trace.read(calls))
        wanted = asked(file.trace)
    except GapprofError as error:
        return TimedDispatches(took_s=time.monotonic() - began, timeline=None, why=error.message)
    for where in places:
        if isinstance(where, str):
            continue
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
    why = "; ".join(dict.fromkeys(refused))
    return TimedDispatches(took_s=time.monotonic() - began, timeline=None, why=why)


def _places(settings: Settings, guard: Guard, beyond: Beyond) -> list[Where | str]:
    """Without a browser first: there is less around the GPU then."""
    browser = assets.find_browser(settings.browser)
    graphics = here(browser)
    equipment = Equipment(executable=browser, probes=assets.probes_web(), guard=guard)
    setting = beyond.step(_REPLAYED_AS).setting
    page = InBrowser(
        gpu=Gpu(equipment=equipment, graphics=graphics),
        browser_args=setting.browser_args if setting is not None else (),
        js_flags=setting.js_flags if setting is not None else (),
    )
    try:
        return [in_node(guard, graphics), page]
    except GapprofError as error:
        return [error.message, page]


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
