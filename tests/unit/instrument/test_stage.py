"""What keeps a wasm from being rewritten is said in a sentence."""

import pytest
from msgspec.structs import replace

from gapprof import assets
from gapprof.instrument.stage import RefusedError, rewritten
from gapprof.instrument.visits import Looked
from gapprof.records.inside import SampledFunction, WasmSamples
from gapprof.wasm.module import parsed

FILE = "ort-wasm-simd-threaded.wasm"
HAS = {"multi-memory": True}
SAMPLES = WasmSamples(
    where="worker",
    interval_us=1000,
    samples=10,
    functions=(SampledFunction(function=1422, samples=9), SampledFunction(function=2415, samples=1)),
    run_ms=(1.0,),
    engine="Chrome/156",
    started_s=0.0,
    ended_s=1.0,
)
STOCK = parsed((assets.web_dist() / FILE).read_bytes())


def looked(samples: WasmSamples = SAMPLES, **browser: bool) -> Looked:
    has = {name.replace("_", "-"): there for name, there in browser.items()} or HAS
    return Looked(samples=samples, file=FILE, browser=has, products=())


def test_the_most_sampled_functions_get_hooks() -> None:
    assert rewritten(STOCK, looked()).functions == (1422, 2415)


def test_a_browser_without_a_second_memory_is_told() -> None:
    with pytest.raises(RefusedError, match="no wasm with two memories"):
        rewritten(STOCK, looked(multi_memory=False))


def test_no_samples_in_wasm_are_told() -> None:
    with pytest.raises(RefusedError, match="no sample fell into"):
        rewritten(STOCK, looked(replace(SAMPLES, functions=())))


def test_samples_of_another_wasm_are_told() -> None:
    """Of a page's own module, or of an import, which has no body."""
    other = replace(SAMPLES, functions=(SampledFunction(function=3, samples=10),))
    with pytest.raises(RefusedError, match=f"{FILE} cannot be rewritten"):
        rewritten(STOCK, looked(other))
