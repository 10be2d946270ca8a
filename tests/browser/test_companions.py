"""Twins on as many threads as the page has, in real Chromium."""

import base64
import json
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace

from gapprof import assets
from gapprof.browser import blocking
from gapprof.browser.visit import Course, Equipment, visiting
from gapprof.errors import EnvironmentUnusable
from gapprof.guard import Guard
from gapprof.kernels.families.mapped import Mapped
from gapprof.kernels.family import Tile
from gapprof.records.job import Job
from gapprof.wasm.encode import HEADER, I32, name, section, unsigned, vector
from gapprof.yardstick.buffers import memory_for
from gapprof.yardstick.shapes import key_of
from gapprof.yardstick.web_side import Candidate, Page
from gapprof.yardstick.wish import Effort, Wanted, need_of
from tests.browser.aftermath import PATIENCE_S
from tests.browser.conftest import job_in, on

SHAPES = tuple(key_of(Mapped(count=count, function="relu")) for count in (1 << 10, 1 << 14))
EFFORT = Effort(warmup_ms=5.0, sample_ms=1.0, samples=4)


def times(job: Job, guard: Guard, threads: int) -> tuple[tuple[float, ...], ...]:
    equipment = Equipment(executable=assets.find_browser(), probes=assets.probes_web(), guard=guard)
    memory = memory_for([need_of(shape) for shape in SHAPES], footprint_bytes=1 << 20, alive_bytes=1 << 20)
    page = Page(job=replace(job, model_path=""), equipment=equipment, memory=memory)
    candidates = [
        Candidate(target="wasm", wanted=Wanted(shape=shape, tile=Tile(1, 1, 2, 1))) for shape in SHAPES
    ]
    samples, browser = page.timed(candidates, EFFORT, threads=threads, seed=1, deadline_s=PATIENCE_S)
    assert "Chrome" in browser
    return samples


@pytest.mark.parametrize("threads", [1, 3])
def test_each_nest_has_its_samples_whoever_else_runs_it(
    threads: int, job: Job, guard: Guard, tmp_path: Path
) -> None:
    small, large = times(job, guard, threads)
    assert [len(small), len(large)] == [EFFORT.samples] * 2
    assert min(*small, *large) > 0


_ACCOMPANIED = """(async () => {
  const { accompanied } = await import("%(base)sprobes_web/companions.mjs");
  const bytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const wasm = await Promise.all(%(modules)s.map((one) => WebAssembly.compile(bytes(one))));
  const one = { module: "", export: "repeat", calls: [[], []], samples: 1, given: [], taken: [] };
  const cases = wasm.map(() => one);
  const did = [];
  let companions;
  try {
    companions = await accompanied(2, { modules: wasm, cases, memory_bytes: %(memory_bytes)d }, 1);
    for (const at of wasm.keys()) did.push(companions.while(at, 1, () => at));
  } catch (thrown) {
    return JSON.stringify([did, String(thrown.thrown ?? thrown)]);
  } finally {
    companions?.end();
  }
  return JSON.stringify([did, ""]);
})()"""


def kernel(code: bytes) -> str:
    """`repeat(times, table, rows)`, in base64."""
    body = b"\x00" + code + b"\x0b"
    return base64.b64encode(
        HEADER
        + section(1, vector([b"\x60\x03" + 3 * I32 + b"\x00"]))
        + section(2, vector([name("env") + name("memory") + b"\x02\x00\x00"]))
        + section(3, vector([b"\x00"]))
        + section(7, vector([name("repeat") + b"\x00\x00"]))
        + section(10, vector([unsigned(len(body)) + body]))
    ).decode()


IDLE = kernel(b"")
FRAGILE = kernel(b"\x20\x00\x41\x01\x46\x04\x40\x00\x0b")
"""Breaks off when it is to run once; companions begin with all rows, of which there are two."""


PAIRS = {
    "sound": ((IDLE, IDLE), 1 << 16),
    "unable to start": ((IDLE,), 1 << 50),
    "breaking off": ((IDLE, FRAGILE), 1 << 16),
}
"""Companions → the modules that they run, and the bytes of their memory."""
Accompanied = Mapping[str, tuple[list[int], str]]


@pytest.fixture(scope="module")
def accompanied(model_folder: Path, tmp_path_factory: pytest.TempPathFactory, guard: Guard) -> Accompanied:
    """What a page did beside two companions, and what went wrong; of one pair after the other."""
    probes = assets.probes_web()
    page_alone = replace(job_in(tmp_path_factory.mktemp("companions"), model_folder), model_path="")

    async def visit() -> dict[str, str]:
        equipment = Equipment(executable=assets.find_browser(), probes=probes, guard=guard)
        course = Course(until=time.monotonic() + PATIENCE_S)
        async with visiting(page_alone, equipment, course, dist=probes, inputs=b"") as visited:
            scripts = {
                pair: _ACCOMPANIED
                % {
                    "base": visited.serving.base,
                    "modules": json.dumps(modules),
                    "memory_bytes": memory_bytes,
                }
                for pair, (modules, memory_bytes) in PAIRS.items()
            }
            return {
                pair: await visited.page.evaluate(script, deadline_s=PATIENCE_S)
                for pair, script in scripts.items()
            }

    told = blocking.run(visit)
    return {pair: tuple(json.loads(text)) for pair, text in told.items()}


def test_companions_come_along_case_by_case(accompanied: Accompanied) -> None:
    assert accompanied["sound"] == ([0, 1], "")


def test_a_companion_that_cannot_start_is_told(accompanied: Accompanied) -> None:
    did, wrong = accompanied["unable to start"]
    assert did == []
    assert "a companion failed" in wrong
    assert "WebAssembly.Memory" in wrong


def test_a_companion_that_breaks_off_ends_the_wait_for_it(accompanied: Accompanied) -> None:
    did, wrong = accompanied["breaking off"]
    assert did == [0]
    assert "a companion broke off" in wrong


def test_a_page_that_shares_no_memory_says_so(job: Job, guard: Guard) -> None:
    with pytest.raises(EnvironmentUnusable, match="cross-origin isolated"):
        times(on(job, isolated=False), guard, 2)
