"""What `gapprof doctor` says: what this machine can measure, and the command that mends what it cannot."""

import platform
from collections.abc import Callable, Iterable
from importlib import metadata

import msgspec

from gapprof import assets, examination, rungs
from gapprof.errors import EnvironmentUnusable, GapprofError
from gapprof.examination import Finding
from gapprof.fetch import run
from gapprof.gpu.examined import Examined, examined
from gapprof.guard import Guard
from gapprof.kernels.llvm.compile import host_targets, version
from gapprof.native.isa.proof import Ceilings
from gapprof.places import cache_dir
from gapprof.records.rung import Rung

__all__ = ["Finding", "examine"]

ORT_VERSION = "1.30.0"
"""Of both sides: a difference between them would look like a cause."""
_SETUP = "gapprof setup"


def examine() -> tuple[Finding, ...]:
    """Every finding, in the order in which to read them. Starts what runs use, each once, for a moment."""
    with Guard() as guard:
        browser = _browser(guard)
        node = _node(guard)
        ceilings = Ceilings(guard=guard, cache_folder=cache_dir())
        gpu = examined(guard) if browser.status == "ok" else Examined()
        return (
            examination.system(),
            _native_runtime(),
            _ceiling(ceilings),
            _web_runtime(),
            browser,
            *gpu.findings,
            node,
            _npm(),
            _native_twins(),
            examination.scheduler(),
            examination.cores(),
            examination.outside_load(),
            *examination.power(),
            *(
                finding
                for backend in ("wasm", *_on_a_gpu())
                for finding in outlook(backend, browser, node, ceilings, gpu)
            ),
        )


def _native_runtime() -> Finding:
    try:
        version = metadata.version("onnxruntime")
    except metadata.PackageNotFoundError:
        return Finding(
            id="onnxruntime",
            status="missing",
            what="onnxruntime, the native side, is not installed",
            mend=f"pip install onnxruntime=={ORT_VERSION}",
        )
    return _version_finding("onnxruntime", version, f"pip install onnxruntime=={ORT_VERSION}")


def _web_runtime() -> Finding:
    try:
        dist = assets.web_dist()
        assets.web_dist_118()
    except EnvironmentUnusable as error:
        return Finding(id="onnxruntime-web", status="missing", what=error.message, mend=_SETUP)
    about = msgspec.json.decode((dist.parent / "package.json").read_bytes(), type=dict)
    return _version_finding("onnxruntime-web", str(about.get("version", "unknown")), _SETUP)


def _version_finding(name: str, version: str, mend: str) -> Finding:
    if version == ORT_VERSION:
        return Finding(id=name, status="ok", what=f"{name} {version}")
    return Finding(
        id=name,
        status="limited",
        what=f"{name} {version}; the other side is {ORT_VERSION}, and the difference would look like a cause",
        mend=mend,
    )


def _ceiling(ceilings: Ceilings) -> Finding:
    reason = ceilings.why_not("128")
    if reason is None:
        what = "onnxruntime can be held to 128-bit instructions: `simd` is measured"
        return Finding(id="instruction-ceiling", status="ok", what=what)
    return Finding(
        id="instruction-ceiling",
        status="limited",
        what=f"{reason}: `simd` is estimated or not separated",
        mend="an x86-64 Linux machine with glibc, on which a process may change its own code",
    )


def _browser(guard: Guard) -> Finding:
    try:
        path = assets.find_browser()
    except GapprofError as error:
        return Finding(id="browser", status="missing", what=error.message, mend=error.hint or _SETUP)
    return examination.browser_starts(path, guard)


def _node(guard: Guard) -> Finding:
    try:
        version = run((str(assets.node()), "--version"), guard=guard, deadline_s=30.0).strip()
    except EnvironmentUnusable as error:
        what = f"{error.message}: the `engine` rungs are refused, nothing else"
        return Finding(id="node", status="limited", what=what, mend=_SETUP)
    return Finding(id="node", status="ok", what=f"Node {version}, for the `engine` rungs")


def _npm() -> Finding:
    found = examination.program("npm")
    if found is None:
        return Finding(
            id="npm",
            status="limited",
            what="npm is not on the PATH; `gapprof setup` needs it, measuring does not",
            mend="Install Node.js 20 or newer, which brings npm.",
        )
    return Finding(id="npm", status="ok", what="npm, for `gapprof setup`")


def _native_twins() -> Finding:
    try:
        found = host_targets()
    except EnvironmentUnusable as error:
        what = f"{error.message}: the engine is not told from the library"
        return Finding(id="twins", status="limited", what=what, mend=error.hint)
    if not found:
        what = f"no native twin kernels are written for {platform.machine()}"
        return Finding(id="twins", status="limited", what=what, mend="a machine with x86-64 or arm64")
    wide = ", ".join(target.title for target in found if target.lanes > 1)
    return Finding(id="twins", status="ok", what=f"{version()} makes native twin kernels: {wide}")


def _on_a_gpu() -> tuple[str, ...]:
    return tuple(backend for backend in rungs.backends() if backend != "wasm")


def outlook(
    backend: str, browser: Finding, node: Finding, ceilings: Ceilings, gpu: Examined
) -> tuple[Finding, ...]:
    """The rungs of a ladder that can be measured here, and those that cannot, with the reason."""
    refused: dict[str, list[str]] = {}
    measured: list[str] = []
    for rung in rungs.ladder(backend).values():
        reason = _refusal(rung, browser, node, ceilings) or gpu.refusal(rung)
        if reason is None:
            measured.append(rung.id)
        else:
            refused.setdefault(reason, []).append(rung.id)
    beside, lead = ("", "") if backend == "wasm" else (f"-{backend}", f"--backend {backend}: ")
    findings = [
        Finding(id=f"measured{beside}", status="ok", what=f"{lead}can be measured: {_listed(measured)}")
    ]
    findings += [
        Finding(
            id=f"refused{beside}", status="limited", what=f"{lead}refused here: {_listed(ids)} ({reason})"
        )
        for reason, ids in refused.items()
    ]
    return tuple(findings)


def _refusal(rung: Rung, browser: Finding, node: Finding, ceilings: Ceilings) -> str | None:
    without_browser = browser.what if browser.status == "missing" else None
    reasons: dict[str, Callable[[], str | None]] = {
        "native": lambda: ceilings.why_not(rung.environment.isa),
        "node": lambda: node.what if node.status != "ok" else None,
        **dict.fromkeys(("chromium", "web-replay", "dawn"), lambda: without_browser),
    }
    return reasons[rung.environment.backend]()


def _listed(ids: Iterable[str]) -> str:
    return ", ".join(ids) or "nothing"
