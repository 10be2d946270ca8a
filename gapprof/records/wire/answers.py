"""A model's answers to many inputs."""

from msgspec import Struct

from gapprof.records.wire.tensors import TensorSlice


class AnswersTask(Struct, frozen=True, kw_only=True, tag="answers", tag_field="kind"):
    """Run what is open on one input after the other, and leave all outputs, one after the other."""

    ort_url: str
    inputs_url: str
    inputs: tuple[tuple[TensorSlice, ...], ...]
    """By run: where its tensors lie in that block."""
    outputs_url: str


class Answered(Struct, frozen=True, kw_only=True, tag="answered", tag_field="kind"):
    """All runs are done; the outputs lie where they were wanted."""

    outputs: tuple[tuple[TensorSlice, ...], ...]
    """By run, offsets from where that run's outputs begin."""
    runs_ms: tuple[float, ...]
