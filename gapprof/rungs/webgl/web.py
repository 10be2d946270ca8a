"""The page as deployed: the last rung of the ladder."""

from gapprof.rungs.webgl import on_webgl
from gapprof.rungs.webgpu.web import RUNG as WEBGPU

RUNG = on_webgl(WEBGPU)
