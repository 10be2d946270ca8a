"""The page as deployed with gapprof's own onnxruntime-web in place of the build of --web-dist."""

from msgspec.structs import replace

from gapprof.records.rung import Rung
from gapprof.rungs.wasm.web import RUNG as PARENT

RUNG = Rung(
    id="web-pinned-build",
    title="As deployed, with the pinned onnxruntime-web",
    environment=replace(PARENT.environment, build="pinned"),
    derived_from=PARENT.id,
    changes="build",
    role="side",
    visited="to-verify",
    informs="simd",
)
