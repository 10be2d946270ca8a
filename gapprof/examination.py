"""Single looks at this machine for `gapprof doctor`: each returns what it found and how to mend it."""

import asyncio
import json
import os
import platform
import shutil
import time
import urllib.request
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import psutil
from msgspec import Struct

from gapprof.browser.flags import why_no_sandbox
from gapprof.browser.launch import launched
from gapprof.browser.trouble import VisitError
from gapprof.facts.disturbance import BOUND
from gapprof.guard import Guard
from gapprof.measure.machine import machine_facts, usable_cores
from gapprof.proc import machine_busy_ms

_LOOK_S = 1.0
"""How long outside load is watched."""
_START_S = 30.0
_SCHEDSTAT = Path("/proc/self/schedstat")
_GOVERNOR = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that was looked at."""

    id: str
    status: Literal["ok", "missing", "limited"]
    """`missing`: nothing can be measured without it. `limited`: something is refused or less sure."""
    what: str
    mend: str = ""
    """A command, or what to do; empty where nothing needs mending."""


def system() -> Finding:
    """The machine; only Linux on x86-64 gives everything."""
    facts = machine_facts()
    what = (
        f"{facts.system} {facts.kernel} on {facts.architecture}, {facts.cpu}, "
        f"{facts.memory_bytes / 1e9:.0f} GB, Python {facts.python}"
    )
    return Finding(id="system", status="ok", what=what)


def cores() -> Finding:
    """One core for the model and one for everything else, at least."""
    usable, all_of_them = usable_cores(), os.cpu_count() or 1
    quota = "" if usable == all_of_them else f" of {all_of_them} (affinity or a quota takes the rest)"
    if usable >= 2:
        return Finding(id="cores", status="ok", what=f"{usable} usable cores{quota}")
    return Finding(
        id="cores",
        status="limited",
        what=f"{usable} usable core{quota}: the browser's own threads compete with the model",
        mend="Give gapprof two cores or more: a larger machine, a wider affinity, a higher cgroup quota.",
    )


def scheduler() -> Finding:
    """Run-queue waits per thread, evidence for `contention`, and busy time, by which a trial is voided."""
    try:
        waits = len(_SCHEDSTAT.read_text(encoding="ascii").split()) == 3
    except OSError:
        waits = False
    if waits and machine_busy_ms() is not None:
        what = "/proc says who used the cores and who waited for one"
        return Finding(id="scheduler", status="ok", what=what)
    return Finding(
        id="scheduler",
        status="limited",
        what="no scheduler figures: disturbed trials are not recognised, and `contention` has less evidence",
        mend="" if platform.system() != "Linux" else "Mount /proc; a kernel with CONFIG_SCHED_INFO.",
    )


def outside_load() -> Finding:
    """What others use of the cores right now."""
    busy_ms, own_ms, began = machine_busy_ms(), _own_cpu_ms(), time.monotonic()
    time.sleep(_LOOK_S)
    after_ms, wall_ms = machine_busy_ms(), (time.monotonic() - began) * 1e3
    if busy_ms is None or after_ms is None:
        return Finding(id="load", status="limited", what="this system does not say how busy its cores are")
    share = max(0.0, after_ms - busy_ms - (_own_cpu_ms() - own_ms)) / wall_ms
    what = f"other programs use {share:.0%} of one core right now"
    if share <= BOUND:
        return Finding(id="load", status="ok", what=what)
    return Finding(
        id="load",
        status="limited",
        what=f"{what}: trials will be repeated and intervals widen",
        mend="End what runs beside gapprof, or wait until it is done.",
    )


def power() -> tuple[Finding, ...]:
    """Battery and clock governor, where the system says."""
    findings = []
    battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
    if battery is not None and battery.power_plugged is False:
        findings.append(
            Finding(
                id="battery",
                status="limited",
                what="running on battery: clocks change while measuring",
                mend="Plug the machine in.",
            )
        )
    try:
        governor = _GOVERNOR.read_text(encoding="ascii").strip()
    except OSError:
        return tuple(findings)
    steady = governor == "performance"
    findings.append(
        Finding(
            id="governor",
            status="ok" if steady else "limited",
            what=f"clock governor {governor}" + ("" if steady else ": the first runs may be slower"),
            mend="" if steady else "cpupower frequency-set -g performance (as root)",
        )
    )
    return tuple(findings)


def browser_starts(path: Path, guard: Guard) -> Finding:
    """Start it once and ask for its version."""
    try:
        version = browser_version(path, guard)
    except VisitError as trouble:
        last = trouble.detail.strip().splitlines()[-1:]
        return Finding(
            id="browser",
            status="missing",
            what=f"{path} was found, but {': '.join([trouble.message, *last])}",
            mend="gapprof setup, or name another browser with --browser PATH or GAPPROF_BROWSER.",
        )
    why = why_no_sandbox()
    sandbox = f"; without its sandbox, because gapprof runs {why}" if why else ""
    return Finding(id="browser", status="ok", what=f"{version}, {path}{sandbox}")


def browser_version(path: Path, guard: Guard) -> str:
    """`Chrome/156.0...`, as the browser itself says when it was started. Raises VisitError."""
    return asyncio.run(_browser_version(path, guard))


def program(name: str) -> Path | None:
    """A program on the PATH."""
    found = shutil.which(name)
    return Path(found) if found else None


async def _browser_version(path: Path, guard: Guard) -> str:
    async with launched(path, guard=guard, deadline_s=_START_S) as browser:
        return await asyncio.to_thread(_ask_version, urlsplit(browser.endpoint).netloc)


def _ask_version(host: str) -> str:
    """DevTools says it over HTTP as well; a proxy has no business on loopback."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{host}/json/version", timeout=10.0) as answer:
            return str(json.load(answer).get("Browser", "unknown version"))
    except (OSError, ValueError) as error:
        raise VisitError(f"it does not answer: {error}", kind="environment", phase="start") from error


def _own_cpu_ms() -> float:
    times = os.times()
    return (times.user + times.system + times.children_user + times.children_system) * 1e3
