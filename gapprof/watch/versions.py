"""Which onnxruntime a WebAssembly module is, by the texts in it."""

import re

_VERSION = re.compile(rb"\x00(1\.\d{1,3}\.\d{1,3})\x00")
_OURS = b"onnxruntime"


def version_of(code: bytes) -> str:
    """The version that stands among its texts; empty for other modules, and where several could be it."""
    versions = set(_VERSION.findall(code)) if _OURS in code else set()
    return versions.pop().decode() if len(versions) == 1 else ""
