"""A process whose kernel lets nobody change the pages of onnxruntime's library; any others it may change.

SELinux does so where it denies execmod; here seccomp does. `python -m tests.unit.native.locked_library`.
"""

import ctypes
import struct
from pathlib import Path

from gapprof.native.isa.ceiling import load_base
from gapprof.native.isa.host import library_path
from gapprof.native.isa.proof import prove
from gapprof.subject import child

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_MMAP, _MPROTECT = 9, 10
_ALLOW, _EACCES = 0x7FFF0000, 0x00050000 | 13
_NUMBER, _ADDRESS_LOW, _ADDRESS_HIGH = 0, 16, 20
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 38, 22, 2


def lock(start: int, end: int) -> None:
    """Answer EACCES to mmap and mprotect of addresses from `start` to `end`, within 4 GiB."""
    high, low = divmod(start, 1 << 32)
    past = min(end - (high << 32), (1 << 32) - 1)
    steps = [
        (_LOAD, 0, 0, _NUMBER),
        (_EQUAL, 1, 0, _MPROTECT),
        (_EQUAL, 0, 6, _MMAP),
        (_LOAD, 0, 0, _ADDRESS_HIGH),
        (_EQUAL, 0, 4, high),
        (_LOAD, 0, 0, _ADDRESS_LOW),
        (_AT_LEAST, 0, 2, low),
        (_AT_LEAST, 1, 0, past),
        (_RETURN, 0, 0, _EACCES),
        (_RETURN, 0, 0, _ALLOW),
    ]
    program = b"".join(struct.pack("<HBBI", *step) for step in steps)
    held = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("<HxxxxxxQ", len(steps), ctypes.addressof(held))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(
        _PR_SET_SECCOMP, _FILTER, ctypes.c_char_p(header)
    ):
        raise OSError(ctypes.get_errno(), "this kernel takes no seccomp filter")


def _mapped_end(library: Path) -> int:
    lines = Path("/proc/self/maps").read_text().splitlines()
    return max(int(line.split("-")[1].split()[0], 16) for line in lines if line.endswith(str(library)))


if __name__ == "__main__":
    library = library_path()
    assert library is not None
    begins, ends = load_base(library), _mapped_end(library.resolve())
    boundary = ((begins >> 32) + 1) << 32  # a filter compares lower halves
    lock(begins, min(ends, boundary))
    if ends > boundary:
        lock(boundary, ends)
    child.serve(prove)
