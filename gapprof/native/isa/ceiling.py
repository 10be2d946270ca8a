"""Holds onnxruntime to narrower instructions: its CPUID is trapped and answered with feature bits cleared.

onnxruntime has no setting for this. It asks CPUID while it is imported, so the order is: `install`, import,
`confirm`. The ceiling lasts as long as the process; use it in a fresh worker process only.
"""

import ctypes
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gapprof.native.isa import handler
from gapprof.native.isa.elf import ElfError
from gapprof.native.isa.host import library_path, why_not
from gapprof.native.isa.masks import mask_rows
from gapprof.native.isa.patch import Trap, data_of, set_trap
from gapprof.native.isa.sites import CPUID, find_sites

__all__ = ["Ceiling", "CeilingError", "confirm", "hits", "install", "install_over", "leaves_seen", "why_not"]

_NEEDED_LEAVES = frozenset({1, 7})  # where AVX, and AVX2 and AVX-512, are announced


class CeilingError(Exception):
    """The ceiling could not be put in place, or is in place without effect; the process must not measure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """A ceiling in force in this process."""

    isa: str
    site_count: int
    trap: Trap


def install(isa: str, *, cache: Path | None) -> Ceiling:
    """Put the ceiling in place, before onnxruntime is imported; `cache` is a folder for the scan's result.

    Raises CeilingError with the reason. Then the process may be half patched and must end.
    """
    reason = why_not(isa)
    if reason is not None:
        raise CeilingError(reason)
    if "onnxruntime" in sys.modules:
        raise CeilingError("the ceiling comes too late: onnxruntime is imported and has asked CPUID already")
    library = library_path()
    if library is None:
        raise CeilingError("onnxruntime is not installed in this Python")
    try:
        sites = find_sites(library, cache)
    except (ElfError, OSError) as error:
        raise CeilingError(f"{library.name} cannot be searched for CPUID: {error}") from error
    base = load_base(library)
    return install_over([base + address for address in sites.addresses], isa)


def install_over(addresses: Sequence[int], isa: str) -> Ceiling:
    """Trap the CPUID instructions at these absolute addresses; CeilingError where there is none."""
    if not addresses:
        raise CeilingError("the library executes CPUID nowhere that could be found")
    for address in addresses:
        found = ctypes.string_at(address, len(CPUID))
        if found != CPUID:
            raise CeilingError(f"expected CPUID at {address:#x}, found the bytes {found.hex()}")
    try:
        trap = set_trap(addresses, mask_rows(isa))
    except OSError as error:
        raise CeilingError(f"this system does not let a process change its own code: {error}") from error
    return Ceiling(isa=isa, site_count=len(addresses), trap=trap)


def hits(ceiling: Ceiling) -> int:
    """CPUID executions answered so far."""
    return handler.hit_count(data_of(ceiling.trap))


def leaves_seen(ceiling: Ceiling) -> frozenset[int]:
    """CPUID leaves asked for so far."""
    return frozenset(entry.leaf for entry in handler.logged(data_of(ceiling.trap)))


def confirm(ceiling: Ceiling) -> int:
    """Hits after the import; CeilingError when there was no effect, which would be silent otherwise."""
    count = hits(ceiling)
    if count == 0:
        raise CeilingError("the ceiling has no effect: onnxruntime executed no CPUID after it was installed")
    missing = _NEEDED_LEAVES - leaves_seen(ceiling)
    if missing:
        text = " and ".join(str(leaf) for leaf in sorted(missing))
        raise CeilingError(f"the ceiling has no effect: CPUID leaf {text} was never asked for")
    return count


def load_base(library: Path) -> int:
    """Map a library and run its constructors, but not the module's start; where it lies in memory."""
    try:
        loaded = ctypes.PyDLL(str(library), mode=os.RTLD_NOW | os.RTLD_LOCAL)
    except OSError as error:
        raise CeilingError(f"{library.name} cannot be loaded: {error}") from error
    # The handle of dlopen is a struct link_map, whose first word is l_addr. /proc/self/maps would also list
    # other mappings of the same file, and give a wrong base.
    return int(ctypes.c_uint64.from_address(loaded._handle).value)
