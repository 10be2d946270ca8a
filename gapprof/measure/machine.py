"""What machine this is, without host, user or path."""

import os
import platform
from pathlib import Path

import cpuinfo
import psutil

from gapprof.records.recording import MachineFacts


def machine_facts() -> MachineFacts:
    """Read once per run; py-cpuinfo is one source among others and slow, so it is asked once."""
    cpu = cpuinfo.get_cpu_info()
    flags = tuple(sorted(str(flag) for flag in cpu.get("flags", ())))
    return MachineFacts(
        system=platform.system(),
        architecture=platform.machine(),
        cpu=str(cpu.get("brand_raw", platform.processor() or "unknown")),
        logical_cores=os.cpu_count() or 1,
        usable_cores=usable_cores(),
        memory_bytes=int(psutil.virtual_memory().total),
        cpu_flags=flags,
        kernel=platform.release(),
        python=platform.python_version(),
        load_1m=os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        hypervisor="hypervisor" in flags if flags else None,
    )


def usable_cores() -> int:
    """Cores this process may really use: affinity and cgroup v2 quota, at least 1."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(allowed, _cgroup_cores() or allowed))


def _cgroup_cores() -> int | None:
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return None
    return None if quota == "max" else max(1, int(quota) // int(period))
