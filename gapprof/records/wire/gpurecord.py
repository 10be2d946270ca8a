"""Calls of WebGPU are recorded."""

from msgspec import Struct

from gapprof.records.wire.open import OpenTask
from gapprof.records.wire.tensors import TensorSlice


class GpuRecordTask(Struct, frozen=True, kw_only=True, tag="gpurecord", tag_field="kind"):
    """Runs of a model on the GPU with every call of WebGPU recorded."""

    open: OpenTask
    runs: int
    most_bytes: int
    """Of the recording; where a recorder is in front of the page's scripts it knows its own bound."""
    trace_url: str
    """POST target for the trace's file."""
    about: dict[str, str]
    """For the trace's header."""


class GpuRecorded(Struct, frozen=True, kw_only=True, tag="gpurecorded", tag_field="kind"):
    """The recording was left where it was wanted, and the outputs of the last run as well."""

    outputs: tuple[TensorSlice, ...]
    runs_ms: tuple[float, ...]
    """All but the last, with the recorder at work: no latency of the model."""
    ort_version: str
    where: str
