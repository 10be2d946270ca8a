"""The built-in busy page instead of the user's: shows contention where the user's page is quiet."""

from gapprof.rungs.webgl import on_webgl
from gapprof.rungs.webgpu.web_busy import RUNG as WEBGPU

RUNG = on_webgl(WEBGPU)
