"""Tensors as they cross between Python and the page."""

from msgspec import Struct


class TensorSlice(Struct, frozen=True, kw_only=True):
    """One tensor inside a block of raw little-endian bytes."""

    name: str
    dtype: str
    """numpy's name; bool is one byte."""
    dims: tuple[int, ...]
    offset: int
    size_bytes: int
