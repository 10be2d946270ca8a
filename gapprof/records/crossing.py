"""The way from a page to the GPU's process and back, by the browser's own trace of some steady runs. Raw."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from msgspec import Struct

from gapprof.records.gpu import AdapterIdentity
from gapprof.records.trial import TraceSlice

CrossingWork = Literal["sending", "hearing", "decoding", "polling", "answering"]
FLUSH, HANDLED, TAKEN_IN = (
    "DawnClientSerializer::Flush",
    "WebGPUDecoderImpl::HandleDawnCommands",
    "CommandBuffer::Flush",
)
EVENTS: Mapping[str, CrossingWork] = MappingProxyType(
    {
        FLUSH: "sending",
        "CommandBufferHelper::Flush": "sending",
        "WebGPUImplementation::OnGpuControlReturnData": "hearing",
        TAKEN_IN: "decoding",
        HANDLED: "decoding",
        "WebGPUDecoderImpl::PerformPollingWork": "polling",
        "DawnServiceSerializer::Flush": "answering",
    }
)
"""As Chromium 156 calls them → what is done there. Every run that submits and reads back has each of them."""
OF_THE_PAGE: frozenset[CrossingWork] = frozenset({"sending", "hearing"})
"""Done on the thread that runs the model; the others in the GPU's process."""
MOST_SLICES = 64
"""One per event and kind of thread; browsers have a handful."""


class TracedCrossing(Struct, frozen=True, kw_only=True, tag="crossing", tag_field="entry"):
    """A traced stretch of the library's runs, apart from all timed ones: the events of `EVENTS` summed up
    while the trace was at hand."""

    rung: str
    took_s: float
    engine_version: str = ""
    """Of the browser."""
    adapter: AdapterIdentity | None = None
    stretch_ms: float = 0.0
    """From the begin of the first run to the end of the last."""
    runs_ms: tuple[float, ...] = ()
    slices: tuple[TraceSlice, ...] = ()
    """Self time: an event that nests in another of these is not counted again there."""
    why: str = ""
    """Of what is empty; empty: it was traced."""
