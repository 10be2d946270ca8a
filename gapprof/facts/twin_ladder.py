"""What narrower vectors cost, told a second way: by the same loops of ours at full width and at 128 bits.

The cap ladder holds onnxruntime to 128 bits; its kernels of the two widths need not be the same loop, and at
128 bits they are SSE-encoded. Twins are one loop, AVX-encoded at both, weighted by what onnxruntime's kernels
take at full width. Where the two ways agree, what is left of the width is no matter of kernels.
"""

import math
from dataclasses import dataclass

from gapprof.facts.case import Case
from gapprof.facts.profiles import NATIVE
from gapprof.facts.split import split
from gapprof.facts.twins import ENGINE, WIDEST, kernels_ms, twins
from gapprof.stats.contrast import Contrast


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoWays:
    """ln of how many times slower 128 bits are, by pass, over the nodes that both ways have."""

    capped: Contrast
    """onnxruntime's kernels, less the encoding."""
    twins: Contrast
    widest: str
    """The target of the widest twins."""
    share: float
    """Of the time of onnxruntime's kernels at full width."""


def two_ways(case: Case) -> TwoWays | None:
    """None where either way is missing, or has one pass alone."""
    found, parts = case.get(twins), case.get(split)
    if found is None or parts is None:
        return None
    widest = next((target for target in WIDEST if target in found.ms), None)
    narrow = next((native for _, native in ENGINE if native in found.ms), None)
    if widest is None or narrow is None:
        return None
    native, nodes = kernels_ms(case, NATIVE), {node.name: node for node in found.nodes}
    rows = []
    for part in parts.nodes:
        columns = [
            [by_round[number] for number in sorted(by_round)]
            for by_round in (
                native.get(part.name, {}),
                found.node_ms(nodes[part.name], narrow),
                found.node_ms(nodes[part.name], widest),
            )
        ]
        if all(columns) and min(value for column in columns for value in column) > 0:
            rows.append((*columns, part.encoded_ms))
    count = min((len(column) for row in rows for column in row), default=0)
    if count < 2:
        return None
    full = [math.fsum(row[0][at] for row in rows) for at in range(count)]
    held = [math.fsum(row[3][at] for row in rows) for at in range(count)]
    loops = [math.fsum(row[0][at] * row[1][at] / row[2][at] for row in rows) for at in range(count)]
    whole = math.fsum(by_round[min(by_round)] for by_round in native.values() if by_round)
    return TwoWays(
        capped=Contrast({at: math.log(held[at] / full[at]) for at in range(count)}),
        twins=Contrast({at: math.log(loops[at] / full[at]) for at in range(count)}),
        widest=widest,
        share=full[0] / whole if whole > 0 else 0.0,
    )
