"""What the wasm that is served holds: its hash, and whether it uses 128-bit vectors."""

import hashlib
from functools import lru_cache
from pathlib import Path

from gapprof.wasm.encode import V128
from gapprof.wasm.module import ForeignTypeError, local_types, parsed


def facts(file: Path) -> tuple[str, bool]:
    """SHA-256 of a wasm file, and whether it holds SIMD."""
    stat = file.stat()
    return _facts(file, stat.st_size, stat.st_mtime_ns)


def digest(file: Path) -> str:
    """SHA-256 of a file, wasm or not."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def holds_simd(data: bytes) -> bool:
    """Whether a function takes, returns or keeps a v128. Raises ValueError for what is no module.

    Vector code keeps its values in locals, so their declarations tell and no instruction need be decoded.
    False for a module without such locals whose types are not all of functions: nobody looks through those.
    """
    module = parsed(data)
    try:
        if any(kind == V128[0] for body in module.bodies for _, kind in local_types(body)[0]):
            return True
        return any(V128[0] in one.parameters + one.results for one in module.types)
    except ForeignTypeError:
        return False
    except IndexError as error:
        raise ValueError("a truncated WebAssembly module") from error


@lru_cache(maxsize=8)
def _facts(file: Path, _size: int, _modified_ns: int) -> tuple[str, bool]:
    """Remembered while the file stays the same: every trial serves it anew, and it has megabytes."""
    module = file.read_bytes()
    return hashlib.sha256(module).hexdigest(), holds_simd(module)
