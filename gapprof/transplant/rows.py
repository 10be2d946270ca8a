"""Arguments of recorded calls: a row per call, a slot of eight bytes per argument, one more for a result."""

from dataclasses import dataclass

from gapprof.wasm.module import FunctionType

SLOT_BYTES = 8
_SCALARS = {0x7F: "i32", 0x7E: "i64", 0x7D: "f32", 0x7C: "f64"}


@dataclass(frozen=True, slots=True)
class Row:
    """What lies in the slots, by wasm's types."""

    parameters: tuple[str, ...]
    result: str
    """Empty: there is none."""

    @property
    def size_bytes(self) -> int:
        """Of a row."""
        return SLOT_BYTES * (len(self.parameters) + bool(self.result))


def row_of(called: FunctionType) -> Row:
    """Raises ValueError for vectors and references, which nobody passes from outside, and several results."""
    for kind in called.parameters + called.results:
        if kind not in _SCALARS:
            raise ValueError(f"it takes or gives a value of type {kind:#x}")
    if len(called.results) > 1:
        raise ValueError("it gives several results")
    if not called.parameters and not called.results:
        raise ValueError("it takes nothing and gives nothing")
    return Row(
        tuple(_SCALARS[kind] for kind in called.parameters),
        _SCALARS[called.results[0]] if called.results else "",
    )
