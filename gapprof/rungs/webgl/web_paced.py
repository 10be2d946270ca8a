"""Runs asked for by events with think time between them, timed from when they were due."""

from gapprof.rungs.webgl import on_webgl
from gapprof.rungs.webgpu.web_paced import RUNG as WEBGPU

RUNG = on_webgl(WEBGPU)
