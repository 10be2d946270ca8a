"""The page's side of twin kernels, in Node: what it promises about samples and memory."""

import base64
import time

import numpy as np
import pytest
from msgspec.structs import replace

from gapprof.engine import Engine
from gapprof.kernels.families.mapped import Mapped, mapped
from gapprof.kernels.ir import repeated
from gapprof.kernels.machine import WASM
from gapprof.kernels.wasm.module import module
from gapprof.records.wire.kernels import KernelCase, KernelsTask, KernelsTimed

COUNT, RESULT = 1024, 8192
TASK = KernelsTask(
    memory_bytes=4 << 20,
    seed=5,
    data=(),
    cases=(
        KernelCase(
            module=base64.b64encode(module([mapped(Mapped(count=COUNT, function="relu"), 2, WASM)])).decode(),
            export=repeated("mapped"),
            calls=((1024, RESULT), (2048, RESULT)),
            samples=3,
        ),
    ),
    warmup_ms=5.0,
    sample_ms=1.0,
    shown=(),
)


def ask(engine: Engine, task: KernelsTask) -> KernelsTimed:
    return engine.ask(task, KernelsTimed, until=time.monotonic() + 300)


def test_every_case_has_its_samples_and_the_time_of_compiling(engine: Engine) -> None:
    answer = ask(engine, replace(TASK, cases=(*TASK.cases, replace(TASK.cases[0], samples=5))))
    assert [len(samples) for samples in answer.samples_us] == [3, 5]
    assert all(value > 0 for samples in answer.samples_us for value in samples)
    assert len(answer.compile_ms) == 2


def test_memory_is_seeded_and_an_answer_larger_than_a_pipe_comes_whole(engine: Engine) -> None:
    task = replace(TASK, cases=(), shown=((0, 2 << 20),))
    once, again, other = (ask(engine, replace(task, seed=seed)) for seed in (5, 5, 6))
    assert once.shown == again.shown != other.shown
    values = np.frombuffer(base64.b64decode(once.shown[0].base64), np.float32)
    assert values.min() >= -1
    assert values.max() < 1
    assert len(np.unique(values)) > 4000


def test_a_kernel_writes_what_its_last_call_was_to_write(engine: Engine) -> None:
    task = replace(TASK, cases=(replace(TASK.cases[0], samples=0),), shown=((1024, 4096), (RESULT, 4096)))
    source, result = (
        np.frombuffer(base64.b64decode(one.base64), np.float32) for one in ask(engine, task).shown
    )
    np.testing.assert_array_equal(result, np.maximum(source, 0))


@pytest.mark.parametrize("changes", [{"given_up": 1e-9}, {"given_up": 1e9, "sample_ms": 1e-3}])
def test_of_what_competes_one_call_may_be_enough(engine: Engine, changes: dict[str, float]) -> None:
    """On every machine where a billionth of the best is too slow, or a µs too long for this much work; which
    are given up by an exact clock, page_modules/kernels.test.mjs has."""
    (quick,) = TASK.cases
    slow = module([mapped(Mapped(count=16 * COUNT, function="erf"), 2, WASM)])
    far = replace(quick, module=base64.b64encode(slow).decode())
    cases = (replace(far, rivals=1), replace(far, rivals=2), far)
    everything = ask(engine, replace(TASK, cases=cases)).samples_us
    assert [len(samples) for samples in everything] == [3, 3, 3]
    chosen = ask(engine, replace(TASK, cases=cases, **changes)).samples_us
    assert [len(samples) for samples in chosen] == [1, 1, 3]


def test_inputs_are_copied_in_before_each_call_and_outputs_out_after_it(engine: Engine) -> None:
    """A kernel that writes over its own input computes the same, however often it is called."""
    there = base64.b64encode(module([mapped(Mapped(count=COUNT, function="erf"), 2, WASM)])).decode()
    stretch = (1024, 4 * COUNT)
    once = replace(TASK.cases[0], module=there, calls=((1024, 1024),), samples=0)
    often = replace(once, samples=3)
    fed = replace(often, given=(stretch,), taken=(stretch,))
    wanted, over_and_over, copied = (
        ask(engine, replace(TASK, cases=(case,), shown=(stretch,))) for case in (once, often, fed)
    )
    assert copied.shown == wanted.shown != over_and_over.shown
    assert [len(one) for one in copied.copies_us] == [3]
    assert over_and_over.copies_us == ((),)
    assert min(copied.copies_us[0]) > 0
