"""One look at a browser from outside: the kernel's figures of its processes and V8's of the page's heaps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import psutil

from gapprof.browser.crew import processes
from gapprof.browser.page import Page
from gapprof.memory.maps import Mapped, Resident, mapped, resident
from gapprof.memory.realms import Heaps, Realms
from gapprof.records.gpu_runs import GpuBuffers
from gapprof.records.memory import Held

_NOBODY = Mapped(proportional_bytes=0, file_bytes=0, wasm_mapped_bytes=0, wasm_touched_bytes=0, code_bytes=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Everything of one moment; which process is the page's is known only later."""

    stage: str
    runs: int
    kinds: Mapping[int, str]
    maps: Mapping[int, Mapped]
    """Empty without /proc."""
    resident: Mapping[int, int]
    """Where `maps` is empty."""
    sizes: Mapping[int, Resident | None]
    heaps: Heaps
    wasm_heap_bytes: int
    gpu_buffers: GpuBuffers | None


async def look(
    page: Page,
    realms: Realms,
    stage: str,
    *,
    runs: int,
    wasm_heap_bytes: int,
    gpu_buffers: GpuBuffers | None,
) -> Look:
    """Raises CallError, TimeoutError, VisitError."""
    heaps = await realms.heaps()
    kinds = await processes(page.connection)
    kinds = {pid: kind for pid, kind in kinds.items() if psutil.pid_exists(pid)}
    found = {pid: one for pid in kinds if (one := mapped(pid)) is not None}
    if len(found) < len(kinds):  # one that the system does not let us read: then none, rather than 0 for it
        found = {}
    return Look(
        stage=stage,
        runs=runs,
        kinds=kinds,
        maps=found,
        resident={} if found else {pid: _resident(pid) for pid in kinds},
        sizes={pid: resident(pid) for pid in kinds},
        heaps=heaps,
        wasm_heap_bytes=wasm_heap_bytes,
        gpu_buffers=gpu_buffers,
    )


def held(seen: Look, renderer: int | None) -> Held:
    """As it is recorded, now that the page's process is known."""
    own = seen.maps.get(renderer, _NOBODY) if renderer is not None and seen.maps else None
    size = seen.sizes.get(renderer) if renderer is not None else None
    return Held(
        stage=seen.stage,
        runs=seen.runs,
        processes=_by_kind(seen, renderer, lambda one: one.proportional_bytes),
        files=_by_kind(seen, renderer, lambda one: one.file_bytes) if seen.maps else {},
        peak_bytes=size.peak_bytes if size else None,
        resident_bytes=size.bytes_now if size else None,
        resident_file_bytes=size.file_bytes if size else None,
        wasm_heap_bytes=seen.wasm_heap_bytes,
        wasm_mapped_bytes=own.wasm_mapped_bytes if own else None,
        wasm_touched_bytes=own.wasm_touched_bytes if own else None,
        code_bytes=own.code_bytes if own else None,
        js_heap_bytes=seen.heaps.js_heap_bytes,
        array_buffers_bytes=seen.heaps.array_buffers_bytes,
        gpu_buffers=seen.gpu_buffers,
    )


def _by_kind(seen: Look, renderer: int | None, of: Callable[[Mapped], int]) -> dict[str, int]:
    """Bytes by what a process is for; `renderer` is the page's own, where that is known."""
    found: dict[str, int] = {}
    for pid, kind in seen.kinds.items():
        other = kind == "renderer" and renderer not in (None, pid)
        name = f"other {kind}" if other else kind
        own = of(seen.maps.get(pid, _NOBODY)) if seen.maps else seen.resident.get(pid, 0)
        found[name] = found.get(name, 0) + own
    return found


def _resident(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0
