"""onnxruntime-web 1.18, the last release that shipped builds with and without SIMD: here with."""

from msgspec.structs import replace

from gapprof.records.rung import Rung, Told
from gapprof.rungs.wasm.web_worker import RUNG as PARENT

RUNG = Rung(
    id="web-simd-118",
    title="onnxruntime-web 1.18 with SIMD",
    environment=replace(PARENT.environment, build="1.18-simd"),
    derived_from=PARENT.id,
    changes="build",
    role="side",
    informs="library",
    told=Told(words="onnxruntime-web 1.18, against the build under test, takes"),
)
