"""onnxruntime-web 1.18 without SIMD against the same release with it: what vectors are worth in wasm."""

from msgspec.structs import replace

from gapprof.records.rung import Rung, Told
from gapprof.rungs.wasm.web_simd_118 import RUNG as PARENT

RUNG = Rung(
    id="web-scalar",
    title="onnxruntime-web 1.18 without SIMD",
    environment=replace(PARENT.environment, build="1.18-scalar"),
    derived_from=PARENT.id,
    changes="build",
    role="side",
    informs="simd",
    told=Told(words="onnxruntime-web 1.18 without SIMD, against the same release with it, takes"),
)
