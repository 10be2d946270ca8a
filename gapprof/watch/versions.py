"""Which onnxruntime a WebAssembly module is, by the texts in it."""

import re

_VERSION = re.compile(rb"\x00(1\.\d{1,3}\.\d{1,3})\x00")
_OURS = b"onnxruntime"
_FLAVOURS = ((b"Jsep", "jsep"), (b"jspi", "jspi"), (b"wgpu", "asyncify"))
"""Words of onnxruntime-web 1.18 to 1.30, each in that build and in none before it here; the plain one has
none of them."""


def version_of(code: bytes) -> str:
    """The version that stands among its texts; empty for other modules, and where several could be it."""
    versions = set(_VERSION.findall(code)) if _OURS in code else set()
    return versions.pop().decode() if len(versions) == 1 else ""


def flavour_of(code: bytes) -> str:
    """`plain`, `jsep`, `asyncify` or `jspi`: how the build reaches what a page gives only later."""
    return next((name for word, name in _FLAVOURS if word in code), "plain")
