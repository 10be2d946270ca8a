"""Questions to a page: what its browser takes of what a build of onnxruntime-web might use. Answers are
`"true"`."""

from gapprof.wasm.encode import HEADER, V128, section, simd, vector


def _validated(module: bytes) -> str:
    return f"String(WebAssembly.validate(Uint8Array.of({','.join(map(str, module))})))"


def _with_code(code: bytes) -> bytes:
    """A module with one function `() -> v128`."""
    body = b"\x00" + code + b"\x0b"
    return b"".join(
        [
            HEADER,
            section(1, vector([b"\x60\x00\x01" + V128])),
            section(3, vector([b"\x00"])),
            section(10, vector([bytes([len(body)]) + body])),
        ]
    )


def _with_memory(limits: bytes) -> bytes:
    return HEADER + section(5, vector([limits]))


_ZERO = simd(0x0C, *bytes(16))
FEATURES = {
    "simd": _validated(_with_code(_ZERO)),
    "relaxed-simd": _validated(_with_code(3 * _ZERO + simd(0x105))),
    "relaxed-dot": _validated(_with_code(3 * _ZERO + simd(0x113))),
    "threads": _validated(_with_memory(b"\x03\x01\x01")),
    "memory64": _validated(_with_memory(b"\x04\x01")),
    "multi-memory": _validated(HEADER + section(5, vector([b"\x00\x01", b"\x00\x01"]))),
}
"""Feature → an expression. Modules are ours: a browser that validates them compiles such code."""
