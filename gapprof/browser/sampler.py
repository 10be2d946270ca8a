"""V8's own sampling profiler on one thread of a page: how often each wasm function was at the top of the
stack.

At 1 ms it costs nothing that could be seen, and unlike the Debugger domain it leaves wasm in its optimising
tier.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from gapprof.browser.cdp import Params
from gapprof.browser.page import Page
from gapprof.browser.trouble import VisitError, reading

T = TypeVar("T")

INTERVAL_US = 1000
_WORKER_S = 5.0
_MODELS_WORKER = "gapprof"
_STOP_S = 60.0
_WASM = re.compile(r"wasm-function\[(\d+)\]")
_IDLE = ("(idle)", "(root)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """By index of the wasm function; `all` counts JavaScript, the collector and the rest as well."""

    by_function: Mapping[int, int]
    all: int


async def sampled(page: Page, where: str, work: Callable[[], Awaitable[T]]) -> tuple[T, Samples]:
    """Do `work` while the page's main thread, or its worker, is sampled. Raises VisitError, CallError."""
    session = page.session if where == "main" else await _worker(page)
    call = page.connection.call
    await call("Profiler.enable", session=session)
    await call("Profiler.setSamplingInterval", {"interval": INTERVAL_US}, session=session)
    await call("Profiler.start", session=session)
    result = await work()
    told = await call("Profiler.stop", session=session, deadline_s=_STOP_S)
    await call("Profiler.disable", session=session)
    with reading("samples"):
        return result, counted(told["profile"])


def counted(profile: Mapping[str, Any]) -> Samples:
    """A profile as the protocol has it (`Profiler.Profile`), summed up."""
    names = {node["id"]: str(node["callFrame"]["functionName"]) for node in profile["nodes"]}
    seen = Counter(names[node] for node in profile.get("samples", ()))
    functions: Counter[int] = Counter()
    for name, samples in seen.items():
        if found := _WASM.fullmatch(name):
            functions[int(found[1])] += samples
    return Samples(
        by_function=dict(functions.most_common()),
        all=sum(samples for name, samples in seen.items() if name not in _IDLE),
    )


def is_the_models(target: Mapping[str, Any]) -> bool:
    """Whether it is the worker that `worker_host.mjs` starts, by the name that it has there. Others may be
    about to end: one that was to show whose page it is (`crew`) does so by itself."""
    return bool(target["type"] == "worker" and target["title"] == _MODELS_WORKER)


async def _worker(page: Page) -> str:
    """A session with the worker that has the model."""
    heard: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def attached(said: Params) -> None:
        if is_the_models(said["targetInfo"]) and not heard.done():
            heard.set_result(str(said["sessionId"]))

    page.connection.listen("Target.attachedToTarget", attached, session=page.session)
    await page.connection.call(
        "Target.setAutoAttach",
        {"autoAttach": True, "waitForDebuggerOnStart": False, "flatten": True},
        session=page.session,
    )
    try:
        async with asyncio.timeout(_WORKER_S):
            return await heard
    except TimeoutError as error:
        raise VisitError(
            "the page's worker could not be sampled: nothing attached to it", kind="page"
        ) from error
