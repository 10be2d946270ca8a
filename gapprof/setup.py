"""What `gapprof setup` does: see what is missing, say what fetching it means, fetch it."""

import os
import platform
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gapprof import assets, places
from gapprof.browser_package import unpack_browser
from gapprof.errors import EnvironmentUnusable
from gapprof.fetch import appearing, require_space, run, sole_fetcher
from gapprof.guard import Guard

_DEBIAN = Path("/etc/debian_version")
_APT_GET = ("apt-get", "-o", "Acquire::http::Timeout=30")
_BUILDS = ("onnxruntime-web", "onnxruntime-web-118")
_BROWSER_SYSTEM = ("Linux", "x86_64")
"""What the browser package is built for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebPackages:
    """onnxruntime-web, Node and Dawn at the versions of a lock file, into the cache."""

    what: str = (
        "onnxruntime-web 1.30.0 and 1.18.0, Node 26.10.0, and Dawn for Node (webgpu 0.6.2), which replays a "
        "page's WebGPU calls without a browser"
    )
    how: str = "npm ci; versions and hashes are pinned in package-lock.json"
    source: Path
    target: Path
    download_bytes: int = 180_000_000
    disk_bytes: int = 670_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserPackage:
    """A browser that comes as a package, into the cache."""

    what: str = "Chromium 153 (headless), from the npm package @sparticuz/chromium"
    how: str = "npm ci; version and hash are pinned in package-lock.json"
    source: Path
    target: Path
    download_bytes: int = 71_000_000
    disk_bytes: int = 520_000_000
    """While it is unpacked; 230 MB stay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemPackage:
    """Debian's own Chromium, for the whole system."""

    what: str = "Chromium, Debian's package"
    how: str = "apt-get install --no-install-recommends chromium"
    target: Path = Path("/usr/bin/chromium")
    download_bytes: int = 90_000_000
    disk_bytes: int = 320_000_000


Step = WebPackages | BrowserPackage | SystemPackage


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupPlan:
    """What is missing and can be fetched, in order, and what is missing and cannot."""

    steps: tuple[Step, ...] = ()
    impossible: tuple[str, ...] = ()

    def lines(self) -> tuple[str, ...]:
        """The plan in words: what, how much, where, how."""
        return (
            *(
                f"{step.what}: {step.download_bytes / 1e6:.0f} MB to fetch, up to "
                f"{step.disk_bytes / 1e6:.0f} MB on disk, into {step.target} ({step.how})"
                for step in self.steps
            ),
            *self.impossible,
        )


def plan_setup() -> SetupPlan:
    """Look, touch nothing."""
    steps: list[Step] = []
    impossible: list[str] = []
    if not _complete(places.web_packages()):
        steps.append(WebPackages(source=places.probes_web(), target=places.web_packages()))
    if assets.installed_browser() is None and assets.fetched_browser() is None and not _named_browser():
        browser = _browser_step()
        if browser is None:
            impossible.append(
                "No Chromium, Chrome or Edge was found, and gapprof has none to fetch for "
                f"{platform.system()} on {platform.machine()}: install one, or name it with GAPPROF_BROWSER."
            )
        else:
            steps.append(browser)
    return SetupPlan(steps=tuple(steps), impossible=tuple(impossible))


def carry_out(plan: SetupPlan, say: Callable[[str], None]) -> None:
    """Fetch, step by step; what is there stays. Raises EnvironmentUnusable at the first step that fails."""
    if plan.steps:
        with Guard() as guard, sole_fetcher(places.cache_dir()):
            for step in plan.steps:
                say(f"Fetching {step.what} …")
                _do(step, guard, say)
                say(f"  in {step.target}")
    if plan.impossible:
        raise EnvironmentUnusable(" ".join(plan.impossible), hint="Then run `gapprof doctor`.")


def _do(step: Step, guard: Guard, say: Callable[[str], None]) -> None:
    match step:
        case WebPackages():
            _fetch_web(step, guard, say)
        case BrowserPackage():
            _fetch_browser(step, guard)
        case SystemPackage():
            _install_browser(guard, say)


def _fetch_web(step: WebPackages, guard: Guard, say: Callable[[str], None]) -> None:
    if _complete(step.target):
        return
    require_space(step.target, step.disk_bytes)
    with appearing(step.target, guard=guard) as folder:
        _npm_ci(step.source, folder, guard)
        if not _complete(folder):
            raise EnvironmentUnusable(
                "npm was content, but onnxruntime-web is not in what it fetched",
                hint="Look for `omit` in npm's own configuration: `npm config list`.",
            )
    try:
        assets.node()
    except EnvironmentUnusable:
        say("  without Node, for which there is no package here: the `engine` rungs will be refused")
    try:
        assets.dawn()
    except EnvironmentUnusable:
        say("  without Dawn for Node: WebGPU calls will be replayed in the browser only")


def _fetch_browser(step: BrowserPackage, guard: Guard) -> None:
    if assets.fetched_browser() is not None:
        return
    require_space(step.target, step.disk_bytes)
    with appearing(step.target, guard=guard) as folder:
        _npm_ci(step.source, folder, guard)
        unpack_browser(folder, final=step.target, guard=guard)


def _install_browser(guard: Guard, say: Callable[[str], None]) -> None:
    try:
        run((*_APT_GET, "update"), guard=guard)
        run((*_APT_GET, "install", "-y", "--no-install-recommends", "chromium"), guard=guard)
        if assets.installed_browser() is None:
            raise EnvironmentUnusable("apt-get was content, but there is no Chromium now")
    except EnvironmentUnusable as error:
        package = _browser_package()
        if package is None:
            raise
        say(f"  {error.message}")
        say(f"  instead: {package.what} …")
        _fetch_browser(package, guard)


def _npm_ci(source: Path, folder: Path, guard: Guard) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise EnvironmentUnusable(
            "npm is not on the PATH", hint="Install Node.js 20 or newer, which brings npm."
        )
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(source / name, folder / name)
    run((npm, "ci", "--omit=dev", "--include=optional", "--ignore-scripts", "--no-audit", "--no-fund"),
        guard=guard, cwd=folder)  # fmt: skip


def _complete(folder: Path) -> bool:
    """Whether both builds of onnxruntime-web are there; nothing is refused for want of Node alone."""
    return all((folder / "node_modules" / name / "dist").is_dir() for name in _BUILDS)


def _browser_step() -> Step | None:
    root_on_debian = (
        _DEBIAN.is_file()
        and hasattr(os, "geteuid")
        and os.geteuid() == 0
        and shutil.which("apt-get") is not None
    )
    return SystemPackage() if root_on_debian else _browser_package()


def _browser_package() -> BrowserPackage | None:
    if (platform.system(), platform.machine()) != _BROWSER_SYSTEM:
        return None
    return BrowserPackage(source=places.probes_web() / "browser-package", target=places.browser_package())


def _named_browser() -> bool:
    return bool(os.environ.get("GAPPROF_BROWSER"))
