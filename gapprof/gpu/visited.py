"""A fresh browser with WebGPU, and whatever goes wrong there as one sentence with a hint."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from gapprof.browser import blocking
from gapprof.browser.cdp import CallError
from gapprof.browser.page import Page
from gapprof.browser.server import Serving
from gapprof.browser.trouble import VisitError
from gapprof.browser.visit import Course, Equipment, Visit, visiting
from gapprof.errors import EnvironmentUnusable, ModelUnusable
from gapprof.gpu.graphics import Graphics
from gapprof.records.environment import Setting
from gapprof.records.job import Job, without_model

T = TypeVar("T")
BROWSER, DAWN = "the browser", "Dawn for Node"
_NET_S = 10.0
_NO_GPU = (
    "Chromium shows no GPU to this page. On a machine without one gapprof asks for software; on others look "
    "at chrome://gpu, update the graphics driver, or name another browser with --browser PATH."
)
_NO_DRIVER = (
    "On Linux Dawn needs a driver for Vulkan and its loader (on Debian, as root: apt-get install libvulkan1)."
)
_AS_RECORDED = "Record the model anew with the browser, the driver and the switches that are to replay it."
_SMALLER = "Try a smaller model, or one whose runs take less time: drivers end what holds a GPU for long."
_HINTS = (
    ("no adapter", _NO_GPU),
    ("no WebGPU", _NO_GPU),
    ("lost", _SMALLER),
    ("out of memory", _SMALLER),
    ("compile", _AS_RECORDED),
    ("pipeline", _AS_RECORDED),
    ("refused a call", _AS_RECORDED),
    ("lacks", _AS_RECORDED),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """What every visit to a GPU uses."""

    equipment: Equipment
    graphics: Graphics
    deadline_s: float = 300.0


def visited(
    gpu: Gpu,
    job: Job,
    carry_out: Callable[[Visit], Awaitable[T]],
    *,
    dist: Path,
    inputs: bytes = b"",
    blobs: Mapping[str, bytes] = {},
    before: Callable[[Page, Serving], Awaitable[None]] | None = None,
) -> T:
    """What is done in a fresh page. Raises EnvironmentUnusable, ModelUnusable."""
    course = Course(until=time.monotonic() + gpu.deadline_s)

    async def whole() -> T:
        async with (
            asyncio.timeout(gpu.deadline_s + _NET_S),
            visiting(
                job,
                gpu.equipment,
                course,
                dist=dist,
                inputs=inputs,
                blobs=blobs,
                graphics=gpu.graphics.browser_args,
                before=before,
            ) as visit,
        ):
            return await carry_out(visit)

    with in_words(BROWSER):
        return blocking.run(whole)


@contextlib.contextmanager
def in_words(where: str) -> Iterator[None]:
    """A visit's trouble as gapprof's own: the model's where the library refused it, else the machine's."""
    try:
        yield
    except VisitError as error:
        kind = ModelUnusable if error.kind == "model" else EnvironmentUnusable
        raise kind(
            f"in {where}: {error.message}", hint=error.hint or hint_for(error.message, where)
        ) from error
    except (CallError, TimeoutError, OSError) as error:
        what = str(error) or "it did not answer in time"
        raise EnvironmentUnusable(f"in {where}: {what}", hint="Run `gapprof doctor`.") from error


def hint_for(message: str, where: str) -> str:
    """What to try, by what was said."""
    if "no adapter" in message and where == DAWN:
        return _NO_DRIVER
    return next((hint for word, hint in _HINTS if word in message), "Run `gapprof doctor`.")


def empty_job(*, browser_args: tuple[str, ...] = (), js_flags: tuple[str, ...] = ()) -> Job:
    """A visit to the quiet page that runs no model."""
    setting = Setting(
        backend="chromium",
        isa="",
        threads=1,
        graph="",
        js_flags=js_flags,
        browser_args=browser_args,
        where="main",
        pacing="back-to-back",
        page="quiet",
        isolated=True,
        build="served",
    )
    return without_model(setting, rung="", seed=0, deadline_s=300.0)
