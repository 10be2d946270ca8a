"""Which loops show what the browser can do at best on this processor: products in registers, and copies."""

from collections.abc import Iterator, Sequence

from gapprof.kernels.families.peak import Peak
from gapprof.kernels.families.streamed import Streamed
from gapprof.kernels.machine import WASM
from gapprof.records.model import NodeCensus
from gapprof.records.twins import TwinPeak
from gapprof.yardstick.buffers import Memory, room
from gapprof.yardstick.shapes import key_of

_SMALLEST_BYTES, _TIMES = 16 << 10, 4
"""Footprints of copies, from one that fits the first cache on."""


def peaks(memory: Memory, nodes: Sequence[NodeCensus]) -> tuple[TwinPeak, ...]:
    """Of f32, of bytes in pairs, and of copies up to the largest node, as far as the memory holds them."""
    largest = max((row.bytes or 0 for row in nodes), default=0)
    return (
        _of_products(Peak(element="f32"), "f32"),
        _of_products(Peak(element="i16"), "int8"),
        *(_of_copies(size) for size in _footprints(largest, room(memory))),
    )


def _of_products(shape: Peak, measures: str) -> TwinPeak:
    return TwinPeak(shape=key_of(shape), measures=measures, amount=shape.operations(WASM.lanes))


def _of_copies(size_bytes: int) -> TwinPeak:
    shape = Streamed(count=size_bytes // 8)
    return TwinPeak(shape=key_of(shape), measures="bytes", amount=shape.footprint_bytes)


def _footprints(largest_bytes: int, most_bytes: int) -> Iterator[int]:
    """Up to the first that holds the largest node."""
    size = _SMALLEST_BYTES
    while size <= most_bytes:
        yield size
        if size >= largest_bytes:
            return
        size *= _TIMES
