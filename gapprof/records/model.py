"""The model under test as facts: what it is, what goes in and out, what each node costs on paper."""

from msgspec import Struct
from msgspec.structs import force_setattr

from gapprof.records.held_once import held_once, texts_held_once


class TensorSpec(Struct, frozen=True, kw_only=True):
    """One graph input or output with its shape resolved. `dtype` is numpy's name (`float32`, ...)."""

    name: str
    dtype: str
    shape: tuple[int, ...]


class NodeCensus(Struct, frozen=True, kw_only=True):
    """One node of the common graph. FLOPs count a multiply-add as two; bytes are inputs plus outputs once."""

    name: str
    op_type: str
    domain: str
    flops: int | None
    """None where no formula is known for the operator; never 0 for that."""
    bytes: int | None
    output_shapes: tuple[tuple[int, ...], ...]
    output_dtypes: tuple[str, ...] = ()
    """Beside the shapes, numpy's names. Since 1.2."""

    def __post_init__(self) -> None:
        texts_held_once(self, "name", "op_type")
        force_setattr(self, "output_shapes", held_once(self.output_shapes))
        force_setattr(self, "output_dtypes", held_once(self.output_dtypes))


class ModelFacts(Struct, frozen=True, kw_only=True):
    """Everything a report says about the model without running it."""

    name: str
    sha256: str
    """Of the model file; external data files are hashed after it, in order of their names."""
    size_bytes: int
    parameters: int
    opset: int
    producer: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    nodes: tuple[NodeCensus, ...]
    """Of the common graph."""
    original_nodes: int
    assumed_dims: dict[str, int] = {}
    """Free dimensions that no `--shape` named, with the default that was taken."""
    has_nchwc: bool | None = None
    notes: tuple[str, ...] = ()
    optimised: dict[str, int] = {}
    """Operators that onnxruntime's optimiser had made in the file as it was given → how many nodes of them;
    empty: none, or the file was not saved by it."""
