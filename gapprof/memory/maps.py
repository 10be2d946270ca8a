"""A process's memory as the kernel has it: /proc/<pid>/smaps, range by range.

V8 reserves an address range of several GiB for every wasm memory, at a multiple of 4 GiB, lets the program
have the part that is the memory's size, and leaves the rest without access: an address beyond the end then
traps by itself. So a wasm memory is known from outside, whatever the page says of it.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_LINE = re.compile(
    r"^(?:([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ \d+[^\S\n]*(.*)"
    r"|(Rss|Pss|Anonymous|Swap|SwapPss): +(\d+) kB)$",
    re.MULTILINE,
)
"""A range's head, or one of its sizes. Of the two dozen lines of each of a browser's thousands of ranges
these few are found at once: whoever looks takes time on the machine that is looked at."""
_NAMED = re.compile(r"^\[anon(_shmem)?:.*\]$")
"""What newer kernels show where a program names its anonymous memory, as Chromium does."""
_WASM_ALIGNMENT = 1 << 32
_LEAST_GUARD = 2 << 30
"""Behind a wasm memory; V8 leaves 4 GiB and more (its `wasm::kFullGuardSize32` and the range's rest)."""
_KIB = 1024
_RESIDENT = ("VmHWM", "VmRSS", "RssFile")
_STATUS = re.compile(rf"^({'|'.join(_RESIDENT)}):\s+(\d+) kB$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """One mapping."""

    begin: int
    end: int
    access: str
    """`rw-p`, `---p`, `rwxp`, ..."""
    path: str
    """Of a file, `[heap]` and the like, or empty."""
    resident_bytes: int
    """What was swapped out is counted as well, here and below: the process still holds it."""
    proportional_bytes: int
    anonymous_bytes: int
    """Of the resident ones, what is in no file."""

    @property
    def file_bytes(self) -> int:
        """Of the proportional ones, what is on disk as well."""
        shared_memory = self.path.startswith("/memfd:") or self.path.endswith("(deleted)")
        on_disk = self.path.startswith("/") and not shared_memory
        return max(0, self.proportional_bytes - self.anonymous_bytes) if on_disk else 0

    @property
    def size_bytes(self) -> int:
        """Of addresses."""
        return self.end - self.begin


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """A process at one moment."""

    proportional_bytes: int
    file_bytes: int
    """Of these, what stands in a file on disk: the system may drop it, and read it again."""
    wasm_mapped_bytes: int
    wasm_touched_bytes: int
    code_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """What of a process is in the machine's memory, by the kernel's own count."""

    peak_bytes: int
    """The most there ever was, pages of files among it. The kernel keeps no such mark without them."""
    bytes_now: int
    file_bytes: int
    """Of `bytes_now`: pages of files, such as the program's own code."""


def mapped(pid: int) -> Mapped | None:
    """None where the system does not say, or the process is gone."""
    try:
        text = Path(f"/proc/{pid}/smaps").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return summed(tuple(ranges(text)))


def resident(pid: int) -> Resident | None:
    """None as above, and on kernels that do not tell pages of files apart (before 4.5)."""
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    sizes = {match[1]: int(match[2]) * _KIB for match in _STATUS.finditer(text)}
    if len(sizes) < len(_RESIDENT):
        return None
    return Resident(peak_bytes=sizes["VmHWM"], bytes_now=sizes["VmRSS"], file_bytes=sizes["RssFile"])


def ranges(smaps: str) -> Iterator[Range]:
    """Of the text of a process's smaps."""
    begin, end, access, path = 0, 0, "", ""
    sizes: dict[str, int] = {}
    for first, behind, rights, named, counted, kib in _LINE.findall(smaps):
        if counted:
            sizes[counted] = int(kib) * _KIB
            continue
        if access:
            yield _range(begin, end, access, path, sizes)
        begin, end, access, path = int(first, 16), int(behind, 16), rights, _NAMED.sub("", named)
        sizes = {}
    if access:
        yield _range(begin, end, access, path, sizes)


def summed(found: Sequence[Range]) -> Mapped:
    """What the ranges come to."""
    wasm = [one for one, behind in itertools.pairwise(found) if _is_wasm_memory(one, behind)]
    code = [one for one in found if "x" in one.access and not one.path]
    return Mapped(
        proportional_bytes=sum(one.proportional_bytes for one in found),
        file_bytes=sum(one.file_bytes for one in found),
        wasm_mapped_bytes=sum(one.size_bytes for one in wasm),
        wasm_touched_bytes=sum(one.resident_bytes for one in wasm),
        code_bytes=sum(one.proportional_bytes for one in code),
    )


def _range(begin: int, end: int, access: str, path: str, sizes: dict[str, int]) -> Range:
    return Range(
        begin=begin,
        end=end,
        access=access,
        path=path,
        resident_bytes=sizes.get("Rss", 0) + sizes.get("Swap", 0),
        proportional_bytes=sizes.get("Pss", 0) + sizes.get("SwapPss", 0),
        anonymous_bytes=sizes.get("Anonymous", 0) + sizes.get("Swap", 0),
    )


def _is_wasm_memory(one: Range, behind: Range) -> bool:
    return (
        one.access.startswith("rw-")
        and not one.path
        and one.begin % _WASM_ALIGNMENT == 0
        and behind.begin == one.end
        and behind.access.startswith("---")
        and behind.size_bytes >= _LEAST_GUARD
    )
