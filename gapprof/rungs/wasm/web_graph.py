"""The original file with onnxruntime-web's own session options instead of the common graph."""

from msgspec.structs import replace

from gapprof.records.rung import Rung
from gapprof.rungs.wasm.web_flags import RUNG as PARENT

RUNG = Rung(
    id="web-graph",
    title="… with your model file as it is",
    environment=replace(PARENT.environment, graph="own"),
    derived_from=PARENT.id,
    changes="graph",
    role="main",
)
