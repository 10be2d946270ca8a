"""A session is opened and warmed up."""

from typing import Literal

from msgspec import Struct

from gapprof.records.gpu import AdapterIdentity
from gapprof.records.wire.tensors import TensorSlice


class ExternalFile(Struct, frozen=True, kw_only=True):
    """A model's external data: the name inside the model, and where to fetch it."""

    path: str
    url: str


class SessionOption(Struct, frozen=True, kw_only=True):
    """One option of `InferenceSession.create`, under onnxruntime-web's own name."""

    name: str
    """`freeDimensionOverrides.NAME` for one dimension; a name of no option is one of the session's
    configuration (`extra`), such as `session.intra_op.allow_spinning`."""
    value: str


class OpenTask(Struct, frozen=True, kw_only=True, tag="open", tag_field="kind"):
    """Load onnxruntime-web and the model, make the inputs, warm up, leave the outputs of one run."""

    ort_url: str
    wasm_base_url: str
    threads: int
    """0: onnxruntime-web's own rule decides."""
    simd: bool | None = None
    """Only for builds that still have the switch (1.18); None leaves it alone."""
    where: str
    """`main`, `worker`, or `proxy`: called on the main thread, run in the library's own worker."""
    spinning: str = "default"
    """`on`, `off` (`session.intra_op.allow_spinning`), or `default`: nobody says."""
    provider: Literal["wasm", "webgpu", "webgl"] = "wasm"
    """The execution provider, and no other one to fall back on but for single operators."""
    model_url: str
    external_data: tuple[ExternalFile, ...] = ()
    optimise: bool
    """True: onnxruntime-web's own session options, but for `session`. False: graphOptimizationLevel
    `disabled`."""
    session: tuple[SessionOption, ...] = ()
    inputs_url: str
    inputs: tuple[TensorSlice, ...]
    outputs_url: str | None = None
    """POST target for the raw output bytes; None: nobody needs them."""
    warmup_ms: float
    warmup_runs: int


class Opened(Struct, frozen=True, kw_only=True, tag="opened", tag_field="kind"):
    """A session is open and warm."""

    cold_ms: dict[str, float]
    """`import`, `fetch`, `create`, `first_run`."""
    warmup_ms: tuple[float, ...]
    outputs: tuple[TensorSlice, ...]
    threads: int
    """What onnxruntime-web really uses."""
    isolated: bool
    where: str
    timer_step_us: float
    hardware_concurrency: int
    ort_version: str
    user_agent: str
    page_url: str
    adapter: AdapterIdentity | None = None
    """Of the device that the library runs models on; None on the processor."""
