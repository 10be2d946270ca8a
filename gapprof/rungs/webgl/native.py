"""The model natively on the same GPU: the rung that the ladder to WebGPU begins with."""

from gapprof.rungs.webgl import on_webgl
from gapprof.rungs.webgpu.native import RUNG as WEBGPU

RUNG = on_webgl(WEBGPU)
