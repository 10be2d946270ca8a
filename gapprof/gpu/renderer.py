"""Who draws for WebGL, asked by a page that runs no model."""

import json

import msgspec

from gapprof.browser.trouble import reading
from gapprof.browser.visit import Visit
from gapprof.gpu.visited import Gpu, empty_job, visited
from gapprof.records.gpu import AdapterIdentity

_ASK_S = 60.0


def renderer(gpu: Gpu) -> AdapterIdentity | None:
    """None where a page gets no WebGL. Raises EnvironmentUnusable."""

    async def ask(visit: Visit) -> AdapterIdentity | None:
        module = json.dumps(visit.serving.url("probes_web/gpu/renderer.mjs"))
        told = await visit.page.evaluate(
            f"import({module}).then(({{ rendererOf }}) => {{"
            " const canvas = new OffscreenCanvas(1, 1);"
            ' const context = canvas.getContext("webgl2") ?? canvas.getContext("webgl");'
            " return JSON.stringify(context === null ? null : rendererOf(context)); })",
            deadline_s=visit.course.left_s(_ASK_S),
        )
        with reading("WebGL"):
            found: AdapterIdentity | None = msgspec.json.decode(told, type=AdapterIdentity | None)
        return found

    return visited(gpu, empty_job(), ask, dist=gpu.equipment.probes)
