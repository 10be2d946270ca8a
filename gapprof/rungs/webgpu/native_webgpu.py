"""The model natively in onnxruntime's own WebGPU provider, which is another build of the library."""

from msgspec.structs import replace

from gapprof.records.rung import Rung
from gapprof.rungs.webgpu.native import RUNG as PARENT

RUNG = Rung(
    id="native-webgpu",
    title="Native, by onnxruntime's own WebGPU provider",
    environment=replace(PARENT.environment, provider="webgpu"),
    derived_from=PARENT.id,
    changes="provider",
    role="side",
    visited="always",
    visits=2,
    informs="library",
)
