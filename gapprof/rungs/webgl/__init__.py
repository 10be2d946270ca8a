"""From the GPU's best native execution provider to onnxruntime-web on WebGL: nothing is replayed between."""

from msgspec.structs import replace

from gapprof.records.rung import Rung


def on_webgl(rung: Rung) -> Rung:
    """A rung of the ladder to WebGPU on this one; its parent, by the same name, is this ladder's.

    There is no Dawn to switch safety off in: what a GPU does for WebGL is what it does by default.
    """
    return replace(rung, environment=replace(rung.environment, gpu_api="webgl", safety="default"))
