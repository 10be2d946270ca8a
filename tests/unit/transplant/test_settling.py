"""Functions that are refused before a page is asked for anything, each with its own reason."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from gapprof.browser.sampler import Samples
from gapprof.browser.visit import Equipment
from gapprof.guard import Guard
from gapprof.records.job import Job, Pace
from gapprof.records.transplant import HotFunction
from gapprof.transplant.settling import DEADLINE_S, Settling, deadline_s
from gapprof.transplant.web_side import Page, own_ms
from gapprof.wasm.encode import vector
from gapprof.wasm.module import CODE, GLOBAL, parsed, replaced
from tests.settings import QUIET
from tests.unit.transplant.assembly import TARGET, Function, code, module

SETTING = replace(QUIET, where="main")
PACE = Pace(
    warmup_ms=1.0, warmup_runs=1, batch=1, samples=1, requests=0, think_ms=(0.0, 0.0), deadline_s=60.0
)
GET = ("local.get", 0)
LEAF = Function(["i32"], [], code(GET, GET, ("i32.store", 2, 0)))


def looked_at(wasm: bytes, hot: Mapping[int, float], folder: Path) -> dict[int, HotFunction]:
    """Without a browser, so that what gets as far as to be recorded says that."""
    np.savez(folder / "inputs.npz", x=np.zeros(1, np.float32))
    with Guard() as guard:
        page = Page(
            job=Job(
                rung="web-worker",
                round=0,
                seed=0,
                setting=SETTING,
                model_path=str(folder / "model.onnx"),
                external_data=(),
                optimise=False,
                inputs_path=str(folder / "inputs.npz"),
                outputs_path="",
                pace=PACE,
            ),
            equipment=Equipment(executable=folder / "no-browser", probes=folder, guard=guard),
            dist=folder,
            wasm="served.wasm",
            module=parsed(wasm),
            scratch=folder,
        )
        told, calls = Settling(page=page, hot=hot, attributes=TARGET.attributes, run_ms=1.0).settled()
    assert calls == ()
    return {one.function: one for one in told}


def test_code_that_cannot_be_read_leaves_out_that_function_alone(tmp_path: Path) -> None:
    """The first one reads a variable that its module does not have; the second ends in a float's middle."""
    bodies = [b"\x00" + code(("global.get", 9), "drop") + b"\x0b", b"\x00\x43\x00\x00"]
    contents = {CODE: vector(bytes([len(one)]) + one for one in bodies)}
    wasm = replaced(parsed(module([LEAF, LEAF])), contents)
    told = looked_at(wasm, {0: 6.0, 1: 4.0}, tmp_path)
    assert told[0].why.startswith("its code cannot be read (IndexError")
    assert told[1].why


def test_a_module_with_a_variable_that_holds_a_function_is_told(tmp_path: Path) -> None:
    reading = Function(["i32"], [], code(("global.get", 0), "drop"))
    wasm = replaced(parsed(module([reading, LEAF])), {GLOBAL: vector([b"\x70\x01\xd0\x70\x0b"])})
    told = looked_at(wasm, {0: 6.0, 1: 4.0}, tmp_path)
    assert [one.why for one in told.values()] == ["a global variable that is no i32"] * 2


def test_a_function_that_calls_a_hotter_one_is_not_timed_for_its_own_code(tmp_path: Path) -> None:
    """Whether that one can be replayed or not."""
    calling = Function(["i32"], [], code(GET, ("call", 1)))
    told = looked_at(module([calling, LEAF]), {1: 6.0, 0: 4.0}, tmp_path)
    assert told[0].why == "it calls function 1, which takes more time than it itself"
    assert "could not be replayed in a page" in told[1].why


def test_a_deadline_grows_with_the_work() -> None:
    assert deadline_s(0.0) == DEADLINE_S
    assert deadline_s(60e3) >= DEADLINE_S + 60.0


def test_a_function_takes_its_part_of_the_samples_of_a_run() -> None:
    seen = Samples(by_function={7: 30, 9: 10}, all=50)
    assert own_ms(seen, run_ms=100.0) == pytest.approx({7: 60.0, 9: 20.0})
