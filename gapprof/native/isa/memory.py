"""Mapping memory and setting a signal handler by address, through libc. Linux only, and only when called."""

import contextlib
import ctypes
import functools
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

READ, WRITE, EXECUTE = 1, 2, 4
_PRIVATE, _FIXED, _ANONYMOUS = 0x02, 0x10, 0x20
_SA_SIGINFO, _SA_ONSTACK = 0x4, 0x0800_0000
_FAILED = ctypes.c_void_p(-1).value


class _SigAction(ctypes.Structure):
    """glibc's struct sigaction on x86-64."""

    _fields_ = (
        ("handler", ctypes.c_void_p),
        ("mask", ctypes.c_ulong * 16),
        ("flags", ctypes.c_int),
        ("restorer", ctypes.c_void_p),
    )


def map_anonymous(size_bytes: int) -> int:
    """Address of new readable and writable pages; OSError."""
    return _mmap(None, size_bytes, READ | WRITE, _PRIVATE | _ANONYMOUS, -1, 0)


def map_code(file: int, offset: int, size_bytes: int, *, over: int | None = None) -> int:
    """Map part of a file readable and executable, replacing what is mapped at `over`; OSError."""
    fixed = 0 if over is None else _FIXED
    return _mmap(over, size_bytes, READ | EXECUTE, _PRIVATE | fixed, file, offset)


def protect(address: int, size_bytes: int, protection: int) -> None:
    """Change the protection of whole pages; OSError."""
    if _libc().mprotect(address, size_bytes, protection):
        raise _error("mprotect")


def unmap(address: int, size_bytes: int) -> None:
    """Give whole pages back; OSError."""
    if _libc().munmap(address, size_bytes):
        raise _error("munmap")


@contextmanager
def code_file(data: bytes) -> Iterator[int]:
    """Descriptor of an unnamed file with this content that may be mapped as code; OSError when none may."""
    file = _open_code_file(data)
    try:
        yield file
    finally:
        os.close(file)


def handler_of(number: signal.Signals) -> int:
    """Address of the present handler; 0 and 1 are the default action and ignoring."""
    present = _SigAction()
    if _libc().sigaction(number, None, ctypes.byref(present)):
        raise _error("sigaction")
    return present.handler or 0


def set_handler(number: signal.Signals, address: int) -> None:
    """Have this machine code handle a signal, as `void f(int, siginfo_t *, void *)`; OSError."""
    action = _SigAction(handler=address, flags=_SA_SIGINFO | _SA_ONSTACK)
    if _libc().sigaction(number, ctypes.byref(action), None):
        raise _error("sigaction")


def _open_code_file(data: bytes) -> int:
    for make in (_memory_file, _unnamed_file):
        with contextlib.suppress(OSError):  # a kernel without memfd, a temporary folder mounted noexec
            file = make()
            try:
                os.write(file, data)
                unmap(map_code(file, 0, len(data)), len(data))
            except OSError:
                os.close(file)
                raise
            return file
    raise OSError("neither a file in memory nor one in the temporary folder may hold code")


def _memory_file() -> int:
    return os.memfd_create("gapprof-ceiling")


def _unnamed_file() -> int:
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def _mmap(at: int | None, size_bytes: int, protection: int, flags: int, file: int, offset: int) -> int:
    address: int | None = _libc().mmap(at, size_bytes, protection, flags, file, offset)
    if address is None or address == _FAILED:
        raise _error("mmap")
    return address


def _error(call: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, f"{call}: {os.strerror(number)}")


@functools.cache
def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    pointer, size, integer, offset = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_long
    libc.mmap.restype = pointer
    libc.mmap.argtypes = (pointer, size, integer, integer, integer, offset)
    libc.munmap.argtypes = (pointer, size)
    libc.mprotect.argtypes = (pointer, size, integer)
    libc.sigaction.argtypes = (integer, pointer, pointer)
    return libc
