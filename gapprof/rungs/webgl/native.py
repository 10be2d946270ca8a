"""The model natively on the same GPU: the rung that the ladder to WebGPU begins with."""

from msgspec.structs import replace

from gapprof.rungs.webgpu.native import RUNG as WEBGPU

RUNG = replace(WEBGPU, environment=replace(WEBGPU.environment, gpu_api="webgl", safety="default"))
