"""Which loops show what the browser can do at best here: products in registers, reads and copies."""

from collections.abc import Iterator, Sequence

from gapprof.kernels.families.conv_int8_narrow import ConvInt8Narrow
from gapprof.kernels.families.peak import Peak
from gapprof.kernels.families.product_int8 import ProductInt8
from gapprof.kernels.families.streamed import Streamed
from gapprof.kernels.machine import WASM
from gapprof.records.model import NodeCensus
from gapprof.records.twins import TwinPeak
from gapprof.yardstick.shapes import key_of, shape_of

_SMALLEST_BYTES, _TIMES, _MOST_BYTES = 16 << 10, 4, 16 << 20
"""Footprints, from one that fits the first cache to one that fits none of a client's."""


def peaks(nodes: Sequence[NodeCensus], shapes: Sequence[str]) -> tuple[TwinPeak, ...]:
    """Of f32, of bytes in pairs, and of reads and copies up to the largest node.

    Of bytes in fours too, where one of the model's loop nests may take them so.
    """
    found = [shape_of(shape) for shape in shapes]
    narrow = any(isinstance(shape, ConvInt8Narrow | ProductInt8) and shape.in_fours for shape in found)
    largest = max((row.bytes or 0 for row in nodes), default=0)
    return (
        _of_products(Peak(element="f32"), "f32"),
        _of_products(Peak(element="i16"), "int8"),
        *([_of_products(Peak(element="i7"), "int8")] if narrow else ()),
        *(_of_memory(size, written=written) for size in _footprints(largest) for written in (False, True)),
    )


def _of_products(shape: Peak, measures: str) -> TwinPeak:
    return TwinPeak(shape=key_of(shape), measures=measures, amount=shape.operations(WASM.lanes))


def _of_memory(size_bytes: int, *, written: bool) -> TwinPeak:
    shape = Streamed(count=size_bytes // (8 if written else 4), written=written)
    return TwinPeak(shape=key_of(shape), measures="bytes", amount=shape.footprint_bytes)


def _footprints(largest_bytes: int) -> Iterator[int]:
    """The smallest, and all that the largest node does not fit."""
    size = _SMALLEST_BYTES
    while size == _SMALLEST_BYTES or size <= min(largest_bytes, _MOST_BYTES):
        yield size
        size *= _TIMES
