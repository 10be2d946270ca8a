"""The model in onnxruntime on the processor: what all outputs are held against."""

from msgspec.structs import replace

from gapprof.records.rung import Rung
from gapprof.rungs.webgl.native import RUNG as PARENT

RUNG = Rung(
    id="native-cpu",
    title="Native, on the processor",
    environment=replace(PARENT.environment, device="cpu"),
    derived_from=PARENT.id,
    changes="device",
    role="side",
    visited="always",
    informs="library",
)
