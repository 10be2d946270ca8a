"""One visit: a server, a fresh browser and a page that carries out tasks, all gone when it is over."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import msgspec

from gapprof.browser import tasks
from gapprof.browser.answers import A, answer_of
from gapprof.browser.flags import NO_GPU
from gapprof.browser.launch import START_S, Browser, launched
from gapprof.browser.mounts import Folder
from gapprof.browser.page import PAGE_S, Page, attached, beside, brought_to
from gapprof.browser.server import Serving, Site, serving
from gapprof.browser.trouble import VisitError
from gapprof.guard import Guard
from gapprof.records.environment import is_url
from gapprof.records.job import Job
from gapprof.records.wire.open import Opened, OpenTask

OPEN_S = 300.0
"""For loading, creating a session and warming up, within the job's own deadline."""
REWRITTEN = "rewritten/"
_OUT_OF_MEMORY = re.compile(r"javascript OOM|out of memory", re.IGNORECASE)
_LAST_WORDS_S = 1.0
"""Who reads them may be without a core when the end is told already, on another way."""
BUILT_IN = {"quiet": "quiet.html", "busy": "busy.html", "busier": "busy.html?twice"}
_NO_NETWORK = (
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
)
"""No host but loopback has an address: a page on disk is measured as it is, whatever the network does.

WebRTC sends its UDP past the resolver, to addresses that a page writes out; the last switch sets Chromium's
preference `webrtc.ip_handling_policy` (RFC 8828, mode 4), by which it sends none without a proxy.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """What every visit of a run uses."""

    executable: Path
    probes: Path
    guard: Guard
    graphics: tuple[str, ...] = NO_GPU
    """What the browser has for a GPU where a setting asks for one."""


@dataclass(slots=True, kw_only=True)
class Course:
    """Where a visit is, so that whatever ends it is told with its phase, and how long it may take."""

    until: float
    """On the monotonic clock."""
    phase: str = "start"
    troubled: bool = False
    """Whether the page failed at something behind its trial, and may still be at it: it is asked no more."""

    def left_s(self, most: float) -> float:
        """Seconds that the next step may take. Raises VisitError when there are none."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise VisitError("the visit used up its time", kind="timeout")
        return min(most, left)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A page that is ready for tasks."""

    serving: Serving
    browser: Browser
    page: Page
    load_ms: float
    """From navigating to DOMContentLoaded."""
    navigated_s: float
    """When that was ordered, on our performance counter."""
    course: Course

    async def open(self, task: OpenTask) -> Opened:
        """Have the model loaded and warmed up; what goes wrong is told with how far it got."""
        try:
            return await self.ask(task, Opened)
        except VisitError as error:
            site = self.serving.site
            if "inputs.bin" in site.fetched:
                self.course.phase = "warmup" if "outputs" in site.posted else "create"
            raise error

    async def ask(self, task: msgspec.Struct, kind: type[A], *, most_s: float = OPEN_S) -> A:
        """Have the page carry out a task; raises VisitError for any other answer than the kind wanted."""
        message = msgspec.json.encode(task).decode()
        module = self.serving.url("probes_web/main.mjs")
        text = await self.page.evaluate(
            f"import({json.dumps(module)}).then((main) => main.runTask({message})).then(JSON.stringify)",
            deadline_s=self.course.left_s(most_s),
        )
        return answer_of(text, kind)


@asynccontextmanager
async def visiting(
    job: Job,
    equipment: Equipment,
    course: Course,
    *,
    dist: Path,
    inputs: bytes,
    rewritten: Mapping[str, bytes] = {},
    blobs: Mapping[str, bytes] = {},
    graphics: Sequence[str] = NO_GPU,
    before: Callable[[Page, Serving], Awaitable[None]] | None = None,
) -> AsyncIterator[Visit]:
    """Serve, launch, navigate. Raises VisitError and WrongUse.

    `before`: what is done with the page while it is still empty, and the server that it will know.

    `rewritten`: files of the build in another form; with all of its other files they are below `REWRITTEN`.
    `blobs`: what else is served, by name. `graphics`: what the browser has for a GPU.
    """
    with (
        served(job, equipment, dist=dist, inputs=inputs, rewritten=rewritten, blobs=blobs) as server,
        equipment.guard.folder("profile") as profile,
    ):
        async with visited(
            job, equipment, course, server=server, profile=profile, graphics=graphics, before=before
        ) as visit:
            yield visit


@contextmanager
def served(
    job: Job,
    equipment: Equipment,
    *,
    dist: Path,
    inputs: bytes,
    rewritten: Mapping[str, bytes] = {},
    blobs: Mapping[str, bytes] = {},
    caching: str = "no-store",
) -> Iterator[Serving]:
    """What a job's pages need, for one visit after the other; `caching`: see `Site`. Raises WrongUse."""
    site = _site(job, equipment.probes, dist=dist, inputs=inputs)
    if rewritten:
        site.folders = {**site.folders, REWRITTEN: Folder(root=dist)}
        site.blobs = {**site.blobs, **{f"{REWRITTEN}{name}": data for name, data in rewritten.items()}}
    site.blobs, site.caching = {**site.blobs, **blobs}, caching
    with serving(site) as server:
        yield server


@asynccontextmanager
async def visited(
    job: Job,
    equipment: Equipment,
    course: Course,
    *,
    server: Serving,
    profile: Path,
    graphics: Sequence[str] = NO_GPU,
    before: Callable[[Page, Serving], Awaitable[None]] | None = None,
) -> AsyncIterator[Visit]:
    """A browser of its own on that profile, brought to the job's page. Raises VisitError."""
    setting = job.setting
    address = _address(setting.page, server)
    async with (
        _in_plain_words(server, {address: setting.page}),
        launched(
            equipment.executable,
            guard=equipment.guard,
            kept_profile=profile,
            js_flags=setting.js_flags,
            browser_args=setting.browser_args,
            extra=_for_pages((setting.page, *setting.tabs)),
            graphics=graphics,
            deadline_s=course.left_s(START_S),
        ) as browser,
        _explained(browser),
        attached(browser) as page,
    ):
        if before is not None:
            await before(page, server)
        course.phase = "load"
        navigated_s = time.perf_counter()
        load_ms = await brought_to(page, address, deadline_s=course.left_s(PAGE_S))
        for number, tab in enumerate(setting.tabs):
            await beside(page, _tab_address(tab, number, server), deadline_s=course.left_s(PAGE_S))
        if server.site.origin is not None:  # a redirect may have led to another origin
            origin = await page.evaluate("location.origin", deadline_s=course.left_s(10.0))
            server.site.origin = origin
        yield Visit(
            serving=server,
            browser=browser,
            page=page,
            load_ms=load_ms,
            navigated_s=navigated_s,
            course=course,
        )


@asynccontextmanager
async def _in_plain_words(server: Serving, names: Mapping[str, str]) -> AsyncIterator[None]:
    """Addresses as the user knows them; the port and the token change each time and are nobody's business."""
    try:
        yield
    except VisitError as error:
        for address, name in {**names, server.base: "gapprof:"}.items():
            error.message = error.message.replace(address, name)
            error.detail = error.detail.replace(address, name)
        raise


@asynccontextmanager
async def _explained(browser: Browser) -> AsyncIterator[None]:
    """A crash is told with the browser's last words; that memory ran out is said nowhere else."""
    try:
        yield
    except VisitError as error:
        if error.kind == "crash":
            if await _ran_out_of_memory(browser):
                error.kind, error.message = "out-of-memory", f"the page ran out of memory: {error.message}"
            error.detail = error.detail or browser.stderr.tail()
        raise


async def _ran_out_of_memory(browser: Browser) -> bool:
    """Whether it says so, within the time that its words may need."""
    patience = time.monotonic() + _LAST_WORDS_S
    while True:
        last = browser.stderr.ended or time.monotonic() > patience
        if _OUT_OF_MEMORY.search(browser.stderr.text()):
            return True
        if last:
            return False
        await asyncio.sleep(0.02)


def user_folder(page: str) -> tuple[Path, str]:
    """The folder of a page on disk, and the page's name in it."""
    path = Path(page).expanduser().absolute()
    return (path, "index.html") if path.is_dir() else (path.parent, path.name)


def _site(job: Job, probes: Path, *, dist: Path, inputs: bytes) -> Site:
    model = Path(job.model_path)
    folders = {
        "probes_web/": Folder(root=probes),
        "ort/": Folder(root=dist),
        "model/": Folder(root=model.parent, only=frozenset({model.name, *job.external_data})),
    }
    if job.chain is not None:
        chain, first_link = Path(job.chain.path), Path(job.chain.first_link_path)
        folders["chain/"] = Folder(root=chain.parent, only=frozenset({chain.name, first_link.name}))
    page, root = job.setting.page, None
    if page not in BUILT_IN and not is_url(page):
        root = Folder(root=user_folder(page)[0])
        folders["page/"] = root
    for number, tab in enumerate(job.setting.tabs):
        if not is_url(tab):
            folders[f"tab{number}/"] = Folder(root=user_folder(tab)[0])
    return Site(
        folders=folders,
        blobs={"inputs.bin": inputs, "chain.bin": tasks.CHAIN_INPUT},
        root=root,
        isolated=job.setting.isolated,
        origin=_origin(page) if is_url(page) else None,
    )


def _address(page: str, server: Serving) -> str:
    if page in BUILT_IN:
        return server.url(f"probes_web/pages/{BUILT_IN[page]}")
    return page if is_url(page) else server.url(f"page/{quote(user_folder(page)[1])}")


def _tab_address(tab: str, number: int, server: Serving) -> str:
    return tab if is_url(tab) else server.url(f"tab{number}/{quote(user_folder(tab)[1])}")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _for_pages(pages: Sequence[str]) -> tuple[str, ...]:
    """What is served here stays here; what comes from the network may ask our server without a prompt."""
    hosts = [urlsplit(page).hostname for page in pages if is_url(page)]
    if not hosts:
        return _NO_NETWORK
    if any(host not in ("127.0.0.1", "localhost", "::1") for host in hosts):
        return ("--disable-features=LocalNetworkAccessChecks",)
    return ()
