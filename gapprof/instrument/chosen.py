"""Which functions are worth a hook. Pure."""

from gapprof.records.inside import WasmSamples

SHARE = 0.97
"""Of wasm's samples that the chosen ones hold together, if so few do."""
MOST = 12
LEAST_SHARE = 0.01


def hot_functions(found: WasmSamples) -> tuple[int, ...]:
    """The most often sampled first."""
    total = sum(one.samples for one in found.functions)
    chosen: list[int] = []
    seen = 0
    for one in found.functions:
        if len(chosen) == MOST or seen >= SHARE * total or one.samples < LEAST_SHARE * total:
            break
        chosen.append(one.function)
        seen += one.samples
    return tuple(chosen)
