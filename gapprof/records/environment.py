"""Where a model can run: what a rung asks for, and what the preflight made of it."""

from typing import Literal, get_args

from msgspec import Struct
from msgspec.structs import asdict

Isa = Literal["full", "avx2", "avx", "128"]
WIDTHS = get_args(Isa)
"""Instruction ceilings, the widest first."""
MOUNTLESS = frozenset({"1.18-simd", "1.18-scalar"})
"""Builds of onnxruntime-web that load a model from one file alone: 1.18 has `mountExternalData` in its JSEP
builds only (microsoft/onnxruntime#19087). The script of the others was made with the wasm without SIMD and
finds what reads such data by an address in it, which is another one in the wasm with SIMD."""


class Environment(Struct, frozen=True, kw_only=True):
    """What a rung asks for, in words; the preflight turns them into a `Setting` on this machine."""

    backend: Literal["native", "chromium", "node", "dawn", "web-replay"]
    """`dawn` and `web-replay` do not run the model but replay the WebGPU calls that the library made for it:
    without a browser, by Dawn itself, and in a page."""
    isa: Isa
    """Widest instructions the *native* side may use; wasm has 128-bit vectors by definition."""
    threads: Literal["machine", "page"]
    """Every core, or what the page really gets."""
    graph: Literal["own", "common"]
    """The original file with the runtime's own optimisations, or the common EXTENDED graph with none."""
    flags: Literal["stock", "user", "baseline", "checked", "unchecked", "revectorize", "in-process-gpu"]
    where: Literal["worker", "user", "main"]
    """A dedicated worker, where the user's page runs the model, or the page's main thread."""
    pacing: Literal["back-to-back", "paced"]
    """Runs in a loop, or requests asked for by events with think time between them."""
    page: Literal["bench", "user", "busy", "busier", "user-isolated", "user-unisolated"]
    """gapprof's quiet isolated page, the user's, the built-in busy one and a busier one, the user's with COOP
    and COEP, and without."""
    build: Literal["served", "pinned", "1.18-simd", "1.18-scalar"]
    """The onnxruntime-web build: the one under test, gapprof's own where that is another one, or the last
    release that came with and without SIMD."""
    device: Literal["cpu", "gpu"] = "cpu"
    gpu_api: Literal["webgpu", "webgl"] = "webgpu"
    """By which interface a page reaches a GPU."""
    provider: Literal["best", "webgpu"] = "best"
    """Natively on a GPU: its vendor's execution provider, or onnxruntime's own for WebGPU."""
    safety: Literal["default", "off", "no-zero-init", "no-robustness", "no-validation"] = "default"
    """On a GPU: what keeps shaders and their callers within their own memory, or what of it is off."""
    debugger: Literal["off", "on"] = "off"
    """Of the page and all of its workers; an open DevTools has it on. Since recordings of 1.13."""


OWN_RULE = 0
"""As `Setting.threads`: nobody sets a number, so that onnxruntime-web's own rule decides inside the page."""


class Setting(Struct, frozen=True, kw_only=True):
    """A resolved environment: every word of `Environment` replaced by what it means in this run."""

    backend: str
    isa: str
    threads: int
    """`OWN_RULE` in the first visit alone: all others ask for what that one got."""
    graph: str
    js_flags: tuple[str, ...]
    """V8 flags, each with its leading dashes."""
    browser_args: tuple[str, ...]
    where: str
    """`worker` or `main`; `proxy`: called on the main thread, run in onnxruntime-web's own worker."""
    pacing: str
    page: str
    """`quiet`, `busy`, `busier`, or the path or URL the user gave."""
    isolated: bool
    """Served with COOP/COEP."""
    build: str
    """`served`, `pinned`, `1.18-simd`, `1.18-scalar`."""
    tabs: tuple[str, ...] = ()
    """Paths and URLs of other tabs, open behind the page."""
    spinning: str = "default"
    """Whether threads without work spin for a while: `on`, `off`, or `default`, nobody says."""
    device: str = "cpu"
    """`gpu`: a build of onnxruntime-web for the GPU, or a native execution provider for it."""
    gpu_api: str = "webgpu"
    """By which interface a page reaches a GPU: `webgpu` or `webgl`."""
    provider: str = "best"
    """Natively on a GPU: its vendor's execution provider, or `webgpu`."""
    toggles: tuple[str, ...] = ()
    """Of Dawn, by its own names, turned on for the whole visit."""
    session: tuple[tuple[str, str], ...] = ()
    """Session options of onnxruntime-web, name and value, that are not its defaults."""
    requests_from: str = "page"
    """Paced requests are asked for by the page's main thread, or by the `worker` that runs the model. Since
    recordings of 1.11."""
    debugger: bool = False
    """On in the page and in all of its workers, as an open DevTools has it. Since recordings of 1.13."""


def changed_fields(before: Struct, after: Struct) -> frozenset[str]:
    """Names of the fields in which two values of one type differ."""
    a, b = asdict(before), asdict(after)
    return frozenset(name for name in a if a[name] != b[name])


def is_url(page: str) -> bool:
    """Whether a page is somebody else's, served from an address of its own."""
    return page.startswith(("http://", "https://"))
