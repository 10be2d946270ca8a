"""A visit that asks nothing of a page: what it runs by itself, its model and its inputs."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from gapprof import assets
from gapprof.browser import blocking, counters
from gapprof.browser.cdp import CallError
from gapprof.browser.flags import NO_GPU
from gapprof.browser.page import Page
from gapprof.browser.server import Serving
from gapprof.browser.trouble import VisitError
from gapprof.browser.visit import Course, Equipment, visiting
from gapprof.errors import EnvironmentUnusable, ModelUnusable
from gapprof.gpu.graphics import here
from gapprof.guard import Guard
from gapprof.measure.lock import sole_measurer
from gapprof.records.environment import Setting, is_url
from gapprof.records.job import Job, without_model
from gapprof.records.observed import ObservedStretch
from gapprof.records.progress import Observer, Progress
from gapprof.records.settings import Settings
from gapprof.watch.gathered import gathered, url_of
from gapprof.watch.heard import (
    FetchLine,
    HeardSession,
    InitLine,
    Log,
    RunLine,
    SessionLine,
    WasmLine,
    sessions,
)
from gapprof.watch.kept import Watched, kept
from gapprof.watch.listening import Listener
from gapprof.watch.main_thread import LEAST_MS, Look, look, stretch_of

MOST_S = 60.0
"""A page that has run nothing by then waits for something."""
ENOUGH_RUNS, QUIET_S = 30, 5.0
_LEAST_S = 1.5
"""From the first runs on: however quick they are, what else the page does is looked at for so long."""
_MOST_LOOKED_S = 10.0
"""The same where looks are missing, or came in time for no stretch between two of them."""
_QUIET_RUNS = 3.0
"""Times the longest run: a page that is silent for less may be in the middle of the next one."""
_LOOK_S = 0.25
_NAMED = 3
"""Of files that are not there."""
_NOT_FROM_THE_NETWORK = (
    " A page on disk reaches no other host here: if it loads the library or a model from elsewhere, serve it "
    "yourself and give its address."
)
_NO_GPU_HERE = " Here it has no GPU: if it takes nothing else, give --backend webgpu."
_DEADLINE_S = 300.0


def watched(settings: Settings, *, guard: Guard, workdir: Path, observer: Observer) -> Watched:
    """Open `settings.page` in a fresh browser, and listen until it has run enough or nothing more comes.

    Raises ModelUnusable for a page that runs no model of onnxruntime-web, EnvironmentUnusable for a browser
    that does not start, a page that is not there, and a full disk.
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

    async def whole() -> Watched:
        async with asyncio.timeout(_DEADLINE_S):
            return await _watched(settings, equipment, course, folder, tell)

    tell(f"watching {settings.page}")
    try:
        with sole_measurer():
            return blocking.run(whole)
    except (VisitError, CallError, TimeoutError) as error:
        hint = error.hint if isinstance(error, VisitError) else ""
        what = f"{settings.page} could not be watched: {error or 'it took too long'}"
        # No page, no model: neither is the model's fault.
        nowhere = isinstance(error, VisitError) and (error.kind == "environment" or error.phase == "load")
        raise (EnvironmentUnusable if nowhere else ModelUnusable)(what, hint=hint) from error
    except OSError as error:
        raise EnvironmentUnusable(f"what {settings.page} runs could not be kept: {error}") from error


async def _watched(
    settings: Settings, equipment: Equipment, course: Course, folder: Path, tell: Callable[[str], None]
) -> Watched:
    script = (equipment.probes / "observer.mjs").read_text(encoding="utf-8")
    listeners: list[Listener] = []

    async def install(page: Page, server: Serving) -> None:
        listener = Listener(page, script, base=server.base)
        await listener.install()
        await counters.begun(page)
        listeners.append(listener)

    async with visiting(
        _job(settings),
        equipment,
        course,
        dist=equipment.probes,
        inputs=b"",
        graphics=_graphics(settings, equipment.executable),
        before=install,
    ) as visit:
        (listener,) = listeners
        began = time.monotonic()
        looks = await _heard_out(listener, visit.page, began, tell)
        watched_s = time.monotonic() - began
        session, one = chosen = _chosen(settings, listener, _lost(visit.serving.site.missed))
        files = [line for _, log in listener.realms() for line in log.of(FetchLine)]
        found = await kept(listener, session, one, url_of(one, files), folder)
        version = await visit.page.connection.call("Browser.getVersion")
        seen = await gathered(
            listener,
            chosen,
            found,
            url=settings.page,
            browser=str(version.get("product", "")),
            watched_s=watched_s,
            main_thread=_beside(listener, looks, chosen),
        )
        return Watched(seen=seen, kept=found)


def _graphics(settings: Settings, executable: Path) -> tuple[str, ...]:
    """A GPU where the ladder has one: without, a page that may do as well takes what the ladder measures."""
    return NO_GPU if settings.backend == "wasm" else here(executable).browser_args


def _beside(
    listener: Listener, looks: list[Look], chosen: tuple[str, HeardSession]
) -> ObservedStretch | None:
    """Of the page's own document, the first of all realms; None where the model is in a frame of another
    origin, which has a main thread of its own.
    """
    realms = dict(listener.realms())
    session, one = chosen
    own, log = next(iter(realms.values())), realms[session]
    if log.where == "main" and log is not own:
        return None
    return stretch_of(
        looks,
        born_ms=own.born,
        chosen=[run for run in one.runs if not run.failed],
        here=None if any(each.created.providers for each in sessions(own)) else own.of(RunLine),
    )


async def _heard_out(listener: Listener, page: Page, began: float, tell: Callable[[str], None]) -> list[Look]:
    """Until it has run enough, or nothing has come for a while; what its main thread had done by the way."""
    last, said, looks = time.monotonic(), 0, list[Look]()
    first: float | None = None
    while True:
        if await listener.listen():
            last = time.monotonic()
        runs = [run for _, log in listener.realms() for run in log.of(RunLine)]
        if runs:
            first = first or time.monotonic()
            looks += [one for one in (await look(page),) if one is not None]
        if len(runs) > said:
            said = len(runs)
            tell(f"{said} run{'s' if said > 1 else ''} so far")
        longest_s = max((run.took_ms for run in runs), default=0.0) / 1e3
        now = time.monotonic()
        quiet = now - last > max(QUIET_S, _QUIET_RUNS * longest_s)
        ran = first is not None and len(runs) >= ENOUGH_RUNS and now - first >= _LEAST_S
        looked = _hold_a_stretch(looks) or (first is not None and now - first >= _MOST_LOOKED_S)
        if (ran and looked) or (runs and quiet) or now - began > MOST_S:
            return looks
        await asyncio.sleep(_LOOK_S)


def _hold_a_stretch(looks: list[Look]) -> bool:
    """Of the document that is there now, and before the last of them: runs that end after that one have not
    been heard yet."""
    own = [one for one in looks if one.navigated_ms == looks[-1].navigated_ms]
    return len(own) > 1 and own[-2].at_ms - own[0].at_ms >= LEAST_MS


def _lost(missed: list[str]) -> str:
    """Files of a page on disk that are not there: one missing module keeps all others from running."""
    names = list(dict.fromkeys(path.removeprefix("page") for path in missed if path != "/favicon.ico"))
    if not names:
        return ""
    rest = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f" Not found were {', '.join(names[:_NAMED])}{rest}."


def _chosen(settings: Settings, listener: Listener, lost: str) -> tuple[str, HeardSession]:
    """The session that took most of the time. Raises ModelUnusable, with what was seen instead.

    `lost`: a sentence about files that the page asked for in vain.
    """
    found = [(session, one) for session, log in listener.realms() for one in sessions(log)]
    ran = [(session, one) for session, one in found if any(not run.failed for run in one.runs)]
    if ran:
        return max(ran, key=lambda item: sum(run.took_ms for run in item[1].runs if not run.failed))
    logs = [log for _, log in listener.realms()]
    what, hint = _instead(found, logs)
    started = any(log.of(InitLine) for log in logs)
    if settings.backend == "wasm" and started and not found:
        hint += _NO_GPU_HERE
    if not is_url(settings.page):
        hint += lost + _NOT_FROM_THE_NETWORK
    raise ModelUnusable(f"{settings.page} {what} within {MOST_S:g} s", hint=hint)


def _instead(found: list[tuple[str, HeardSession]], logs: list[Log]) -> tuple[str, str]:
    """What a page did that ran no model, and what to do about it."""
    if any(one.runs for _, one in found):
        return "created a session, and every run failed", "Look at the page's console."
    if found:
        count = "1 session" if len(found) == 1 else f"{len(found)} sessions"
        hint = "If it waits for a click, give it a page that begins by itself."
        return f"created {count} and ran none", hint
    if any(log.of(SessionLine) for log in logs):
        return "was refused its model by onnxruntime-web", "Look at the page's console."
    if any(log.of(InitLine) for log in logs):
        asked = [line for log in logs for line in log.of(FetchLine) if ".wasm" not in line.url]
        state = f"; of its files {asked[-1].url} was asked for last" if asked else ""
        hint = "Its model may still be on its way: give MODEL as well, or a page that is nearer to its files."
        return f"started onnxruntime-web and created no session{state}", hint
    wasm = any(log.of(WasmLine) for log in logs)
    what = "compiled WebAssembly, but none of onnxruntime-web" if wasm else "compiled no WebAssembly"
    return what, "Give MODEL as well: gapprof then runs it inside that page by itself."


def _job(settings: Settings) -> Job:
    """A visit to the user's page that runs no model of ours."""
    setting = Setting(
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
    )
    return without_model(setting, rung="web", seed=settings.seed, deadline_s=_DEADLINE_S)
