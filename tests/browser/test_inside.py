"""Inside the wasm that a real Chromium runs: samples, hooks, and calls counted in two ways."""

import json
import struct
import time
from collections.abc import Iterator
from dataclasses import replace as replaced
from pathlib import Path

import pytest
from msgspec import to_builtins
from msgspec.structs import replace

from gapprof import assets
from gapprof.browser import blocking, tensors
from gapprof.browser.ready import readied
from gapprof.browser.visit import REWRITTEN, Course, Equipment, visiting
from gapprof.facts.inside import MULTIPLY_ADD, RELAXED_DOT, RELAXED_MULTIPLY_ADD
from gapprof.guard import Guard
from gapprof.instrument.chosen import hot_functions
from gapprof.instrument.products import I16
from gapprof.instrument.visits import Inside, Looked, instrument_task, layout
from gapprof.records.inside import HookedPass
from gapprof.records.job import Job
from gapprof.records.trial import Failure
from gapprof.records.wire.instrument import Instrumented
from gapprof.wasm.encode import F32
from gapprof.wasm.grown import Grown
from gapprof.wasm.hooks import Hooked, hooked
from gapprof.wasm.instructions import instructions, opcode
from gapprof.wasm.module import Module, local_types, parsed
from tests.browser.aftermath import PATIENCE_S
from tests.browser.conftest import LAYERS, job_in, on
from tests.unit.wasm.counters import at_entry

FILE = "ort-wasm-simd-threaded.wasm"


@pytest.fixture(scope="module")
def equipment(guard: Guard) -> Equipment:
    return Equipment(executable=assets.find_browser(None), probes=assets.probes_web(), guard=guard)


@pytest.fixture(scope="module")
def inside(equipment: Equipment) -> Inside:
    return Inside(equipment=equipment, dist=assets.web_dist(), now_s=time.monotonic)


@pytest.fixture(scope="module")
def stock() -> Module:
    return parsed((assets.web_dist() / FILE).read_bytes())


@pytest.fixture(autouse=True, scope="module")
def briefly_sampled() -> Iterator[None]:
    """A tiny model runs a thousand times in that, and half of all samples are its products'."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gapprof.instrument.visits.SAMPLED_MS", 600.0)
        yield


@pytest.fixture(scope="module")
def sampled(inside: Inside, model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Looked:
    """The model in a worker of the quiet page."""
    job = job_in(tmp_path_factory.mktemp("sampled"), model_folder)
    return looked(inside.looked(replace(job, outputs_path="")))


@pytest.fixture(scope="module")
def hot(sampled: Looked) -> tuple[int, ...]:
    """The model's hottest functions, wherever and on how many threads it runs."""
    return hot_functions(sampled.samples)


def looked(found: Looked | Failure) -> Looked:
    assert isinstance(found, Looked), found
    return found


def passed(found: HookedPass | Failure) -> HookedPass:
    assert isinstance(found, HookedPass), found.message
    return found


@pytest.mark.parametrize("where", ["worker", pytest.param("main", marks=pytest.mark.long)])
def test_hot_functions_are_sampled_hooked_and_joined_to_nodes(
    inside: Inside, job: Job, stock: Module, sampled: Looked, where: str
) -> None:
    job = on(replace(job, outputs_path=""), where=where)
    seen = sampled if where == "worker" else looked(inside.looked(job))
    assert seen.file == FILE
    assert seen.samples.where == where
    assert seen.browser["simd"]
    assert seen.browser["multi-memory"]
    assert [one.instructions for one in seen.products] == [
        MULTIPLY_ADD,
        RELAXED_MULTIPLY_ADD,
        I16,
        RELAXED_DOT,
    ]
    assert all(min(one.samples_us) > 0 for one in seen.products)
    hot = hot_functions(seen.samples)
    assert hot
    found = passed(inside.hooked(job, hooked(stock, hot), file=FILE))
    assert [(one.name, one.differing_bytes, one.unsteady_bytes) for one in found.outputs] == [("y", 0, 0)]
    assert tuple(one.function for one in found.functions) == hot
    kernel = found.functions[0]
    assert len(set(kernel.calls)) == 1, "the same input is the same work"
    assert kernel.calls[0] >= LAYERS
    assert sum(kernel.calls) >= kernel.timed > 0
    # Of a model this small, getting in and out is a part of its own, as large as the machine has it.
    within = [one for one in found.parts if one.function == kernel.function]
    joined = sum(one.ms for one in within if one.node is not None) / sum(one.ms for one in within)
    assert joined >= 0.9
    assert {one.node for one in within} >= {f"mm{layer}" for layer in range(LAYERS)}
    assert {one.op_type for one in found.parts if one.node is not None} == {"MatMul"}
    assert 0 <= found.inside_us < found.timed_us
    assert found.counted_us < found.timed_us
    assert len(found.hooked_ms) == len(found.stock_ms) > 0


def test_every_call_in_chromium_is_counted_as_the_function_itself_counts(
    equipment: Equipment, job: Job, stock: Module
) -> None:
    """Hooks on a build whose functions count themselves already, in globals."""
    functions = tuple(range(stock.imported_functions, stock.imported_functions + len(stock.bodies), 3))
    build = hooked(parsed(at_entry(stock, functions)), functions)
    hooks, entries = _both_counts(equipment, job, build)
    counted = {function: count for function, count in zip(functions, hooks, strict=False) if count}
    assert counted == {function: entries[str(function)] for function in counted}
    assert sum(entries.values()) == sum(counted.values())
    assert len(counted) > 50


_COUNTED = """(async () => {
  const { withInstances } = await import("%(base)sprobes_web/instances.mjs");
  const { logBook } = await import("%(base)sprobes_web/log_book.mjs");
  const { feedsFrom } = await import("%(base)sprobes_web/tensors.mjs");
  const ort = await import("%(base)s%(rewritten)s%(module)s");
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = "%(base)s%(rewritten)s";
  const bytes = async (below) => (await fetch("%(base)s" + below)).arrayBuffer();
  const model = new Uint8Array(await bytes("model/%(model)s"));
  const { result: session, instances } = await withInstances(() => ort.InferenceSession.create(model));
  const feeds = feedsFrom(ort, await bytes("inputs.bin"), %(slices)s);
  const { exports } = instances[0];
  const globals = Object.entries(exports).filter(([, one]) => one instanceof WebAssembly.Global);
  const book = logBook(instances, %(layout)s);
  const before = globals.map(([, one]) => one.value);
  book.start([]);
  for (let run = 0; run < 3; run += 1) await session.run(feeds);
  const entries = globals.map(([name, one], at) => [name.split(":")[1], one.value - before[at]]);
  return JSON.stringify([book.calls(), Object.fromEntries(entries)]);
})()"""


def _both_counts(equipment: Equipment, job: Job, build: Hooked) -> tuple[list[int], dict[str, int]]:
    dist = assets.web_dist()
    block, slices = tensors.packed(Path(job.inputs_path))

    async def visit() -> str:
        course = Course(until=time.monotonic() + PATIENCE_S)
        rewritten = {FILE: build.wasm}
        async with visiting(job, equipment, course, dist=dist, inputs=block, rewritten=rewritten) as visited:
            script = _COUNTED % {
                "base": visited.serving.base,
                "rewritten": REWRITTEN,
                "module": assets.entry_point(dist),
                "model": Path(job.model_path).name,
                "slices": json.dumps(to_builtins(slices)),
                "layout": json.dumps(to_builtins(layout(build))),
            }
            return await visited.page.evaluate(script, deadline_s=PATIENCE_S)

    calls, entries = json.loads(blocking.run(visit))
    return calls, entries


def test_threads_that_nobody_looks_at_do_no_harm(
    equipment: Equipment, job: Job, stock: Module, hot: tuple[int, ...]
) -> None:
    """Instances of other threads have logs and clocks of their own, which are never set up."""
    job = on(replace(job, outputs_path=""), threads=2)
    build = hooked(stock, hot)

    async def visit() -> tuple[int, Instrumented]:
        course = Course(until=time.monotonic() + PATIENCE_S)
        async with readied(
            job, equipment, course, dist=assets.web_dist(), rewritten={FILE: build.wasm}
        ) as ready:
            return ready.opened.threads, await ready.visit.ask(instrument_task(ready, build), Instrumented)

    threads, found = blocking.run(visit)
    assert threads == 2
    assert [one.differing_bytes for one in found.outputs] == [0]
    assert min(calls[0] for calls in found.calls) > 0


def test_a_wrapper_that_changes_what_it_hands_on_is_found(
    inside: Inside, job: Job, stock: Module, hot: tuple[int, ...]
) -> None:
    """Only while it counts: a wrapper that nobody has set up does what it should."""
    job = replace(job, outputs_path="")
    kernel = next(one for one in hot if F32 in stock.type_of(one).parameters)
    build = hooked(stock, hot)
    found = passed(inside.hooked(job, replaced(build, wasm=_scaling(build.wasm, kernel)), file=FILE))
    ((output,),) = [found.outputs]
    assert output.unsteady_bytes == 0
    assert output.differing_bytes > output.size_bytes / 8


def _scaling(wasm: bytes, function: int) -> bytes:
    """The first f32 that a function hands on is doubled, wherever it is read after the first time."""
    module = parsed(wasm)
    body = bytes(module.body_of(function))
    factor = module.type_of(function).parameters.index(F32)
    _, at = local_types(body)
    code = list(instructions(body, at))
    reads = [one for one in code if one.name == "local.get" and one.immediates == (factor,)]
    assert len(reads) == 3, "idle, timed and counted"
    for one in reversed(reads[1:]):
        body = body[: one.end] + b"\x43" + struct.pack("<f", 2.0) + opcode("f32.mul") + body[one.end :]
    grown = Grown(module)
    grown.put(function, body)
    return grown.written()


NO_MODULE = b"\0asm\1\0\0\0\xff"
NOTHING_IN_IT = b"\0asm\1\0\0\0"


@pytest.mark.parametrize("wasm", [NO_MODULE, pytest.param(NOTHING_IN_IT, marks=pytest.mark.long)])
def test_a_build_that_does_not_start_says_so(inside: Inside, job: Job, sampled: Looked, wasm: bytes) -> None:
    """For one with nothing in it the library waits as long as the visit may take.

    That is as long as the build as it is took for starting, being sampled and more, several times over.
    """
    took_s = sampled.samples.ended_s - sampled.samples.started_s
    deadline_s = PATIENCE_S if wasm == NO_MODULE else 4 * took_s
    job = on(replace(job, outputs_path=""), deadline_s=deadline_s)
    broken = Hooked(wasm=wasm, functions=(), bodies=(), exports=(), log_begins=64, log_ends=128)
    found = inside.hooked(job, broken, file=FILE)
    assert isinstance(found, Failure)
    assert found.phase in ("create", "timed")
