"""What keeps a wasm from being rewritten is said in a sentence."""

import pytest
from msgspec.structs import replace

from gapprof import assets
from gapprof.instrument.stage import RefusedError, rewritten
from gapprof.instrument.visits import Looked
from gapprof.records.inside import SampledFunction, WasmSamples
from gapprof.wasm.encode import name
from gapprof.wasm.module import CUSTOM, Module, parsed, written

FILE = "ort-wasm-simd-threaded.wasm"
HAS = {"multi-memory": True}
SAMPLES = WasmSamples(
    where="worker",
    interval_us=1000,
    samples=10,
    functions=(),
    run_ms=(1.0,),
    engine="Chrome/156",
    started_s=0.0,
    ended_s=1.0,
)


@pytest.fixture(scope="module")
def stock() -> Module:
    return parsed((assets.web_dist() / FILE).read_bytes())


def looked(*functions: int, **browser: bool) -> Looked:
    """Each function was seen once more than the next one."""
    has = {feature.replace("_", "-"): there for feature, there in browser.items()} or HAS
    seen = [SampledFunction(function=one, samples=len(functions) - at) for at, one in enumerate(functions)]
    samples = replace(SAMPLES, samples=len(functions) ** 2, functions=tuple(seen))
    return Looked(samples=samples, file=FILE, browser=has, products=())


def test_the_most_sampled_functions_get_hooks(stock: Module) -> None:
    first = stock.imported_functions
    assert rewritten(stock, looked(first + 5, first)).functions == (first + 5, first)


def test_a_browser_without_a_second_memory_is_told(stock: Module) -> None:
    with pytest.raises(RefusedError, match="no wasm with two memories"):
        rewritten(stock, looked(stock.imported_functions, multi_memory=False))


def test_no_samples_in_wasm_are_told(stock: Module) -> None:
    with pytest.raises(RefusedError, match=r"no sample fell into a function of the wasm$"):
        rewritten(stock, looked())


def test_a_build_that_names_its_functions_is_told(stock: Module) -> None:
    """An engine tells such samples by name. The module's own name stands before those of functions."""
    module_name, function_names = b"\x00\x02\x01m", b"\x01\x04\x01\x00\x01f"
    content = name("name") + module_name + function_names
    named = parsed(written((*stock.sections, (CUSTOM, content))))
    with pytest.raises(RefusedError, match="this build names its functions"):
        rewritten(named, looked())


@pytest.mark.parametrize("content", [b"", b"\x02\xff\xff", name("name") + b"\x01", name("producers")])
def test_other_sections_name_no_function(content: bytes) -> None:
    assert not parsed(written(((CUSTOM, content),))).named


def test_samples_of_another_wasm_are_told(stock: Module) -> None:
    """Of a page's own module, or of an import, which has no body."""
    with pytest.raises(RefusedError, match=f"{FILE} cannot be rewritten"):
        rewritten(stock, looked(stock.imported_functions - 1))
