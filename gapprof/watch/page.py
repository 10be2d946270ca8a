"""A visit that asks nothing of a page: what it runs by itself, its model and its inputs."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from gapprof import assets
from gapprof.browser import blocking
from gapprof.browser.cdp import CallError
from gapprof.browser.page import Page
from gapprof.browser.server import Serving
from gapprof.browser.trouble import VisitError
from gapprof.browser.visit import Course, Equipment, visiting
from gapprof.errors import EnvironmentUnusable, ModelUnusable
from gapprof.guard import Guard
from gapprof.measure.lock import sole_measurer
from gapprof.records.environment import Setting
from gapprof.records.job import Job, Pace
from gapprof.records.progress import Observer, Progress
from gapprof.records.settings import Settings
from gapprof.watch.gathered import gathered
from gapprof.watch.heard import HeardSession, RunLine, WasmLine, sessions
from gapprof.watch.kept import Watched, kept
from gapprof.watch.listening import Listener

MOST_S = 60.0
"""A page that has run nothing by then waits for something."""
ENOUGH_RUNS, QUIET_S = 30, 5.0
_QUIET_RUNS = 3.0
"""Times the longest run: a page that is silent for less may be in the middle of the next one."""
_LOOK_S = 0.25
_DEADLINE_S = 300.0


def watched(settings: Settings, *, guard: Guard, workdir: Path, observer: Observer) -> Watched:
    """Open `settings.page` in a fresh browser, and listen until it has run enough or nothing more comes.

    Raises ModelUnusable for a page that runs no model of onnxruntime-web, EnvironmentUnusable for a browser
    that does not start.
    """
    equipment = Equipment(
        executable=assets.find_browser(settings.browser), probes=assets.probes_web(), guard=guard
    )
    folder = workdir / "page"
    folder.mkdir()
    course = Course(until=time.monotonic() + _DEADLINE_S)
    began = time.monotonic()

    def tell(text: str) -> None:
        observer(Progress(phase="page", text=text, elapsed_s=time.monotonic() - began))

    tell(f"watching {settings.page}")
    try:
        with sole_measurer():
            return blocking.run(lambda: _watched(settings, equipment, course, folder, tell))
    except (VisitError, CallError, TimeoutError) as error:
        hint = error.hint if isinstance(error, VisitError) else ""
        what = f"{settings.page} could not be watched: {error or type(error).__name__}"
        environment = isinstance(error, VisitError) and error.kind == "environment"
        raise (EnvironmentUnusable if environment else ModelUnusable)(what, hint=hint) from error


async def _watched(
    settings: Settings, equipment: Equipment, course: Course, folder: Path, tell: Callable[[str], None]
) -> Watched:
    script = (equipment.probes / "observer.mjs").read_text(encoding="utf-8")
    listeners: list[Listener] = []

    async def install(page: Page, server: Serving) -> None:
        listener = Listener(page, script, base=server.base)
        await listener.install()
        listeners.append(listener)

    began = time.monotonic()
    async with visiting(
        _job(settings), equipment, course, dist=equipment.probes, inputs=b"", before=install
    ) as visit:
        (listener,) = listeners
        await _heard_out(listener, began, tell)
        chosen = _chosen(settings.page, listener)
        watched_s = time.monotonic() - began
        browser = await visit.page.evaluate("navigator.userAgent", deadline_s=course.left_s(10.0))
        seen = await gathered(listener, chosen, url=settings.page, browser=browser, watched_s=watched_s)
        return await kept(listener, chosen, seen, folder)


async def _heard_out(listener: Listener, began: float, tell: Callable[[str], None]) -> None:
    """Until it has run enough, or nothing has come for a while."""
    last, said = time.monotonic(), 0
    while time.monotonic() - began < MOST_S:
        if await listener.listen():
            last = time.monotonic()
        runs = [run for _, log in listener.realms() for run in log.of(RunLine)]
        if len(runs) > said:
            said = len(runs)
            tell(f"{said} run{'s' if said > 1 else ''} so far")
        if len(runs) >= ENOUGH_RUNS:
            return
        longest_s = max((run.took_ms for run in runs), default=0.0) / 1e3
        if runs and time.monotonic() - last > max(QUIET_S, _QUIET_RUNS * longest_s):
            return
        await asyncio.sleep(_LOOK_S)


def _chosen(page: str, listener: Listener) -> tuple[str, HeardSession]:
    """The session that took most of the time. Raises ModelUnusable, with what was seen instead."""
    found = [(session, one) for session, log in listener.realms() for one in sessions(log)]
    ran = [(session, one) for session, one in found if any(not run.failed for run in one.runs)]
    if ran:
        return max(ran, key=lambda item: sum(run.took_ms for run in item[1].runs if not run.failed))
    if found:
        failed = any(one.runs for _, one in found)
        what = "and every run failed" if failed else "and ran none"
        hint = (
            "Look at the page's console."
            if failed
            else "If it waits for a click, give it a page that begins by itself."
        )
        count = "1 session" if len(found) == 1 else f"{len(found)} sessions"
        raise ModelUnusable(f"{page} created {count} {what} within {MOST_S:g} s", hint=hint)
    wasm = any(log.of(WasmLine) for _, log in listener.realms())
    what = "compiled WebAssembly, but none of onnxruntime-web" if wasm else "compiled no WebAssembly"
    raise ModelUnusable(
        f"{page} {what} within {MOST_S:g} s",
        hint="Give MODEL as well: gapprof then runs it inside that page by itself.",
    )


def _job(settings: Settings) -> Job:
    """A visit to the user's page that runs no model of ours."""
    return Job(
        rung="web",
        round=0,
        seed=settings.seed,
        setting=Setting(
            backend="chromium",
            isa="",
            threads=0,
            graph="original",
            js_flags=settings.js_flags,
            browser_args=settings.browser_args,
            where=settings.where,
            pacing="back-to-back",
            page=settings.page,
            isolated=settings.isolation,
            build="served",
        ),
        model_path="",
        external_data=(),
        optimise=True,
        inputs_path="",
        outputs_path="",
        pace=Pace(
            warmup_ms=0.0,
            warmup_runs=0,
            deadline_s=_DEADLINE_S,
            batch=1,
            samples=0,
            requests=0,
            think_ms=(0.0, 0.0),
        ),
    )
