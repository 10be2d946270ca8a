"""A browser and Dawn for Node on the same driver: where models on WebGPU are recorded and replayed.

Where the machine has no GPU the browser's software stands in for one. Most visits leave workgroups' memory as
it is: software compiles shaders several times faster so, and every byte stays the same.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from msgspec.structs import replace

from gapprof import assets
from gapprof.browser.visit import Equipment
from gapprof.gpu import graphics, replayed, toggles
from gapprof.gpu.replayed import InBrowser, InNode
from gapprof.gpu.visited import Gpu
from gapprof.guard import Guard
from gapprof.records.job import Job

QUICK = toggles.without("zero-init")
NO_WEBGPU = ("--disable-gpu", "--disable-software-rasterizer")
"""Of a browser's arguments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    browser: InBrowser
    node: InNode


@contextmanager
def both_places() -> Iterator[Places]:
    executable = assets.find_browser()
    here = graphics.here(executable)
    with Guard() as guard:
        equipment = Equipment(executable=executable, probes=assets.probes_web(), guard=guard)
        gpu = Gpu(equipment=equipment, graphics=here)
        yield Places(browser=InBrowser(gpu=gpu), node=replayed.in_node(guard, here))


def quickly(job: Job) -> Job:
    return replace(job, setting=replace(job.setting, browser_args=toggles.browser_args(QUICK)))
