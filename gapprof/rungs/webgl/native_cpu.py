"""The model in onnxruntime on the processor: what all outputs are held against."""

from gapprof.rungs.webgl import on_webgl
from gapprof.rungs.webgpu.native_cpu import RUNG as WEBGPU

RUNG = on_webgl(WEBGPU)
